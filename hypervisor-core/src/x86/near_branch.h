// SPDX-License-Identifier: MIT
//
// near_branch.h - where control goes after an instruction that stays in its segment.
//
// A binary translator rewrites every one of these, because translated code
// stands elsewhere. Far transfers, INT and IRET are decode.h's.
//
// Threads: pure functions. Source: SDM vol. 2, "CALL", "JMP", "Jcc", "LOOP", "RET".

#pragma once

#include "x86/decode.h"

namespace gv::x86 {

struct NearBranch {
  enum class Kind : std::uint8_t {
    None,
    Jump,
    Conditional,  // on flags
    Counted,      // LOOP and friends, JECXZ: on ECX as well
    Call,
    IndirectJump,
    IndirectCall,
    Return,
  };
  Kind kind = Kind::None;
  std::uint8_t operand_size = 32;      // 16: the target is cut to 16 bits
  std::uint8_t condition = 0;          // of Conditional: the low four bits of its opcode
  std::int32_t displacement = 0;       // of direct branches, from the next instruction
  std::uint16_t stack_adjustment = 0;  // of RET imm16
  // Of indirect branches, exactly one.
  std::optional<Gpr> gpr;
  std::optional<MemoryOperand> memory;
};

NearBranch near_branch(const std::uint8_t* bytes, std::size_t available, CodeSize code_size);

// Whether the instruction may write to memory, its own pushes included.
bool writes_memory(const std::uint8_t* bytes, std::size_t available, CodeSize code_size);

}  // namespace gv::x86
