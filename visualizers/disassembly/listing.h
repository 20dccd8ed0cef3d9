// SPDX-License-Identifier: MIT
//
// listing.h - the rows of the disassembly: symbols and instructions.
//
// Pure: no ImGui. Everything is from the snapshot; the only addition is which
// lines carry a breakpoint, are next, or belong to the selected event.

#pragma once

#include "gv/snapshot.h"
#include "visualizers/panel.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

struct ListingRow {
  bool is_symbol = false;
  std::string symbol;  // of a symbol row
  Gva address;
  std::string bytes;  // "0f 22 d8"
  std::string operation, operands;
  SensitiveKind kind = SensitiveKind::Innocuous;
  bool next = false;  // will execute next
  bool breakpoint = false, breakpoint_enabled = false;
  bool selected = false;  // of the selected event
};

struct Listing {
  std::vector<ListingRow> rows;
  std::optional<std::size_t> next_row;
};

Listing make_listing(const Snapshot& snapshot, const BreakpointList& breakpoints,
                     std::optional<Gva> selected);

// One sentence on why the mark is there; empty for innocuous instructions.
std::string_view explanation_of(SensitiveKind kind);

}  // namespace gv
