// SPDX-License-Identifier: MIT
//
// One step back from anywhere is the state that was there, devices included,
// and having gone back changes nothing of what follows.

#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <random>
#include <vector>

namespace gv {
namespace {

struct LongRun {
  const char* kit;
  const char* command_line;
  Pair pair;
};
void PrintTo(const LongRun& run, std::ostream* out) {
  *out << run.kit << " under " << name_of(run.pair.technique) << " on " << name_of(run.pair.engine);
}

std::vector<LongRun> every_run() {
  std::vector<LongRun> runs;
  for (const Pair pair : kEveryPair) {
    runs.push_back({"tinykernel", "", pair});
    runs.push_back({"nanobench", "n=25000", pair});
    runs.push_back({"sensitive17", "", pair});
  }
  for (const Pair pair : kEveryLongModePair) {
    runs.push_back({"tinykernel64", "", pair});
  }
  return runs;
}

class TimeTravel : public testing::TestWithParam<LongRun> {
 protected:
  void SetUp() override {
    MachineConfig config = config_of_kit(GetParam().kit, GetParam().pair.technique);
    config.engine = GetParam().pair.engine;
    config.command_line = GetParam().command_line;
    auto created = Session::create(std::move(config));
    ASSERT_TRUE(created) << created.error().message;
    session_ = std::move(*created);
    ViewRequest view;
    view.state_hash = true;
    session_->perform(SetView{view});
    const Notice finished = session_->perform(gv::Run{});
    ASSERT_EQ(finished.cause, StopCause::GuestExited) << finished.text;
    end_ = finished.snapshot;
    log_hash_ = session_->event_log_hash();
    console_ = session_->console();
  }

  // Fails unless the notice's machine is the one of `expected`, in everything that there is.
  static void expect_same(const Notice& notice, const Snapshot& expected, const char* when) {
    const Snapshot& got = *notice.snapshot;
    EXPECT_EQ(got.state_hash, expected.state_hash) << when << " " << notice.text;
    EXPECT_EQ(got.position.retired, expected.position.retired) << when;
    EXPECT_EQ(got.position.cycles, expected.position.cycles) << when << " " << notice.text;
    EXPECT_EQ(got.position.events, expected.position.events) << when << " " << notice.text;
    EXPECT_EQ(got.console_bytes, expected.console_bytes) << when << " " << notice.text;
    EXPECT_TRUE(got.registers == expected.registers) << when << " " << notice.text;
    EXPECT_TRUE(got.physical == expected.physical) << when << " " << notice.text;
    EXPECT_TRUE(got.ledger == expected.ledger) << when << " " << notice.text;
    ASSERT_EQ(got.devices.size(), expected.devices.size());
    for (std::size_t i = 0; i < got.devices.size(); ++i) {
      EXPECT_EQ(got.devices[i].fields, expected.devices[i].fields)
          << when << " " << notice.text << " " << got.devices[i].name;
    }
  }
  void expect_same_end() {
    const Notice again = session_->perform(gv::Run{});
    expect_same(again, *end_, "at the end");
    EXPECT_EQ(again.cause, StopCause::GuestExited) << again.text;
    EXPECT_EQ(session_->event_log_hash(), log_hash_);
    EXPECT_EQ(session_->console(), console_);
  }

  std::unique_ptr<Session> session_;
  std::shared_ptr<const Snapshot> end_;
  std::uint64_t log_hash_ = 0;
  std::string console_;
};

// Of this process: on a busy host, what the host's other work did not take.
double processor_milliseconds() {
  return static_cast<double>(std::clock()) * 1000.0 / CLOCKS_PER_SEC;
}
double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

TEST_P(TimeTravel, OneStepBackFromARandomInstantIsTheForwardState) {
  // The seventeen are over soon; every other run is long enough to need its checkpoints.
  if (GetParam().kit != std::string("sensitive17")) {
    ASSERT_GE(end_->position.retired, 1'000'000u);
  }
  std::mt19937_64 random(17);
  double worst = 0, worst_busy = 0;
  std::uint64_t worst_at = 0;
  for (int round = 0; round < 25 && !HasFailure(); ++round) {
    const std::uint64_t at = 1 + random() % (end_->position.retired - 2);
    const Notice forward = session_->perform(Seek{at});
    ASSERT_EQ(forward.snapshot->position.retired, at) << forward.text;
    const Notice stepped = session_->perform(Step{1});
    ASSERT_EQ(stepped.snapshot->position.retired, at + 1) << stepped.text;
    const auto start = std::chrono::steady_clock::now();
    const double busy_before = processor_milliseconds();
    const Notice back = session_->perform(StepBack{1});
    const double took = milliseconds_since(start);
    worst_busy = std::max(worst_busy, processor_milliseconds() - busy_before);
    if (took > worst) {
      worst = took;
      worst_at = at;
    }
    expect_same(back, *forward.snapshot, "one step back,");
  }
  std::printf("worst step back: %.1f ms (%.1f ms of processor) at instruction %llu of %llu\n",
              worst, worst_busy, static_cast<unsigned long long>(worst_at),
              static_cast<unsigned long long>(end_->position.retired));
  RecordProperty("worst_step_back_microseconds", static_cast<int>(worst * 1000));
  RecordProperty("worst_step_back_processor_microseconds", static_cast<int>(worst_busy * 1000));
  expect_same_end();
}

// Instants that were reached by running, not by a seek of the same machinery.
TEST_P(TimeTravel, ASeekLeadsToWhatAnUndisturbedRunPassed) {
  MachineConfig config = config_of_kit(GetParam().kit, GetParam().pair.technique);
  config.engine = GetParam().pair.engine;
  config.command_line = GetParam().command_line;
  config.time_travel = false;
  auto straight = Session::create(std::move(config));
  ASSERT_TRUE(straight);
  ViewRequest view;
  view.state_hash = true;
  (*straight)->perform(SetView{view});

  std::mt19937_64 random(4);
  std::vector<std::uint64_t> instants(6);
  for (auto& instant : instants) {
    instant = 1 + random() % (end_->position.retired - 1);
  }
  std::sort(instants.begin(), instants.end());
  std::vector<std::shared_ptr<const Snapshot>> passed;
  for (const std::uint64_t instant : instants) {
    const std::uint64_t here = (*straight)->snapshot()->position.retired;
    gv::Run stretch;
    stretch.instructions = instant - here;
    passed.push_back((*straight)->perform(stretch).snapshot);
    ASSERT_EQ(passed.back()->position.retired, instant);
  }
  for (std::size_t i = instants.size(); i-- > 0;) {
    expect_same(session_->perform(Seek{instants[i]}), *passed[i], "sought backwards,");
  }
  expect_same_end();
}

TEST_P(TimeTravel, TheBeginningIsWhereBackwardsEnds) {
  const Notice start = session_->perform(StepBack{end_->position.retired + 1000});
  EXPECT_EQ(start.cause, StopCause::BeginningReached);
  EXPECT_EQ(start.snapshot->position.retired, 0u);
  EXPECT_EQ(session_->console(), "");
  EXPECT_EQ(start.snapshot->furthest, end_->position);
  expect_same_end();
}

// A privileged instruction may end a translation without belonging to its block: a seek to the
// instant before it must not let it happen.
TEST(Seek, BackwardsThroughConsecutiveInstantsMissesNone) {
  MachineConfig config = config_of_kit("nanobench", TechniqueKind::TrapAndEmulate);
  config.command_line = "n=2000 only=page-fault";
  auto session = Session::create(std::move(config));
  ASSERT_TRUE(session) << session.error().message;
  const std::uint64_t end = (*session)->perform(gv::Run{}).snapshot->position.retired;
  ASSERT_GT(end, 1000u);
  const std::uint64_t from = end / 4 * 3;  // in the loop of page faults
  for (std::uint64_t at = from + 64; at > from; --at) {
    const Notice there = (*session)->perform(Seek{at});
    EXPECT_EQ(there.snapshot->position.retired, at)
        << "at " << (*session)->symbolize(there.snapshot->next_instruction);
  }
}

INSTANTIATE_TEST_SUITE_P(LongRuns, TimeTravel, testing::ValuesIn(every_run()), [](const auto& run) {
  return run.param.kit + identifier(run.param.pair);
});

}  // namespace
}  // namespace gv
