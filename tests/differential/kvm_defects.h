// SPDX-License-Identifier: MIT
//
// kvm_defects.h - where an emulating KVM is known to differ from the manual.
//
// Each of these is shown in known_defects_test.cpp, which fails when KVM is
// mended. A KVM that runs on the CPU itself has none of the defects.

#pragma once

#include "differential/comparison.h"

#include <array>
#include <string_view>

namespace gv {

// Instructions that KVM's emulator does not execute, by mnemonic; the assist does.
inline constexpr std::array<std::string_view, 13> kRefusedByKvm = {
    "aaa",  "aas", "bound", "daa", "enter", "int",  "int3",
    "into", "lar", "lsl",   "ud2", "verr",  "verw",
};

// INT n of these, in protected mode, is no interrupt.
inline constexpr std::array<std::uint8_t, 4> kTakenVectors = {0x17, 0x19, 0x1a, 0x1b};

// Why the program cannot be compared with KVM; empty when it can.
std::string_view known_to_differ(const RandomProgram& program);
// The same of what it came to; only in long mode, where there are pages.
std::string_view known_to_differ(const RandomProgram& program, const ProgramOutcome& ours,
                                 const ProgramOutcome& on_kvm);
// Whether KVM executes the instruction there for ever: SGDT or SIDT to where no memory is.
bool known_to_hang(const RandomProgram& program, const ProgramOutcome& on_kvm);

}  // namespace gv
