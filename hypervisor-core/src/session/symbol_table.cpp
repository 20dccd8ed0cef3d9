// SPDX-License-Identifier: MIT

#include "session/symbol_table.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv {

namespace {

// A label without a size covers what follows, but not without end.
constexpr std::uint64_t kReachOfSizeless = 0x1000;

}  // namespace

std::string SymbolTable::name(Gva address) const {
  const auto after =
      std::upper_bound(symbols_.begin(), symbols_.end(), address,
                       [](Gva value, const Symbol& symbol) { return value < symbol.address; });
  if (after == symbols_.begin()) {
    return {};
  }
  const Symbol& symbol = *std::prev(after);
  const std::uint64_t offset = address - symbol.address;
  if (offset >= (symbol.size != 0 ? symbol.size : kReachOfSizeless)) {
    return {};
  }
  return offset == 0 ? symbol.name : fmt::format("{}+{:#x}", symbol.name, offset);
}

}  // namespace gv
