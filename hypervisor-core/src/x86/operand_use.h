// SPDX-License-Identifier: MIT
//
// operand_use.h - what an instruction reads and writes, implicit operands included.
//
// For whoever shows an instruction at work; decode.h has what emulation needs.
//
// Threads: pure functions. Source: SDM vol. 2, "Instruction Set Reference".

#pragma once

#include "gv/instruction_record.h"
#include "x86/decode.h"

#include <optional>
#include <string>
#include <vector>

namespace gv::x86 {

// A general register or a part of one.
struct RegisterPart {
  Gpr which = Gpr::Ax;
  std::uint8_t shift = 0;  // 8 for AH, CH, DH, BH
  std::uint8_t bytes = 4;
};

struct OperandUse {
  OperandKind kind = OperandKind::Register;
  OperandPlace place = OperandPlace::Nowhere;
  std::string text;
  bool read = false, written = false, implicit = false;
  std::uint8_t bytes = 0;
  // Which of these there are depends on the kind; none for registers of other kinds.
  std::optional<RegisterPart> part;
  std::optional<SegmentName> segment;
  std::optional<std::uint8_t> control_register;
  std::optional<MemoryOperand> memory;
  std::optional<std::uint64_t> immediate;
};

struct InstructionUse {
  std::vector<OperandUse> operands;  // without flags and instruction pointer
  FlagUse flags;
};

// Empty for bytes that are no instruction.
InstructionUse use_of(const std::uint8_t* bytes, std::size_t available, Gva address,
                      CodeSize code_size);

}  // namespace gv::x86
