// SPDX-License-Identifier: MIT

#include "devices/keyboard_layout.h"

#include <cctype>
#include <cstddef>
#include <string_view>

namespace gv {
namespace {

// By make code from 0; a blank in `kPlain` before 0x39 is a key that types nothing.
constexpr std::string_view kPlain(
    "\0\x1b"
    "1234567890-=\b\tqwertyuiop[]\r\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ",
    0x3a);
constexpr std::string_view kShifted(
    "\0\x1b"
    "!@#$%^&*()_+\b\tQWERTYUIOP{}\r\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ",
    0x3a);

constexpr std::uint8_t kLeftShift = 0x2a, kLeftControl = 0x1d, kBreak = 0x80;

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

}  // namespace

std::optional<std::uint8_t> ascii_of_key(std::uint8_t make_code, KeyModifiers modifiers) {
  if (make_code >= kPlain.size() || kPlain[make_code] == '\0')
    return std::nullopt;
  const char plain = kPlain[make_code];
  if (modifiers.control) {
    if (is_letter(plain))
      return static_cast<std::uint8_t>(plain & 0x1f);
    if (plain == '[' || plain == '\\' || plain == ']')
      return static_cast<std::uint8_t>(plain & 0x1f);
    if (plain == '\r')
      return std::uint8_t{'\n'};
    return static_cast<std::uint8_t>(plain);
  }
  const bool shifted = is_letter(plain) ? modifiers.shift != modifiers.caps_lock : modifiers.shift;
  return static_cast<std::uint8_t>(shifted ? kShifted[make_code] : plain);
}

std::vector<std::uint8_t> scan_codes_for(char character) {
  if (character == '\n')
    character = '\r';  // the Enter key
  const auto press = [](std::uint8_t key) {
    return std::vector<std::uint8_t>{key, static_cast<std::uint8_t>(key | kBreak)};
  };
  const auto press_with = [](std::uint8_t modifier, std::uint8_t key) {
    return std::vector<std::uint8_t>{modifier, key, static_cast<std::uint8_t>(key | kBreak),
                                     static_cast<std::uint8_t>(modifier | kBreak)};
  };
  if (character == '\0')
    return {};
  if (const auto at = kPlain.find(character); at != kPlain.npos) {
    return press(static_cast<std::uint8_t>(at));
  }
  if (const auto at = kShifted.find(character); at != kShifted.npos) {
    return press_with(kLeftShift, static_cast<std::uint8_t>(at));
  }
  if (character >= 1 && character <= 26) {
    const char letter = static_cast<char>('a' + character - 1);
    return press_with(kLeftControl, static_cast<std::uint8_t>(kPlain.find(letter)));
  }
  return {};
}

}  // namespace gv
