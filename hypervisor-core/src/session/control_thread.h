// SPDX-License-Identifier: MIT
//
// control_thread.h - the only thread that touches a session's machine.
//
// Takes commands from a queue, carries them out on the timeline and answers
// each with a notice. While the guest runs it looks at the queue and publishes
// a snapshot every few milliseconds.
//
// Threads: submit, perform, take_notices and snapshot from any; the rest is its own.

#pragma once

#include "gv/command.h"
#include "session/stop_watch.h"
#include "session/symbol_table.h"
#include "session/timeline.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

namespace gv {

class ControlThread {
 public:
  ControlThread(std::unique_ptr<Machine> machine, const MachineConfig& config,
                const SymbolTable& symbols);
  ~ControlThread();

  std::uint64_t submit(Command command);
  Notice perform(Command command);
  std::vector<Notice> take_notices();
  std::shared_ptr<const Snapshot> snapshot() const;
  const Machine& machine() const { return *machine_; }

 private:
  struct Queued {
    std::uint64_t id = 0;
    Command command;
  };
  using Clock = std::chrono::steady_clock;

  void live();
  void answer(Notice notice);
  void execute(const Queued& queued);
  std::uint64_t enqueue(Command command, bool awaited);

  // What a command did to the run.
  struct Outcome {
    StopCause cause = StopCause::NotStarted;  // NotStarted: the machine did not move
    std::uint32_t breakpoint = 0;
    std::string refusal = {};
  };
  static Outcome stopped(StopCause cause, std::uint32_t breakpoint = 0) {
    return {cause, breakpoint, {}};
  }
  static Outcome refused(std::string why) { return {StopCause::NotStarted, 0, std::move(why)}; }
  static const char* const kUncountedRefusal;
  static const char* const kEndedRefusal;
  Outcome run(const Run& command);
  Outcome move_to(Position target, StopCause cause);
  Outcome step_back(std::uint64_t instructions);
  Outcome run_back(const RunBack& command);
  Outcome carry_out(const Command& command);
  bool has_domain(std::uint16_t id) const;
  Outcome cause_of_end();
  StopCause cause_of_failure() const;
  const char* no_history() const;
  // A run may never end, so what cannot be done meanwhile is refused. A step or a seek
  // ends by itself, so what came after it waits for its turn.
  enum class Others { AreRefused, Wait };
  // Commands that may come while the guest runs. False: stop running.
  bool serve_queue_while_running(Others others);
  bool pause_requested();
  void settle_after_exit();
  void stand_after_touch(std::uint64_t retired);
  void publish(RunState state, StopCause cause, std::uint32_t breakpoint);
  std::shared_ptr<Snapshot> picture(const ViewRequest& view) const;
  Notice answer_to(const Look& look, std::uint64_t id) const;
  void publish_if_due();
  std::string sentence(StopCause cause, std::uint32_t breakpoint) const;

  // Control thread only.
  Timeline timeline_;
  Machine* machine_;
  const MachineConfig& config_;
  const SymbolTable& symbols_;
  ViewRequest view_;
  std::vector<Breakpoint> breakpoints_;
  RegisterFile registers_at_last_stop_;
  std::uint64_t generation_ = 0;
  Clock::time_point last_publish_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable work_, answered_;
  std::deque<Queued> queue_;
  std::vector<Notice> notices_;
  std::set<std::uint64_t> awaited_;
  std::unordered_map<std::uint64_t, Notice> answers_;
  std::uint64_t next_id_ = 1;
  bool quitting_ = false;
  std::shared_ptr<const Snapshot> snapshot_;

  std::atomic<bool> attention_{false};  // the queue is not empty
  std::thread thread_;
};

}  // namespace gv
