// SPDX-License-Identifier: MIT
//
// overloaded.h - one visitor of a variant, written as a lambda per alternative.
//
// An alternative without a lambda is a compile error: that is why exits and
// events are looked at this way.

#pragma once

namespace gv {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
// Clang 14 does not deduce this by itself.
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace gv
