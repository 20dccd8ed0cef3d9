// SPDX-License-Identifier: MIT
//
// config_syntax.h - xl.cfg's syntax: text to keys and values, no meaning yet.
//
// key = value or key += value, ended by a newline or a semicolon. A value is a
// string in either quotes, a number, or a list of values over as many lines as
// it likes. Comments begin with #. It once was Python; what is left of that is
// the look.
//
// Source: xl.cfg(5), "Syntax"; held against Xen's libxlutil in a test.
// Threads: pure functions.

#pragma once

#include "gv/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv::xl {

enum class ValueKind : std::uint8_t { String, Number, List };

struct Value {
  ValueKind kind = ValueKind::String;
  std::string text;  // a string's content, or a number as it was written
  std::vector<Value> items;
  unsigned line = 0;
};

// One key's final value: later settings replace, or add with +=.
struct Setting {
  std::string key;
  Value value;
  unsigned line = 0;           // of the last setting
  unsigned replaced_line = 0;  // of one that it replaced; 0: none
  bool added_to = false;
};

// In the order of their first occurrence. Error: file and line, what, the mend.
Result<std::vector<Setting>> parse_settings(std::string_view text, const std::string& file);

// "file:line: what", as an input error.
Error complaint(const std::string& file, unsigned line, const std::string& what);

}  // namespace gv::xl
