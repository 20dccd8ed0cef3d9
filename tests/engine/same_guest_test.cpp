// SPDX-License-Identifier: MIT
//
// The same guest does the same on every engine: it prints the same, and ends the same way.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace gv {
namespace {

struct Ending {
  std::string console;
  GuestEnd how = GuestEnd::Halted;
  std::uint32_t code = 0;
};

Ending run_to_end(const char* kit, Pair pair) {
  MachineConfig config = config_of_kit(kit, pair.technique);
  config.engine = pair.engine;
  config.trace = TracePolicy::Off;
  const auto machine = Machine::create(config);
  EXPECT_TRUE(machine) << machine.error().message;
  RunLimits limits;
  limits.stop_exactly = 500'000'000;
  (*machine)->run(limits);
  EXPECT_TRUE((*machine)->end().has_value()) << kit << " never ended under " << identifier(pair);
  const GuestEnded end = (*machine)->end().value_or(GuestEnded{});
  return {(*machine)->console_text(0), end.how, end.code};
}

class SameGuest : public testing::TestWithParam<std::pair<const char*, Pair>> {};

TEST_P(SameGuest, PrintsAndEndsAsOnUnicorn) {
  const auto& [kit, pair] = GetParam();
  // Under interpretation a guest is at ring 0, as on bare metal; translated, it cannot tell.
  const TechniqueKind reference = pair.technique == TechniqueKind::TrapAndEmulate
                                      ? TechniqueKind::TrapAndEmulate
                                      : TechniqueKind::BareMetal;
  const Ending unicorn = run_to_end(kit, {EngineKind::Unicorn, reference});
  const Ending here = run_to_end(kit, pair);
  EXPECT_FALSE(unicorn.console.empty());
  EXPECT_EQ(here.console, unicorn.console);
  EXPECT_EQ(here.how, unicorn.how);
  EXPECT_EQ(here.code, unicorn.code);
}

std::vector<std::pair<const char*, Pair>> every_guest() {
  std::vector<std::pair<const char*, Pair>> guests;
  for (const Pair pair : kEveryPair) {
    if (pair.engine == EngineKind::Unicorn) {
      continue;
    }
    for (const char* kit : {"tinykernel", "sensitive17", "nanobench"}) {
      guests.emplace_back(kit, pair);
    }
    const bool deprivileged = pair.technique == TechniqueKind::TrapAndEmulate ||
                              pair.technique == TechniqueKind::BinaryTranslation;
    if (!deprivileged) {
      guests.emplace_back("bootsector", pair);
    }
  }
  return guests;
}

INSTANTIATE_TEST_SUITE_P(Kits, SameGuest, testing::ValuesIn(every_guest()), [](const auto& run) {
  return run.param.first + identifier(run.param.second);
});

// The same sources, compiled for long mode: SYSCALL, 4-level tables, 64-bit gates.
class SameSources : public testing::TestWithParam<Pair> {};

TEST_P(SameSources, PrintTheSameInLongMode) {
  const Ending narrow = run_to_end("tinykernel", {EngineKind::Unicorn, TechniqueKind::BareMetal});
  const Ending wide = run_to_end("tinykernel64", GetParam());
  EXPECT_EQ(wide.console, narrow.console);
  EXPECT_EQ(wide.code, narrow.code);
}

INSTANTIATE_TEST_SUITE_P(Pairs, SameSources, testing::ValuesIn(kEveryLongModePair),
                         [](const auto& run) { return identifier(run.param); });

TEST_P(SameSources, ReportTheSeventeenAndTheLoopsOfNanobenchInLongMode) {
  const Ending narrow = run_to_end("nanobench", {EngineKind::Unicorn, TechniqueKind::BareMetal});
  const Ending loops = run_to_end("nanobench64", GetParam());
  EXPECT_EQ(loops.console, narrow.console);
  EXPECT_EQ(loops.code, narrow.code);
  const Ending seventeen = run_to_end("sensitive17-64", GetParam());
  std::ifstream golden(std::string(GV_GOLDEN) + "/sensitive17-64.bare-metal.txt");
  EXPECT_EQ(seventeen.console,
            std::string(std::istreambuf_iterator<char>(golden), std::istreambuf_iterator<char>()));
  EXPECT_EQ(seventeen.code, narrow.code);
}

TEST(LongMode, IsRefusedByTheClassicalTechniquesForHistorysReason) {
  for (const char* kit : {"sensitive17-64", "nanobench64"}) {
    for (const TechniqueKind technique :
         {TechniqueKind::TrapAndEmulate, TechniqueKind::BinaryTranslation}) {
      const auto machine = Machine::create(config_of_kit(kit, technique));
      ASSERT_TRUE(machine) << machine.error().message;
      EXPECT_EQ((*machine)->run({}), RunStop::EngineFailed) << kit;
      EXPECT_NE((*machine)->engine_failure().message.find("no segment limits"), std::string::npos)
          << (*machine)->engine_failure().message;
    }
  }
}

TEST(Interpretation, ChargesEveryInstructionAndKnowsNoExit) {
  MachineConfig config = config_of_kit("tinykernel", TechniqueKind::Interpretation);
  config.engine = EngineKind::Interpreter;
  config.trace = TracePolicy::Off;
  const auto machine = Machine::create(config);
  ASSERT_TRUE(machine) << machine.error().message;
  (*machine)->run({});
  const Ledger ledger = (*machine)->ledger();
  EXPECT_GT(ledger.retired, 1'000'000u);
  EXPECT_EQ(ledger.interpreted.count, ledger.retired);
  EXPECT_EQ(ledger.interpreted.cycles, ledger.retired * config.cost.interpret);
  EXPECT_EQ(ledger.direct, 0u);
  EXPECT_EQ(ledger.total_exits(), 0u);
  EXPECT_EQ(ledger.total_cycles(), (*machine)->position().cycles);
  // Guest frames are not machine frames.
  EXPECT_NE((*machine)->memory().p2m().lookup(Gfn(0x100))->number, 0x100u);
}

}  // namespace
}  // namespace gv
