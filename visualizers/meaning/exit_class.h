// SPDX-License-Identifier: MIT
//
// exit_class.h - the four families that exits are drawn as.
//
// Fourteen reasons are too many shapes to learn. What a student must tell apart
// is: did something outside interrupt, did the instruction trap, did the guest
// call its kernel, or did the hypervisor do hidden work that no guest sees?
// Each family has one glyph and one ink, everywhere.
//
// Pure: no ImGui.

#pragma once

#include "gv/event.h"
#include "visualizers/style.h"

#include <array>
#include <string>
#include <string_view>

namespace gv {

enum class ExitClass : std::uint8_t { Trap, SystemCall, Interrupt, Hidden };
inline constexpr int kExitClassCount = 4;

std::string_view title_of(ExitClass exit_class);
std::string_view explanation_of(ExitClass exit_class);
Ink ink_of(ExitClass exit_class);

// `handling` settles page faults: only a filled shadow was hidden.
ExitClass class_of(ExitReason reason, Handling handling);
// Before the answer is known.
ExitClass class_of(ExitReason reason);

Ink ink_of(Storey storey);
Ink ink_of(Handling handling);
std::string_view title_of(Storey storey);
// "emulated the instruction", "reflected it to the guest kernel", …
std::string_view phrase_of(Handling handling);
// "emulated", "reflected", "shadow filled", … short enough for a badge.
std::string_view badge_of(Handling handling);

// "out 0x3f8", "mov cr3", "int 0x80", "page fault", from an exit event alone.
std::string instruction_text(const ExitTaken& exit);

}  // namespace gv
