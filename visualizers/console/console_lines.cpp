// SPDX-License-Identifier: MIT
//
// console_lines.cpp - bytes to lines.

#include "visualizers/console/console_lines.h"

namespace gv {

void ConsoleLines::show(std::string_view text) {
  // Only what was appended is fed; anything else starts afresh.
  if (!text.starts_with(seen_)) {
    seen_.clear();
    lines_.assign(1, std::string());
    column_ = 0;
    escape_ = Escape::None;
  }
  for (const char c : text.substr(seen_.size()))
    feed(c);
  seen_.assign(text);
}

void ConsoleLines::feed(char c) {
  if (escape_ == Escape::Started) {
    escape_ = c == '[' ? Escape::Sequence : Escape::None;
    return;
  }
  if (escape_ == Escape::Sequence) {
    // CSI sequences end with a byte from @ to ~.
    if (c >= '@' && c <= '~')
      escape_ = Escape::None;
    return;
  }
  std::string& line = lines_.back();
  switch (c) {
    case '\x1b':
      escape_ = Escape::Started;
      return;
    case '\r':
      column_ = 0;
      return;
    case '\n':
      lines_.emplace_back();
      column_ = 0;
      return;
    case '\b':
      if (column_ > 0)
        --column_;
      return;
    case '\t':
      do
        feed(' ');
      while (column_ % 8 != 0);
      return;
    default:
      break;
  }
  // Bytes above ASCII and control characters become one-byte placeholders, so that a column is a
  // byte; the panel shows them as middle dots.
  const auto byte = static_cast<unsigned char>(c);
  const char shown = byte >= 0x20 && byte < 0x7f ? c : '\x01';
  if (column_ < line.size())
    line[column_] = shown;
  else
    line.push_back(shown);
  ++column_;
}

}  // namespace gv
