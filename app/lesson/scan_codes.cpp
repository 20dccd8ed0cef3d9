// SPDX-License-Identifier: MIT

#include "lesson/scan_codes.h"

#include <cctype>

namespace gv {
namespace {

constexpr std::uint8_t kLeftShift = 0x2a, kBreak = 0x80;

// Rows of a US keyboard and the scan code of each row's first key.
struct Row {
  std::uint8_t first;
  std::string_view keys;
};
constexpr Row kRows[] = {{0x02, "1234567890-="},
                         {0x10, "qwertyuiop[]\n"},
                         {0x1e, "asdfghjkl;'`"},
                         {0x2b, "\\zxcvbnm,./"},
                         {0x39, " "},
                         {0x0e, "\b\t"}};

std::uint8_t code_of(char key) {
  for (const Row& row : kRows) {
    const std::size_t at = row.keys.find(key);
    if (at != std::string_view::npos)
      return static_cast<std::uint8_t>(row.first + at);
  }
  return 0;
}

}  // namespace

std::vector<std::uint8_t> scan_codes_of(std::string_view text) {
  std::vector<std::uint8_t> codes;
  for (const char c : text) {
    const bool capital = std::isupper(static_cast<unsigned char>(c)) != 0;
    const std::uint8_t code =
        code_of(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    if (code == 0)
      return {};
    if (capital)
      codes.push_back(kLeftShift);
    codes.push_back(code);
    codes.push_back(code | kBreak);
    if (capital)
      codes.push_back(kLeftShift | kBreak);
  }
  return codes;
}

}  // namespace gv
