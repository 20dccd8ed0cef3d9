// SPDX-License-Identifier: MIT
//
// symbol_table.h - the guest's own names for its addresses.
//
// From the image's ELF symbol table. User programs with tables of their own
// are not known here. Immutable; any thread.

#pragma once

#include "gv/session.h"

#include <string>
#include <vector>

namespace gv {

class SymbolTable {
 public:
  SymbolTable() = default;
  // `symbols` by address.
  explicit SymbolTable(std::vector<Symbol> symbols) : symbols_(std::move(symbols)) {}

  const std::vector<Symbol>& all() const { return symbols_; }
  // "timer_interrupt+0x1c"; empty when no symbol covers the address.
  std::string name(Gva address) const;

 private:
  std::vector<Symbol> symbols_;
};

}  // namespace gv
