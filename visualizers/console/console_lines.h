// SPDX-License-Identifier: MIT
//
// console_lines.h - the guest's console bytes as lines of text.
//
// Follows the run in both directions: going back in time cuts the text, going
// forward appends. A terminal for reading, not an emulator: carriage return,
// newline, backspace and tab are obeyed, escape sequences dropped, and any
// other byte that is not printable shows as a middle dot.
//
// Pure: no ImGui.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

class ConsoleLines {
 public:
  // `text` is the console from its first byte to the present.
  void show(std::string_view text);
  const std::vector<std::string>& lines() const { return lines_; }
  std::uint64_t bytes() const { return seen_.size(); }

 private:
  void feed(char c);

  std::string seen_;
  std::vector<std::string> lines_{std::string()};
  std::size_t column_ = 0;  // in characters of the last line
  enum class Escape : std::uint8_t { None, Started, Sequence } escape_ = Escape::None;
};

}  // namespace gv
