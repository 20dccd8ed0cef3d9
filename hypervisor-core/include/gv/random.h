// SPDX-License-Identifier: MIT
//
// random.h - the project's own random numbers.
//
// Variants of questions and exercises come from a seed and must be the same on
// every machine and in every year, so the generator is ours and not a library's.
// xoshiro256** seeded through splitmix64 (Blackman and Vigna, "Scrambled linear
// pseudorandom number generators"). Not for secrets.

#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace gv {

class Random {
 public:
  explicit Random(std::uint64_t seed) {
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      std::uint64_t z = seed;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // 0 to bound - 1, without the bias of a plain remainder. REQUIRES: bound > 0.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t reject_under = (0 - bound) % bound;
    std::uint64_t word = next();
    while (word < reject_under)
      word = next();
    return word % bound;
  }

  // 0 ≤ x < 1, of 53 bits.
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace gv
