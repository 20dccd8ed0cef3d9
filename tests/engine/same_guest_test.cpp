// SPDX-License-Identifier: MIT
//
// The same guest does the same on every engine: it prints the same, and ends the same way.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

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

class SameGuest : public testing::TestWithParam<std::pair<const char*, TechniqueKind>> {};

TEST_P(SameGuest, PrintsAndEndsAlikeOnUnicornAndTheInterpreter) {
  const auto& [kit, technique] = GetParam();
  const Ending unicorn = run_to_end(kit, {EngineKind::Unicorn, technique});
  const Ending interpreter = run_to_end(kit, {EngineKind::Interpreter, technique});
  EXPECT_FALSE(unicorn.console.empty());
  EXPECT_EQ(interpreter.console, unicorn.console);
  EXPECT_EQ(interpreter.how, unicorn.how);
  EXPECT_EQ(interpreter.code, unicorn.code);
}

INSTANTIATE_TEST_SUITE_P(Kits, SameGuest,
                         testing::Values(std::pair{"tinykernel", TechniqueKind::BareMetal},
                                         std::pair{"tinykernel", TechniqueKind::TrapAndEmulate},
                                         std::pair{"sensitive17", TechniqueKind::BareMetal},
                                         std::pair{"sensitive17", TechniqueKind::TrapAndEmulate},
                                         std::pair{"nanobench", TechniqueKind::BareMetal},
                                         std::pair{"nanobench", TechniqueKind::TrapAndEmulate},
                                         std::pair{"bootsector", TechniqueKind::BareMetal}),
                         [](const auto& run) {
                           return run.param.first + identifier(run.param.second);
                         });

}  // namespace
}  // namespace gv
