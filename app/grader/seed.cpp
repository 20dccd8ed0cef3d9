// SPDX-License-Identifier: MIT
//
// seed.cpp - FNV-1a over the names, finished with SplitMix64's mixer.
//
// FNV alone leaves neighbouring names with neighbouring high bits; the mixer
// spreads them. Neither is a secret: a seed is no password.

#include "grader/seed.h"

#include <string>

namespace gv {
namespace {

constexpr std::uint64_t kOffset = 0xcbf29ce484222325, kPrime = 0x100000001b3;

std::uint64_t absorb(std::uint64_t hash, std::string_view text) {
  for (const char c : text)
    hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  return (hash ^ 0xff) * kPrime;  // an end mark, so that ("ab","c") differs from ("a","bc")
}

std::uint64_t finish(std::uint64_t hash) {
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

}  // namespace

std::uint64_t variant_seed(std::string_view exercise, std::string_view student,
                           std::uint64_t seed) {
  return finish(absorb(absorb(absorb(kOffset, exercise), student), std::to_string(seed)));
}

std::uint64_t check_seed(std::uint64_t variant, std::string_view check) {
  return finish(absorb(variant ^ kOffset, check));
}

}  // namespace gv
