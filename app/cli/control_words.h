// SPDX-License-Identifier: MIT
//
// control_words.h - execution controls as a user writes them: "no-hlt,rdtsc,ports=0x3f8+0xe9".
//
// A name switches a control on, no-NAME off; what is not named stays as it is.
// Any thread.

#pragma once

#include "gv/execution_controls.h"
#include "gv/result.h"

#include <string>

namespace gv {

// Error: one sentence that names the word and lists what there is.
Result<ExecutionControls> controls_from_words(const std::string& words);

}  // namespace gv
