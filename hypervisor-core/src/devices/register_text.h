// SPDX-License-Identifier: MIT
//
// register_text.h - register values as the panels show them.
//
// Datasheets write registers in hexadecimal and flags as names; describe()
// follows them. Not a formatting library.

#pragma once

#include <cstdint>
#include <string>

namespace gv {

// "0x3f": always the full width, so that columns line up.
inline std::string hex_text(std::uint64_t value, int digits) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "0x";
  for (int i = digits - 1; i >= 0; --i)
    text += kDigits[(value >> (4 * i)) & 0xf];
  return text;
}
inline std::string hex8(std::uint8_t value) { return hex_text(value, 2); }
inline std::string hex16(std::uint16_t value) { return hex_text(value, 4); }
inline std::string hex32(std::uint32_t value) { return hex_text(value, 8); }
inline std::string on_off(bool on) { return on ? "on" : "off"; }

// An 8-bit chip on a wider access: its byte, and the undriven lanes float high.
constexpr std::uint32_t byte_lane(std::uint8_t byte) { return 0xffffff00u | byte; }

}  // namespace gv
