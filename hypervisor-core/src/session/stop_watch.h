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

class StopWatch final : public RunObserver {
 public:
  explicit StopWatch(Machine& machine) : machine_(machine) {}

  // Error: the pattern is no regular expression.
  Result<void> wait_for_console(const std::string& pattern);
  void add(const std::vector<Breakpoint>& breakpoints);
  // Hands the addresses to the engine. Call before running.
  void arm();
  // When set, hits are noted here and do not stop: for searching backwards.
  void collect(std::vector<std::pair<Position, std::uint32_t>>* hits) { hits_ = hits; }

  bool stop_after_exit(std::uint32_t kinds) override;
  bool stop_at_address() override;

  // What stopped the run.
  const std::optional<std::uint32_t>& breakpoint() const { return breakpoint_; }
  bool console_matched() const { return console_matched_; }
  bool watches_anything() const { return !breakpoints_.empty() || pattern_.has_value(); }

 private:
  bool hit(const Breakpoint& breakpoint, const Event* exit);
  bool look_at_console();

  Machine& machine_;
  std::vector<Breakpoint> breakpoints_;
  std::optional<std::regex> pattern_;
  std::uint64_t console_seen_ = 0;
  std::string line_;  // the console's current line
  std::optional<std::uint32_t> breakpoint_;
  bool console_matched_ = false;
  std::vector<std::pair<Position, std::uint32_t>>* hits_ = nullptr;
};

// Where a run stands after the exit that was answered last: a port instruction
// completes before the machine can stop.
Position position_after_exit(Machine& machine);

}  // namespace gv
