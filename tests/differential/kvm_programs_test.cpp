// SPDX-License-Identifier: MIT
//
// The interpreter and KVM agree about thousands of random programs, and with that KVM and
// Unicorn. Instructions are not counted on KVM; everything else is compared.
//
// The seed is that of random_programs_test.cpp, and the same variables choose another run.

#include "differential/comparison.h"
#include "differential/kvm_defects.h"

#include "engine/kvm/kvm_engine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace gv {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 0);
}

class OnKvm : public testing::TestWithParam<ProgramMode> {};

TEST_P(OnKvm, RandomProgramsLeaveTheSameBehindAsOnTheInterpreter) {
  if (const auto here = KvmEngine::check(); !here) {
    GTEST_SKIP() << here.error().message;
  }
  const std::uint64_t seed = number_from("GV_DIFFERENTIAL_SEED", 2006);
  const std::uint64_t programs = number_from("GV_DIFFERENTIAL_PROGRAMS", 12'000) / 2;
  const auto interpreter = make_runner(EngineKind::Interpreter, Frames::Cleared);
  const auto kvm = make_kvm_runner();
  std::uint64_t wrong = 0, finished = 0, left_out = 0;
  std::map<std::string, int> refused;
  for (std::uint64_t i = 0; i < programs; ++i) {
    const RandomProgram program = make_random_program(GetParam(), seed * 0x9e3779b97f4a7c15u + i,
                                                      static_cast<std::uint32_t>(i));
    const ProgramOutcome ours = interpreter->run(program);
    const ProgramOutcome theirs = kvm->run(program);
    for (const std::string& mnemonic : theirs.refused) {
      ++refused[mnemonic];
    }
    if (ours.frame_missing || !known_to_differ(program).empty() || known_to_hang(program, theirs) ||
        !known_to_differ(program, ours, theirs).empty()) {
      ++left_out;
      continue;
    }
    const auto* end = std::get_if<SoftwareInterrupted>(&ours.exits.back());
    finished += end != nullptr && end->vector == kEndVector ? 1 : 0;
    const std::string text = differences(program, ours, "interpreter", theirs, "kvm");
    if (!text.empty()) {
      ++wrong;
      ADD_FAILURE() << "seed " << seed << ", program " << i << ": " << describe(program) << text;
      if (wrong == 10) {
        break;
      }
    }
  }
  for (const auto& [mnemonic, times] : refused) {
    EXPECT_NE(std::find(kRefusedByKvm.begin(), kRefusedByKvm.end(), mnemonic), kRefusedByKvm.end())
        << mnemonic << " was refused " << times << " times";
  }
  EXPECT_GT(finished, programs / 4);
  EXPECT_LT(left_out, programs / 10);
  RecordProperty("programs", static_cast<int>(programs));
  RecordProperty("left out", static_cast<int>(left_out));
}

INSTANTIATE_TEST_SUITE_P(Modes, OnKvm,
                         testing::Values(ProgramMode::Ring0Flat, ProgramMode::Real,
                                         ProgramMode::Ring0Long),
                         [](const auto& mode) {
                           return mode.param == ProgramMode::Real        ? "RealMode"
                                  : mode.param == ProgramMode::Ring0Long ? "Ring0Long"
                                                                         : "Ring0Flat";
                         });

}  // namespace
}  // namespace gv
