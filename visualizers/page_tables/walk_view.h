// SPDX-License-Identifier: MIT
//
// walk_view.h - page walks as steps to draw, and pages as strips.
//
// The walker's record is decoded, never repeated: what is drawn is how the walk
// went: two levels of 32-bit paging, three of PAE, four of long mode. Entry bits: SDM vol. 3A,
// "32-Bit Paging", "4-Level Paging".
//
// Pure: no ImGui.

#pragma once

#include "gv/snapshot.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

struct EntryBit {
  std::string_view name;  // "P", "R/W", …
  std::string_view meaning;
  bool set = false;
};

struct WalkRung {
  std::string level;     // "PD"
  std::string index;     // "[0x101]"
  std::string location;  // physical address of the entry
  std::string entry;     // its eight digits, or sixteen
  std::vector<EntryBit> bits;
  bool stops = false;  // the walk ends in failure here
};

struct WalkColumn {
  std::string title;  // "Guest's tables"
  std::string space;  // "GVA to GPA"
  std::vector<WalkRung> rungs;
  std::string result;  // "GPA 00105123" or why not
  bool mapped = false;
  bool present = false;  // a walk was recorded at all
};

// A piece of the linear address.
struct AddressSlice {
  std::string name;   // "PD index", "offset"
  std::string value;  // "0x10a"
  int bits = 0;
  bool is_offset = false;
};

struct WalkView {
  std::string address;
  std::vector<AddressSlice> slices;  // from the top bit down; empty when nothing is walked
  WalkColumn guest, shadow;
  std::string machine;  // "MPA 00905123": through the p2m, when known
  // What this address would cause now: the fault legend's line.
  std::string verdict;
};

// One walk as a ladder; `prefix` names the space of what it gives: "GPA".
WalkColumn make_walk_column(const std::optional<PageWalk>& walk, std::string title,
                            std::string space, std::string_view prefix);
WalkView make_walk_view(const Snapshot& snapshot, Gva address);

// One stretch of linear addresses with the same answer.
struct Strip {
  std::uint64_t begin = 0, end = 0;  // bytes; [begin, end)
  std::uint32_t pages = 0, dirty = 0, accessed = 0;
  bool user = false, writable = false;
};
// Adjacent pages of equal rights are one strip.
std::vector<Strip> make_strips(const std::vector<MappedPage>& pages);

// "1f4", "0x1f4", "0010:1f4" with the part after the colon. Empty when it is no hexadecimal number.
std::optional<Gva> parse_address(std::string_view text);

}  // namespace gv
