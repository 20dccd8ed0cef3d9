// SPDX-License-Identifier: MIT
//
// Several sessions at equal progress of the guest: marks, pausing, ends, refusals.

#include "gv/race.h"
#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <thread>

namespace gv {
namespace {

RaceLane lane(TechniqueKind technique, EngineKind engine = EngineKind::Unicorn) {
  RaceLane made;
  made.name = std::string(name_of(technique)) + " on " + std::string(name_of(engine));
  made.technique = technique;
  made.engine = engine;
  return made;
}

RaceConfig four_lanes(const std::string& command_line) {
  RaceConfig config;
  config.guest = config_of_kit("nanobench", TechniqueKind::BareMetal);
  config.guest.command_line = command_line;
  config.step = 2'000;
  config.lanes = {lane(TechniqueKind::Interpretation, EngineKind::Interpreter),
                  lane(TechniqueKind::TrapAndEmulate), lane(TechniqueKind::BinaryTranslation),
                  lane(TechniqueKind::HardwareAssisted)};
  return config;
}

std::unique_ptr<Race> race_of(RaceConfig config) {
  auto race = Race::create(std::move(config));
  EXPECT_TRUE(race) << race.error().message;
  return std::move(*race);
}

// The next picture after the one of `generation`.
std::shared_ptr<const RaceView> later_than(const Race& race, std::uint64_t generation) {
  auto view = race.view();
  while (view->generation <= generation) {
    std::this_thread::yield();
    view = race.view();
  }
  return view;
}

TEST(Race, EveryLaneStandsAtTheSameInstructionAtEveryMark) {
  const auto race = race_of(four_lanes("only=cli n=2000"));
  EXPECT_EQ(race->view()->state, RaceState::Ready);
  EXPECT_EQ(race->view()->guest, "nanobench only=cli n=2000");
  race->start();
  std::uint64_t marks = 0;
  for (auto view = race->view(); view->state != RaceState::Finished;
       view = later_than(*race, view->generation)) {
    if (view->mark == 0)
      continue;
    ++marks;
    for (const RaceLaneView& each : view->lanes) {
      if (!each.arrived) {
        EXPECT_EQ(each.snapshot->position.retired, view->mark) << each.lane.name;
      }
    }
  }
  EXPECT_GT(marks, 1U);
}

TEST(Race, ALanesLedgerIsThatOfTheSameGuestAlone) {
  const auto race = race_of(four_lanes("only=in n=50"));
  race->start();
  ASSERT_TRUE(race->wait());
  for (const RaceLaneView& each : race->view()->lanes) {
    EXPECT_TRUE(each.arrived) << each.lane.name;
    EXPECT_EQ(each.snapshot->cause, StopCause::GuestExited) << each.end;
    MachineConfig alone = config_of_kit("nanobench", each.lane.technique);
    alone.engine = each.lane.engine;
    alone.command_line = "only=in n=50";
    auto session = Session::create(alone);
    ASSERT_TRUE(session);
    (*session)->perform(gv::Run{});
    EXPECT_EQ(each.snapshot->ledger, (*session)->snapshot()->ledger) << each.lane.name;
  }
}

TEST(Race, ByConsoleLinesEveryLaneHasPrintedAsMuch) {
  RaceConfig config = four_lanes("n=20");
  config.ruler = RaceRuler::ConsoleLines;
  config.step = 1;
  config.limit = 2;
  const auto race = race_of(std::move(config));
  race->start();
  ASSERT_TRUE(race->wait());
  const auto view = race->view();
  EXPECT_EQ(view->mark, 2U);
  for (const RaceLaneView& each : view->lanes)
    EXPECT_EQ(each.lines, 2U) << each.lane.name;
}

TEST(Race, RestsWhilePausedAndBeginsAnewWhenReset) {
  RaceConfig config = four_lanes("n=100000");
  config.rounds_per_second = 200;
  const auto race = race_of(std::move(config));
  race->start();
  for (auto view = race->view(); view->mark == 0; view = later_than(*race, view->generation)) {
  }
  race->pause();
  auto view = race->view();
  while (view->state != RaceState::Paused)
    view = later_than(*race, view->generation);
  race->reset();
  while (view->state != RaceState::Ready)
    view = later_than(*race, view->generation);
  EXPECT_EQ(view->mark, 0U);
  EXPECT_EQ(view->lanes[1].snapshot->position.retired, 0U);
  race->set_step(50);
  race->start();
  for (view = race->view(); view->mark == 0; view = later_than(*race, view->generation)) {
  }
  EXPECT_EQ(view->mark % 50, 0U) << "the new step";
  race->leave();
  EXPECT_FALSE(race->wait()) << "nobody has to wait for a guest that runs long";
}

TEST(Race, SaysWhyItCannotBe) {
  const auto why = [](RaceConfig config) {
    auto race = Race::create(std::move(config));
    return race ? std::string("no error") : race.error().message;
  };
  RaceConfig none = four_lanes("");
  none.lanes.clear();
  EXPECT_NE(why(none).find("1 to 6 lanes"), std::string::npos);
  RaceConfig same = four_lanes("");
  same.lanes.push_back(same.lanes.front());
  EXPECT_NE(why(same).find("two lanes are called"), std::string::npos);
  RaceConfig odd = four_lanes("");
  odd.lanes.push_back(lane(TechniqueKind::Interpretation, EngineKind::Unicorn));
  EXPECT_NE(why(odd).find("interpretation"), std::string::npos);
  if (check_available(EngineKind::Kvm, TechniqueKind::HardwareAssisted)) {
    RaceConfig uncounted = four_lanes("");
    uncounted.lanes.push_back(lane(TechniqueKind::HardwareAssisted, EngineKind::Kvm));
    EXPECT_NE(why(uncounted).find("does not count"), std::string::npos);
  }
}

TEST(Race, ALaneThatCannotRunTheGuestSaysSoAndTheOthersGoOn) {
  RaceConfig config = four_lanes("");
  config.guest = config_of_kit("bootsector", TechniqueKind::BareMetal);
  config.lanes = {lane(TechniqueKind::TrapAndEmulate), lane(TechniqueKind::BareMetal)};
  config.limit = 1'000;
  config.step = 500;
  const auto race = race_of(std::move(config));
  race->start();
  ASSERT_TRUE(race->wait());
  const auto view = race->view();
  EXPECT_TRUE(view->lanes[0].arrived);
  EXPECT_NE(view->lanes[0].end.find("real-mode"), std::string::npos) << view->lanes[0].end;
  EXPECT_EQ(view->lanes[1].snapshot->position.retired, 1'000U);
}

// Long mode is met only while the guest runs.
TEST(Race, ALaneThatIsRefusedOnItsWayIsOutAtOnce) {
  RaceConfig config = four_lanes("");
  config.guest = config_of_kit("tinykernel64", TechniqueKind::BareMetal);
  config.lanes = {lane(TechniqueKind::TrapAndEmulate)};
  const auto race = race_of(std::move(config));
  race->start();
  ASSERT_TRUE(race->wait());
  EXPECT_TRUE(race->view()->lanes[0].arrived);
  EXPECT_FALSE(race->view()->lanes[0].end.empty());
}

}  // namespace
}  // namespace gv
