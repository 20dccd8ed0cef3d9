// SPDX-License-Identifier: MIT
//
// listing.cpp - snapshot lines to rows.

#include "visualizers/disassembly/listing.h"

#include <cstdio>

namespace gv {

Listing make_listing(const Snapshot& snapshot, const BreakpointList& breakpoints,
                     std::optional<Gva> selected) {
  Listing listing;
  for (const DisassembledLine& line : snapshot.disassembly) {
    if (!line.symbol.empty()) {
      ListingRow head;
      head.is_symbol = true;
      head.symbol = line.symbol;
      head.address = line.address;
      listing.rows.push_back(std::move(head));
    }
    ListingRow row;
    row.address = line.address;
    for (int i = 0; i < line.length && i < static_cast<int>(line.bytes.size()); ++i) {
      char text[4];
      std::snprintf(text, sizeof text, i ? " %02x" : "%02x",
                    line.bytes[static_cast<std::size_t>(i)]);
      row.bytes += text;
    }
    const std::size_t gap = line.text.find(' ');
    row.operation = line.text.substr(0, gap);
    if (gap != std::string::npos)
      row.operands = line.text.substr(gap + 1);
    row.kind = line.kind;
    row.next = line.address == snapshot.next_instruction;
    if (const Breakpoint* breakpoint = breakpoints.at(line.address)) {
      row.breakpoint = true;
      row.breakpoint_enabled = breakpoint->enabled;
    }
    row.selected = selected == line.address;
    if (row.next)
      listing.next_row = listing.rows.size();
    listing.rows.push_back(std::move(row));
  }
  return listing;
}

std::string_view explanation_of(SensitiveKind kind) {
  switch (kind) {
    case SensitiveKind::Innocuous:
      return "";
    case SensitiveKind::Privileged:
      return "Privileged: outside ring 0 the CPU refuses it and traps, so a hypervisor sees it.";
    case SensitiveKind::SensitiveUnprivileged:
      return "Sensitive, yet unprivileged: its effect depends on privileged state, but it never "
             "traps. A deprivileged kernel gets a wrong answer in silence.";
  }
  return "";
}

}  // namespace gv
