// SPDX-License-Identifier: MIT
//
// fuzz_rounds.cpp - a fuzz target as an ordinary test.
//
// Feeds the target a fixed number of pseudo-random inputs, the same ones every
// time: no coverage feedback, but it runs with every compiler and in every
// build. A target aborts on what must not happen.

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

TEST(FuzzTarget, SurvivesTwentyThousandInputs) {
  std::mt19937 random(20260101);
  std::vector<std::uint8_t> input;
  for (int round = 0; round < 20'000; ++round) {
    input.resize(random() % 400);
    for (std::uint8_t& byte : input)
      byte = static_cast<std::uint8_t>(random());
    ASSERT_EQ(LLVMFuzzerTestOneInput(input.data(), input.size()), 0) << "round " << round;
  }
}

}  // namespace
