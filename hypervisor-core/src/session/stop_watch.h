// SPDX-License-Identifier: MIT
//
// stop_watch.h - watches a run for the places where a user wants it to stop.
//
// Breakpoints on addresses, on exits and on event kinds, each with an optional
// condition, and a pattern in the console text. Looks at what the recorder
// recorded last; with TracePolicy::Off only addresses and the console work.
//
// Control thread only.

#pragma once

#include "gv/command.h"
#include "machine/machine.h"

#include <cstdint>
#include <optional>
#include <regex>
#include <vector>

namespace gv {

struct Hit {
  Position at;
  std::uint32_t breakpoint = 0;
  bool touch = false;  // of watched memory
};

class StopWatch final : public RunObserver {
 public:
  explicit StopWatch(Machine& machine) : machine_(machine) {}

  // Error: the pattern is no regular expression.
  Result<void> wait_for_console(const std::string& pattern);
  // Looks watched memory up in the guest's tables as they are now. Error: it cannot be watched.
  Result<void> add(const std::vector<Breakpoint>& breakpoints);
  // Hands the addresses to the engine. Call before running. False: it cannot watch memory.
  bool arm();
  static void disarm(Machine& machine);
  // When set, hits are noted here and do not stop: for searching backwards. Where a run
  // backwards would stand: before the instruction that touched memory.
  void collect(std::vector<Hit>* hits) { hits_ = hits; }
  // For a place from which a replay starts: the engine reports no arrival where it stands.
  void look_at_address_now();

  bool stop_after_exit(std::uint64_t kinds) override;
  bool stop_at_address() override;
  bool stop_at_touch(const MemoryTouch& touch) override;

  // What stopped the run.
  const std::optional<std::uint32_t>& breakpoint() const { return breakpoint_; }
  // When an instruction's touch of memory did: the count right after it.
  const std::optional<std::uint64_t>& touched_at() const { return touched_at_; }
  // Whether the stop is inside an instruction that exited, which completes first.
  bool stopped_after_exit() const { return stopped_after_exit_; }
  bool console_matched() const { return console_matched_; }
  bool watches_anything() const { return !breakpoints_.empty() || pattern_.has_value(); }

 private:
  struct WatchedMemory {
    WatchedRange range;
    std::size_t breakpoint = 0;  // index
  };
  bool hit(const Breakpoint& breakpoint, const Event* exit, const Hit& here);
  Result<void> look_up(const OnMemory& memory, std::size_t index);
  bool look_at_console();

  Machine& machine_;
  std::vector<Breakpoint> breakpoints_;
  std::vector<WatchedMemory> memory_;
  std::optional<std::regex> pattern_;
  std::uint64_t console_seen_ = 0;
  std::string line_;  // the console's current line
  std::optional<std::uint32_t> breakpoint_;
  bool console_matched_ = false, stopped_after_exit_ = false;
  std::optional<std::uint64_t> touched_at_;
  std::vector<Hit>* hits_ = nullptr;
};

// Where a run stands after the exit that was answered last: a port instruction
// completes before the machine can stop.
Position position_after_exit(Machine& machine);

}  // namespace gv
