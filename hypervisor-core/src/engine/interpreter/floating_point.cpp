// SPDX-License-Identifier: MIT

#include "engine/interpreter/floating_point.h"

#include <cmath>

namespace gv::interpreter {

namespace {

// What an invalid operation gives: a quiet NaN with its sign set.
long double indefinite() { return -std::numeric_limits<long double>::quiet_NaN(); }

}  // namespace

long double FloatingPoint::st(unsigned i) {
  if (is_empty(i)) {
    status_ = static_cast<std::uint16_t>((status_ | kInvalid | kStackFault) & ~kC1);
    return indefinite();
  }
  return raw(i);
}

void FloatingPoint::push(long double value) {
  rotate(-1);
  if (!is_empty(0)) {
    status_ |= kInvalid | kStackFault | kC1;
    value = indefinite();
  }
  set_st(0, value);
}

long double FloatingPoint::to_integer(long double value) const {
  switch (control >> 10 & 3) {
    case 1:
      return std::floor(value);
    case 2:
      return std::ceil(value);
    case 3:
      return std::trunc(value);
    default:
      return std::nearbyint(value);  // the host rounds to nearest, ties to even
  }
}

}  // namespace gv::interpreter
