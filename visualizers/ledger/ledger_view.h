// SPDX-License-Identifier: MIT
//
// ledger_view.h - a ledger as sorted rows with shares.
//
// Pure: no ImGui. Shares are of all virtual cycles of the run.

#pragma once

#include "gv/ledger.h"

#include <string>
#include <vector>

namespace gv {

struct LedgerLine {
  std::string name;
  std::string explanation;
  std::uint64_t count = 0, cycles = 0;
  double share = 0;                                 // of the run's cycles
  std::uint64_t other_count = 0, other_cycles = 0;  // of the compared ledger
  bool detail = false;                              // a part of the row above
};

struct LedgerView {
  std::uint64_t retired = 0, direct = 0, exits = 0, exit_cycles = 0, idle = 0, total = 0;
  std::uint64_t guest_cycles = 0;       // instructions on the CPU, those of translations included
  std::uint64_t hypervisor_cycles = 0;  // exits, and instructions that it executed itself
  double direct_share = 1;           // of retired instructions
  std::vector<LedgerLine> causes;    // by cycles, most first; only causes that occur
  std::vector<LedgerLine> counters;  // shadow misses and the like; only those above zero
};

LedgerView make_ledger_view(const Ledger& ledger, const Ledger* other = nullptr);

}  // namespace gv
