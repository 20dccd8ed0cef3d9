// SPDX-License-Identifier: MIT
//
// scan_codes.h - text as key presses of a PC keyboard.
//
// Scan code set 1, make and break, as the 8042 hands them to the guest. Only
// keys that need no modifier, plus capitals through the left Shift.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace gv {

// Empty when a character has no key here.
std::vector<std::uint8_t> scan_codes_of(std::string_view text);

}  // namespace gv
