// SPDX-License-Identifier: MIT
//
// comparison.h - ours against a baseline, on a machine that others use too.
//
// The two are run in turn, pair by pair, so that both see the same
// neighbours; processor time of the thread is read, not the wall clock; and the
// ratio reported is the median of the pairs' ratios, with the spread beside it.

#pragma once

#include <benchmark/benchmark.h>

#include <cstdint>
#include <functional>
#include <string>

namespace gv::bench {

// Nanoseconds that this thread has used a processor.
std::uint64_t thread_nanoseconds();

enum class Better : std::uint8_t { Higher, Lower };

struct Comparison {
  std::string unit;   // of ours and baseline
  double target = 0;  // for the ratio ours / baseline
  Better better = Better::Lower;
  int pairs = 9;
  // Each runs once and returns its figure in `unit`; below 0: it went wrong.
  std::function<double()> ours, baseline;
};

// The message of a benchmark whose baseline this machine does not have begins so; it is no failure.
inline constexpr const char* kNotHere = "not measured: ";

// Runs the pairs and leaves the figures in the state's counters, by these names.
void compare(benchmark::State& state, const Comparison& comparison);
inline constexpr const char* kOurs = "ours";
inline constexpr const char* kBaseline = "baseline";
inline constexpr const char* kRatio = "ratio";
inline constexpr const char* kLowest = "ratio_lowest";
inline constexpr const char* kHighest = "ratio_highest";
inline constexpr const char* kTarget = "target";
inline constexpr const char* kHigherIsBetter = "higher_is_better";
inline constexpr const char* kMet = "target_met";

// The benchmarks, one function for each file.
void add_guest_speed();
void add_trap_round_trip();
void add_tracing_cost();
void add_time_travel();
void add_techniques();

}  // namespace gv::bench
