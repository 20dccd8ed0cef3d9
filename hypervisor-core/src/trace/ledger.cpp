// SPDX-License-Identifier: MIT
//
// ledger.cpp - sums over a ledger's rows.

#include "gv/ledger.h"

namespace gv {

std::uint64_t Ledger::total_exits() const {
  std::uint64_t sum = 0;
  for (const LedgerRow& row : exits)
    sum += row.count;
  return sum;
}

std::uint64_t Ledger::exit_cycles() const {
  std::uint64_t sum = 0;
  for (const LedgerRow& row : exits)
    sum += row.cycles;
  return sum;
}

}  // namespace gv
