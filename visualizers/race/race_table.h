// SPDX-License-Identifier: MIT
//
// race_table.h - lanes' ledgers as bars to compare, and the causes that explain them.
//
// The race panel's model. All lanes have done the same piece of the guest's work,
// so their cycles can be compared; waiting in HLT is left out, for it is as long as
// the guest's timer says. Lanes whose cycles are a host's nanoseconds are told
// apart and never put on the others' scale.
//
// Pure: no ImGui.

#pragma once

#include "gv/race.h"
#include "visualizers/style.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// What cycles were spent on, as parts of a bar. Guest is the first; the others are the technique's.
enum class RaceCost : std::uint8_t {
  Guest,         // the guest's own instructions, on the CPU
  Software,      // in its place: interpreted, or added by translation
  Instructions,  // privileged or sensitive ones that left the guest
  PageFaults,
  SystemCalls,  // INT n and exceptions, passed on
  Devices,
  Translator,
  Interrupts,
};
inline constexpr int kRaceCostCount = 8;
std::string_view title_of(RaceCost cost);
std::string_view explanation_of(RaceCost cost);
Ink ink_of(RaceCost cost);
RaceCost cost_of(ExitReason reason);

struct RaceBar {
  std::array<std::uint64_t, kRaceCostCount> cycles{};
  std::uint64_t busy = 0;  // their sum
  std::uint64_t idle = 0;  // in HLT
  std::uint64_t exits = 0;
  bool host_time = false;  // cycles are nanoseconds of the host's clock
  bool out = false;        // it could not run the guest on: no measure for the others
  double times = 0;        // of the least busy lane; 0 where there is nothing to compare with
};

// A cause of exits, with one cell for each lane.
struct RaceCell {
  std::uint64_t count = 0, cycles = 0;
  bool host_time = false;
};
struct RaceRow {
  std::string name;
  RaceCost cost = RaceCost::Instructions;
  std::vector<RaceCell> cells;  // by lane
};

struct RaceTable {
  std::vector<RaceBar> bars;  // by lane
  // By the cycles of their dearest cell, most first: why the guest was left, adding up to all
  // exits; and which instructions were emulated in some of them.
  std::vector<RaceRow> causes, instructions;
  std::uint64_t longest = 0;  // busy cycles of the longest bar that is not host time
  std::uint64_t dearest = 0;  // cycles of the dearest such cell
  std::vector<RaceCost> costs_that_occur;
};
// Whether the guest came to its own end there.
bool ended_by_itself(const RaceLaneView& lane);
RaceTable make_race_table(const RaceView& race);

// The end of a scale that holds `value`: 1, 2 or 5 times a power of ten. It stays put while bars
// grow towards it.
std::uint64_t scale_end(std::uint64_t value);

}  // namespace gv
