// SPDX-License-Identifier: MIT
//
// seed.h - which variant of an exercise a student gets.
//
// A function of the exercise, the student and the course's seed, and of nothing
// else: no clock, no platform's hash. A regrade in ten years gives the same variant.

#pragma once

#include <cstdint>
#include <string_view>

namespace gv {

std::uint64_t variant_seed(std::string_view exercise, std::string_view student, std::uint64_t seed);
// An independent stream for one check of that variant.
std::uint64_t check_seed(std::uint64_t variant, std::string_view check);

}  // namespace gv
