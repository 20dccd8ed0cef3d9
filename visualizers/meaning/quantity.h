// SPDX-License-Identifier: MIT
//
// quantity.h - how numbers and addresses are written on the screen.
//
// One place, so that the same count looks the same in every panel. Pure.

#pragma once

#include "gv/address.h"

#include <cstdint>
#include <string>

namespace gv {

// "1,234,567"
std::string count_text(std::uint64_t value);
// "950", "12.3k", "4.56M": four to five characters.
std::string short_count_text(std::uint64_t value);
// Virtual time: "840 ns", "12.4 µs", "3.20 ms", "1.05 s". One cycle is one nanosecond.
std::string time_text(std::uint64_t cycles);
// "0x3f8", no leading zeros.
std::string hex_text(std::uint64_t value);
// "0010a3f2": eight digits, sixteen above 4 GiB.
std::string address_text(std::uint64_t value);
// "12.5 %", "< 0.1 %", "0 %"
std::string share_text(double share);

}  // namespace gv
