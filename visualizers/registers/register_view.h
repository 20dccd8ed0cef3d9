// SPDX-License-Identifier: MIT
//
// register_view.h - registers as rows of text: what changed, what differs.
//
// Two questions are answered here. What changed since the last stop? And where
// does the physical CPU hold something else than the guest believes? The
// second is the whole of trap-and-emulate in five lines.
// In 64-bit code there are sixteen general registers, of sixteen digits each.
//
// Pure: no ImGui.

#pragma once

#include "gv/snapshot.h"

#include <string>
#include <string_view>
#include <vector>

namespace gv {

struct RegisterRow {
  std::string name;
  std::string value;
  std::string before;   // the value at the last stop
  std::string meaning;  // "PG WP PE"
  bool changed = false;
};

struct BelievedRow {
  std::string name;      // "CPL"
  std::string believed;  // what the guest reads
  std::string real;      // what the physical CPU holds
  std::string why;       // one sentence
  bool differs = false;
};

struct FlagCell {
  std::string_view name;  // "IF"
  std::string_view meaning;
  bool set = false, changed = false;
};

struct RegisterView {
  std::vector<RegisterRow> general, control, segments;
  std::vector<FlagCell> flags;
  int iopl = 0;
  std::vector<BelievedRow> believed;
};

RegisterView make_register_view(const Snapshot& snapshot);
std::string cr0_text(std::uint64_t cr0);

}  // namespace gv
