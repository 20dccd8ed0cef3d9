// SPDX-License-Identifier: MIT
//
// A run that is stopped anywhere, any number of times, is the same run.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace gv {
namespace {

struct Sliced {
  const char* kit;
  TechniqueKind technique;
  EngineKind engine;
};
void PrintTo(const Sliced& run, std::ostream* out) {
  *out << run.kit << " under " << name_of(run.technique) << " on " << name_of(run.engine);
}

std::vector<Sliced> every_run() {
  std::vector<Sliced> runs;
  for (const Pair pair : kEveryPair) {
    for (const char* kit : {"tinykernel", "nanobench", "sensitive17"}) {
      runs.push_back({kit, pair.technique, pair.engine});
    }
    if (pair.technique == TechniqueKind::BareMetal ||
        pair.technique == TechniqueKind::Interpretation) {
      runs.push_back({"bootsector", pair.technique, pair.engine});
    }
  }
  for (const Pair pair : kEveryLongModePair) {
    runs.push_back({"tinykernel64", pair.technique, pair.engine});
  }
  return runs;
}

struct Outcome {
  Position position;
  std::uint64_t state = 0, log = 0;
  std::uint32_t exit_code = 0;
  std::string console;
  Ledger ledger;
};

class Slicing : public testing::TestWithParam<Sliced> {
 protected:
  static std::unique_ptr<Machine> fresh() {
    MachineConfig config = config_of_kit(GetParam().kit, GetParam().technique);
    config.engine = GetParam().engine;
    auto machine = Machine::create(config);
    EXPECT_TRUE(machine) << machine.error().message;
    return std::move(*machine);
  }
  static Outcome outcome(Machine& machine) {
    EXPECT_TRUE(machine.end().has_value());
    return {machine.position(),
            machine.state_hash(),
            machine.recorder().hash(machine.recorder().end()).value_or(0),
            machine.end() ? machine.end()->code : 0,
            machine.console_text(0),
            machine.ledger()};
  }
  static void expect_undisturbed(Machine& machine, const char* how, std::uint64_t slice) {
    static std::map<std::string, Outcome> undisturbed;
    Outcome& expected = undisturbed[testing::PrintToString(GetParam())];
    if (expected.position.retired == 0) {
      const auto straight = fresh();
      EXPECT_EQ(straight->run({}), RunStop::GuestEnded);
      expected = outcome(*straight);
    }
    const Outcome got = outcome(machine);
    EXPECT_EQ(got.position.retired, expected.position.retired) << how << " " << slice;
    EXPECT_EQ(got.position.cycles, expected.position.cycles) << how << " " << slice;
    EXPECT_EQ(got.position.events, expected.position.events) << how << " " << slice;
    EXPECT_EQ(got.state, expected.state) << how << " " << slice;
    EXPECT_EQ(got.log, expected.log) << how << " " << slice;
    EXPECT_EQ(got.exit_code, expected.exit_code) << how << " " << slice;
    EXPECT_EQ(got.console, expected.console) << how << " " << slice;
    EXPECT_TRUE(got.ledger == expected.ledger) << how << " " << slice;
  }
};

TEST_P(Slicing, SlicesOfVirtualTimeChangeNothing) {
  for (const std::uint64_t slice : {9'973u, 250'000u}) {
    const auto machine = fresh();
    RunLimits limits;
    limits.stop_at_cycles = slice;
    while (machine->run(limits) == RunStop::TargetReached) {
      limits.stop_at_cycles = machine->position().cycles + slice;
    }
    expect_undisturbed(*machine, "slices of", slice);
  }
}

TEST_P(Slicing, ExactInstantsAreReachedExactlyAndChangeNothing) {
  std::mt19937_64 random(3);
  const auto machine = fresh();
  RunLimits limits;
  for (int stop = 0; stop < 400 && !machine->end(); ++stop) {
    // Runs of single steps, so that blocks are cut at every place, and long ways between them.
    limits.stop_exactly = machine->position().retired + (stop % 20 == 0 ? random() % 20'000 : 1);
    if (machine->run(limits) == RunStop::TargetReached) {
      EXPECT_EQ(machine->position().retired, limits.stop_exactly);
    }
  }
  machine->run({});
  expect_undisturbed(*machine, "exact stops", 400);
}

TEST_P(Slicing, SavingAndRestoringInPlaceChangesNothing) {
  const auto machine = fresh();
  RunLimits limits;
  limits.stop_at_cycles = 70'001;
  while (machine->run(limits) == RunStop::TargetReached && machine->position().cycles < 3'000'000) {
    if (machine->at_boundary()) {
      const MachineState state = machine->save();
      const auto restored = machine->restore(state);
      ASSERT_TRUE(restored) << restored.error().message;
    }
    limits.stop_at_cycles = machine->position().cycles + 70'001;
  }
  machine->run({});
  expect_undisturbed(*machine, "saved and restored every", 70'001);
}

INSTANTIATE_TEST_SUITE_P(Kits, Slicing, testing::ValuesIn(every_run()), [](const auto& run) {
  return run.param.kit + identifier(run.param.technique) + identifier(run.param.engine);
});

}  // namespace
}  // namespace gv
