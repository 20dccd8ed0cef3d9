// SPDX-License-Identifier: MIT
//
// unicorn_calibration.h - two fields of Unicorn's CPU that have no accessor.
//
// After an exception Unicorn remembers its vector in `old_exception` and never
// forgets it, so that the next exception counts as a double fault and the third
// silently ends the run. And the error code of a fault is not in the API. Both
// live in the opaque context image; this finds where, once per process, by
// provoking known exceptions in scratch engines and looking for the one slot
// that shows them. If there is not exactly one, the engine refuses to start.
//
// Seen with Unicorn 2.1.1 to 2.1.4.

#pragma once

#include "gv/result.h"

#include <cstddef>

namespace gv {

struct UnicornContextLayout {
  std::size_t old_exception = 0;  // int32, -1 when none
  std::size_t error_code = 0;     // uint32
};

// Thread-safe; the first caller measures.
const Result<UnicornContextLayout>& unicorn_context_layout();

}  // namespace gv
