// SPDX-License-Identifier: MIT
//
// The interpreter and Unicorn agree about thousands of random programs: registers, flags,
// memory, faults and the number of instructions that retired.
//
// The seed is fixed; GV_DIFFERENTIAL_SEED and GV_DIFFERENTIAL_PROGRAMS choose another run.

#include "differential/comparison.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gv {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

struct Batch {
  ProgramMode mode;
  const char* name;
  std::uint64_t share;  // in ten
};

class RandomPrograms : public testing::TestWithParam<Batch> {};

TEST_P(RandomPrograms, LeaveTheSameBehindOnTheInterpreterAsOnUnicorn) {
  const std::uint64_t seed = number_from("GV_DIFFERENTIAL_SEED", 2006);
  const std::uint64_t programs =
      number_from("GV_DIFFERENTIAL_PROGRAMS", 12'000) * GetParam().share / 10;
  const auto interpreter = make_runner(EngineKind::Interpreter);
  const auto unicorn = make_runner(EngineKind::Unicorn);
  std::uint64_t wrong = 0, finished = 0;
  for (std::uint64_t i = 0; i < programs; ++i) {
    const std::uint64_t own_seed = seed * 0x9e3779b97f4a7c15u + i;
    const RandomProgram program =
        make_random_program(GetParam().mode, own_seed, static_cast<std::uint32_t>(i));
    const ProgramOutcome ours = interpreter->run(program);
    const ProgramOutcome theirs = unicorn->run(program);
    const auto* end = std::get_if<SoftwareInterrupted>(&ours.exits.back());
    finished += end != nullptr && end->vector == kEndVector ? 1 : 0;
    const std::string text = differences(program, ours, "interpreter", theirs, "unicorn");
    if (!text.empty()) {
      ++wrong;
      ADD_FAILURE() << "seed " << seed << ", program " << i << ": " << describe(program) << text;
      if (wrong == 10) {
        break;
      }
    }
  }
  // Both kinds must be there, or the programs try nothing.
  EXPECT_GT(finished, programs / 4);
  EXPECT_LT(finished, programs);
  RecordProperty("programs", static_cast<int>(programs));
}

INSTANTIATE_TEST_SUITE_P(Modes, RandomPrograms,
                         testing::Values(Batch{ProgramMode::Ring0Flat, "Ring0Flat", 3},
                                         Batch{ProgramMode::Ring0Paged, "Ring0Paged", 2},
                                         Batch{ProgramMode::Ring3Paged, "Ring3Paged", 3},
                                         Batch{ProgramMode::Real, "RealMode", 2},
                                         Batch{ProgramMode::Ring0Long, "Ring0Long", 3},
                                         Batch{ProgramMode::Ring3Long, "Ring3Long", 3}),
                         [](const auto& batch) { return batch.param.name; });

}  // namespace
}  // namespace gv
