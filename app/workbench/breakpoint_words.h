// SPDX-License-Identifier: MIT
//
// breakpoint_words.h - a breakpoint as people write and read it.
//
// "system_call", "timer_interrupt+0x1c", "0x100010", "page-fault", "cli", "any exit".
// Pure: no ImGui.

#pragma once

#include "gv/command.h"
#include "gv/result.h"
#include "gv/session.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// Error: one sentence that says what may be written.
Result<decltype(Breakpoint::where)> breakpoint_place_from(std::string_view text,
                                                          const std::vector<Symbol>& symbols);
// "system_call (00100c40)", "cli traps", "every exit".
std::string words_of_place(const Breakpoint& breakpoint,
                           const std::function<std::string(Gva)>& symbolize);

}  // namespace gv
