// SPDX-License-Identifier: MIT

#include "devices/keyboard_layout.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TEST(KeyboardLayout, TypesEveryPrintableCharacterBack) {
  for (int c = 0x20; c < 0x7f; ++c) {
    const auto codes = scan_codes_for(static_cast<char>(c));
    ASSERT_FALSE(codes.empty()) << "character " << c;
    const bool shifted = codes.size() == 4;
    const std::uint8_t key = shifted ? codes[1] : codes[0];
    EXPECT_EQ(ascii_of_key(key, {.shift = shifted}), c) << static_cast<char>(c);
    EXPECT_EQ(codes.back(), (codes.front() | 0x80)) << "the first key pressed is released last";
  }
}

TEST(KeyboardLayout, TypesControlCharacters) {
  EXPECT_EQ(scan_codes_for(3), (std::vector<std::uint8_t>{0x1d, 0x2e, 0xae, 0x9d}));
  EXPECT_EQ(ascii_of_key(0x2e, {.control = true}), 3);
  EXPECT_EQ(scan_codes_for('\n'), (std::vector<std::uint8_t>{0x1c, 0x9c}));
}

TEST(KeyboardLayout, LetsCapsLockChangeLettersOnly) {
  EXPECT_EQ(ascii_of_key(0x1e, {.caps_lock = true}), 'A');
  EXPECT_EQ(ascii_of_key(0x1e, {.shift = true, .caps_lock = true}), 'a');
  EXPECT_EQ(ascii_of_key(0x02, {.caps_lock = true}), '1');
}

TEST(KeyboardLayout, TypesNothingByKeysWithoutACharacter) {
  for (const int key : {0x00, 0x1d, 0x2a, 0x36, 0x38, 0x3a, 0x3b, 0x7f}) {
    EXPECT_FALSE(ascii_of_key(static_cast<std::uint8_t>(key), {}).has_value()) << key;
  }
  EXPECT_TRUE(scan_codes_for('\xe4').empty());
  EXPECT_TRUE(scan_codes_for('\0').empty());
}

}  // namespace
}  // namespace gv
