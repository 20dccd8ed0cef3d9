// SPDX-License-Identifier: MIT
//
// Ledgers of lanes side by side, from ledgers made up here.

#include "visualizers/race/race_table.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

RaceLaneView lane(TechniqueKind technique, const Ledger& ledger,
                  EngineKind engine = EngineKind::Unicorn) {
  RaceLaneView view;
  view.lane.name = std::string(name_of(technique));
  view.lane.technique = technique;
  view.lane.engine = engine;
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->ledger = ledger;
  view.snapshot = snapshot;
  return view;
}

RaceView three_lanes() {
  Ledger trapping;
  trapping.retired = 1'000;
  trapping.idle_cycles = 5'000;
  trapping[ExitReason::PrivilegedInstruction] = {10, 15'000};
  trapping[ExitReason::PageFault] = {2, 4'000};
  trapping.emulated[static_cast<std::size_t>(Mnemonic::Cli)] = {10, 15'000};
  Ledger translating;
  translating.retired = 1'000;
  translating.translation.added_instructions = 200;
  translating[ExitReason::TranslatorCalled] = {3, 800};
  Ledger interpreting;
  interpreting.retired = 1'000;
  interpreting.interpreted = {1'000, 12'000};
  RaceView race;
  race.lanes = {lane(TechniqueKind::TrapAndEmulate, trapping),
                lane(TechniqueKind::BinaryTranslation, translating),
                lane(TechniqueKind::Interpretation, interpreting, EngineKind::Interpreter)};
  return race;
}

std::uint64_t spent(const RaceBar& bar, RaceCost cost) {
  return bar.cycles[static_cast<std::size_t>(cost)];
}

TEST(RaceTable, SplitsEachLanesCyclesByWhatTheyWereSpentOn) {
  const RaceView race = three_lanes();
  const RaceTable table = make_race_table(race);
  EXPECT_EQ(spent(table.bars[0], RaceCost::Guest), 1'000U);
  EXPECT_EQ(spent(table.bars[0], RaceCost::Instructions), 15'000U);
  EXPECT_EQ(spent(table.bars[0], RaceCost::PageFaults), 4'000U);
  EXPECT_EQ(spent(table.bars[1], RaceCost::Software), 200U);
  EXPECT_EQ(spent(table.bars[1], RaceCost::Translator), 800U);
  EXPECT_EQ(spent(table.bars[2], RaceCost::Guest), 0U) << "the CPU never ran the guest";
  EXPECT_EQ(spent(table.bars[2], RaceCost::Software), 13'000U);
  for (std::size_t i = 0; i < table.bars.size(); ++i) {
    const Ledger& ledger = race.lanes[i].snapshot->ledger;
    EXPECT_EQ(table.bars[i].busy + table.bars[i].idle, ledger.total_cycles()) << "nothing is lost";
  }
  EXPECT_EQ(table.bars[0].busy, 20'000U) << "waiting is left out";
  EXPECT_EQ(table.longest, 20'000U);
}

TEST(RaceTable, ComparesWithTheLeastBusyLane) {
  const RaceTable table = make_race_table(three_lanes());
  EXPECT_DOUBLE_EQ(table.bars[1].times, 1);
  EXPECT_DOUBLE_EQ(table.bars[0].times, 10);
}

TEST(RaceTable, DoesNotMeasureByALaneThatCouldNotRunTheGuest) {
  RaceView race = three_lanes();
  race.lanes[1].arrived = true;
  race.lanes[1].end = "the guest enters long mode";
  const RaceTable table = make_race_table(race);
  EXPECT_TRUE(table.bars[1].out);
  EXPECT_EQ(table.bars[1].times, 0);
  EXPECT_DOUBLE_EQ(table.bars[2].times, 1) << "the least of those that run";
}

TEST(RaceTable, PutsAHostsNanosecondsOnNoScaleWithCycles) {
  RaceView race = three_lanes();
  Ledger measured;
  measured.measured = 9'000'000;
  measured[ExitReason::PortWrite] = {5, 400'000};
  race.lanes.push_back(lane(TechniqueKind::HardwareAssisted, measured, EngineKind::Kvm));
  const RaceTable table = make_race_table(race);
  EXPECT_TRUE(table.bars[3].host_time);
  EXPECT_EQ(table.bars[3].times, 0);
  EXPECT_EQ(table.longest, 20'000U);
  EXPECT_EQ(table.dearest, 15'000U);
}

TEST(RaceTable, HasARowForEachCauseAndOneForEachInstruction) {
  const RaceTable table = make_race_table(three_lanes());
  ASSERT_EQ(table.causes.size(), 3U);
  EXPECT_EQ(table.causes[0].name, title_of(ExitReason::PrivilegedInstruction)) << "the dearest";
  EXPECT_EQ(table.causes[0].cells[0].count, 10U);
  EXPECT_EQ(table.causes[0].cells[1].count, 0U);
  ASSERT_EQ(table.instructions.size(), 1U);
  EXPECT_EQ(table.instructions[0].name, "cli");
  std::uint64_t exits = 0;
  for (const RaceRow& row : table.causes)
    exits += row.cells[0].count;
  EXPECT_EQ(exits, table.bars[0].exits) << "the causes add up to all exits";
}

TEST(RaceTable, ScalesEndAtRoundNumbers) {
  EXPECT_EQ(scale_end(0), 1U);
  EXPECT_EQ(scale_end(1'000), 1'000U);
  EXPECT_EQ(scale_end(1'001), 2'000U);
  EXPECT_EQ(scale_end(4'999), 5'000U);
  EXPECT_EQ(scale_end(UINT64_MAX), UINT64_MAX);
}

}  // namespace
}  // namespace gv
