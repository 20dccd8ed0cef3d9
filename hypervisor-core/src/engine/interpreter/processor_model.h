// SPDX-License-Identifier: MIT
//
// processor_model.h - the MSRs and the CPUID of the interpreter's CPU.

#pragma once

#include "engine/interpreter/cpu.h"

#include <cstdint>
#include <optional>

namespace gv::interpreter {

// Empty, or false: no such register, or a value that WRMSR refuses with #GP.
std::optional<std::uint64_t> read_model_specific(const Cpu& cpu, std::uint32_t number);
bool write_model_specific(Cpu& cpu, std::uint32_t number, std::uint64_t value);

CpuidReply identification(std::uint32_t leaf);

}  // namespace gv::interpreter
