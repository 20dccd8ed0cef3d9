// SPDX-License-Identifier: MIT
//
// keyboard_layout.h - the US keyboard as scan codes of set 1.
//
// Two directions: what a key types (the BIOS needs that) and which keys type a
// character (people and scripts that type into a guest need that). No state:
// shift and control are arguments. Source: IBM PS/2 Hardware Interface
// Technical Reference, "Keyboard Scan Codes, Set 1".

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace gv {

struct KeyModifiers {
  bool shift = false, control = false, caps_lock = false;
};

// What the key of this make code types, if it types anything.
std::optional<std::uint8_t> ascii_of_key(std::uint8_t make_code, KeyModifiers modifiers);

// Make and break codes that type the character, shift or control included;
// empty for a character that a US keyboard cannot type.
std::vector<std::uint8_t> scan_codes_for(char character);

}  // namespace gv
