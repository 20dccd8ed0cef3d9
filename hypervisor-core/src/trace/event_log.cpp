// SPDX-License-Identifier: MIT
//
// event_log.cpp - searching a view. Time and retired instructions only grow along a log.

#include "gv/event_log.h"

namespace gv {
namespace {

template <class Before>
std::uint64_t first_not(const EventView& view, Before before) {
  std::uint64_t low = view.first(), high = view.end();
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (before(view[middle])) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

std::uint64_t EventView::lower_bound_retired(std::uint64_t retired) const {
  return first_not(*this, [&](const Event& e) { return e.retired < retired; });
}

std::uint64_t EventView::lower_bound_cycles(std::uint64_t cycles) const {
  return first_not(*this, [&](const Event& e) { return e.cycles < cycles; });
}

}  // namespace gv
