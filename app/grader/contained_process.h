// SPDX-License-Identifier: MIT
//
// contained_process.h - a worker process that the grader can do without.
//
// The grader starts one for each check of a submission, asks it questions and
// outlives whatever it does: it may crash, hang, flood its output or send
// rubbish, and the grader learns in which way it ended. Own user, process,
// network, mount and IPC namespaces where the kernel grants them; resource
// limits always. The wall clock is only a safety net and never a grade.
//
// Threads: one thread per object; many objects at once.

#pragma once

#include "grader/message.h"
#include "gv/result.h"

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gv {

struct Containment {
  std::uint64_t memory_bytes = std::uint64_t{1} << 30;  // address space
  std::uint64_t cpu_seconds = 5;
  std::uint64_t file_bytes = 0;                      // largest file it may write
  std::size_t output_bytes = std::size_t{16} << 10;  // of stdout and stderr, the rest is dropped
  std::chrono::milliseconds wall{60'000};            // from start to end
};

enum class Ending : std::uint8_t {
  Running,
  Exited,     // on its own, with a status
  Signalled,  // killed by a signal that it caused
  Forbidden,  // seccomp: it tried what only an attack tries
  CpuSpent,
  WallSpent,
  Incoherent,   // it sent something that is no message
  Interrupted,  // the grader was asked to stop
};

class ContainedProcess {
 public:
  // Starts `program` with `arguments`; its channel is kChannelDescriptor. While it runs,
  // `interrupted` (may be null) is watched and ends it.
  static Result<std::unique_ptr<ContainedProcess>> start(const std::string& program,
                                                         const std::vector<std::string>& arguments,
                                                         const Containment& containment,
                                                         const std::atomic<bool>* interrupted);
  ~ContainedProcess();  // kills it if it still runs
  ContainedProcess(const ContainedProcess&) = delete;
  ContainedProcess& operator=(const ContainedProcess&) = delete;

  // Sends a question and waits for the answer. Nothing when the process ended instead.
  std::optional<Message> ask(const Message& question);
  // Closes the channel and waits for the end.
  void finish();

  Ending ending() const { return ending_; }
  int exit_status() const { return exit_status_; }  // when Exited; the signal when Signalled
  // "it was ended by signal 11 (Segmentation fault)": for a message.
  std::string ending_text() const;
  const std::string& output() const { return output_; }
  bool output_truncated() const { return output_truncated_; }

 private:
  ContainedProcess(pid_t pid, int channel, int output, Containment containment,
                   const std::atomic<bool>* interrupted);
  bool pump(const std::string* to_send, std::size_t& sent, std::optional<Message>* answer);
  void read_output();
  void end(Ending why);
  void reap();

  pid_t pid_;
  int channel_, output_descriptor_;
  Containment containment_;
  const std::atomic<bool>* interrupted_;
  std::chrono::steady_clock::time_point deadline_;
  MessageDecoder decoder_;
  Ending ending_ = Ending::Running;
  int exit_status_ = 0;
  std::string output_;
  bool output_truncated_ = false;
};

}  // namespace gv
