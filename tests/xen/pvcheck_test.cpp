// SPDX-License-Identifier: MIT
//
// The paravirtual kit on every engine: traps, events, timers, tables, a program in ring 3. And a
// run that is stopped, saved and restored anywhere is the same run.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <random>

namespace gv {
namespace {

struct Guest {
  int bits;
  EngineKind engine;
};
void PrintTo(const Guest& guest, std::ostream* out) {
  *out << guest.bits << " bits on " << name_of(guest.engine);
}

std::unique_ptr<Machine> fresh(const Guest& guest) {
  MachineConfig config =
      config_of_kit("pvcheck" + std::to_string(guest.bits), TechniqueKind::Paravirtual);
  config.engine = guest.engine;
  config.memory_mib = 8;
  auto machine = Machine::create(config);
  EXPECT_TRUE(machine) << machine.error().message;
  return std::move(*machine);
}

struct Outcome {
  std::uint64_t retired, cycles, events, state, log;
  std::string console;
  bool operator==(const Outcome&) const = default;
};
void PrintTo(const Outcome& o, std::ostream* out) {
  *out << o.retired << " instructions, " << o.cycles << " cycles, " << o.events << " events, state "
       << o.state << ", log " << o.log;
}

std::uint64_t log_hash(const Machine& machine) {
  return machine.recorder().hash(machine.recorder().end()).value_or(0);
}

Outcome outcome(Machine& machine) {
  const Position at = machine.position();
  return {at.retired,           at.cycles,         at.events,
          machine.state_hash(), log_hash(machine), machine.console_text(0)};
}

class PvCheck : public testing::TestWithParam<Guest> {
 protected:
  static Outcome undisturbed() {
    const auto machine = fresh(GetParam());
    EXPECT_EQ(machine->run({}), RunStop::GuestEnded);
    return outcome(*machine);
  }
};

TEST_P(PvCheck, FindsXenAsItsInterfaceSays) {
  const auto machine = fresh(GetParam());
  EXPECT_EQ(machine->run({}), RunStop::GuestEnded);
  const std::string console = machine->console_text(0);
  EXPECT_EQ(console.find("FAILED"), std::string::npos) << console;
  EXPECT_NE(console.find("pvcheck: all passed"), std::string::npos) << console;
  EXPECT_EQ(machine->end()->how, GuestEnd::Exited) << machine->end_text();
  const Ledger ledger = machine->ledger();
  EXPECT_EQ(ledger.total_cycles(), machine->position().cycles);
  EXPECT_GE(ledger.interrupts, 2u) << "an event and the timer";
  EXPECT_GT(ledger.idle_cycles, 4'000'000u) << "it waited for the timer and in a poll";
}

TEST_P(PvCheck, BothEnginesRunItAlike) {
  const Outcome here = undisturbed();
  const bool on_unicorn = GetParam().engine == EngineKind::Unicorn;
  const auto machine =
      fresh({GetParam().bits, on_unicorn ? EngineKind::Interpreter : EngineKind::Unicorn});
  EXPECT_EQ(machine->run({}), RunStop::GuestEnded);
  EXPECT_EQ(machine->position().retired, here.retired);
  EXPECT_EQ(log_hash(*machine), here.log) << "the same events, byte for byte";
}

TEST_P(PvCheck, ExactStopsChangeNothing) {
  std::mt19937_64 random(5);
  const auto machine = fresh(GetParam());
  RunLimits limits;
  while (!machine->end()) {
    limits.stop_exactly = machine->position().retired + 1 + random() % 40;
    if (machine->run(limits) == RunStop::TargetReached) {
      EXPECT_EQ(machine->position().retired, limits.stop_exactly);
    }
  }
  EXPECT_EQ(outcome(*machine), undisturbed());
}

TEST_P(PvCheck, SavingAndRestoringChangesNothing) {
  const auto machine = fresh(GetParam());
  RunLimits limits;
  int saved = 0;
  limits.stop_at_cycles = 5'003;
  while (machine->run(limits) == RunStop::TargetReached) {
    if (machine->at_boundary()) {
      const MachineState state = machine->save();
      const auto restored = machine->restore(state);
      ASSERT_TRUE(restored) << restored.error().message;
      ++saved;
    }
    limits.stop_at_cycles = machine->position().cycles + 5'003;
  }
  EXPECT_GT(saved, 5);
  EXPECT_EQ(outcome(*machine), undisturbed());
}

INSTANTIATE_TEST_SUITE_P(
    Kits, PvCheck,
    testing::Values(Guest{32, EngineKind::Interpreter}, Guest{32, EngineKind::Unicorn},
                    Guest{64, EngineKind::Interpreter}, Guest{64, EngineKind::Unicorn}),
    [](const auto& test) {
      return "Bits" + std::to_string(test.param.bits) + identifier(test.param.engine);
    });

}  // namespace
}  // namespace gv
