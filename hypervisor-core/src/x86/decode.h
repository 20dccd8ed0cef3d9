// SPDX-License-Identifier: MIT
//
// decode.h - what one instruction is and which operands it names.
//
// Covers in detail what a hypervisor has to emulate or recognise; every other
// instruction decodes to Mnemonic::Other with its length. It executes nothing.
// Zydis is seen by decode.cpp and disassemble.cpp alone.
//
// Threads: pure functions. Source: SDM vol. 2, "Instruction Set Reference".

#pragma once

#include "gv/address.h"
#include "gv/instruction.h"
#include "gv/registers.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gv::x86 {

inline constexpr std::size_t kLongestInstruction = 15;

// Default operand and address size of the code segment.
enum class CodeSize : std::uint8_t { Bits16, Bits32, Bits64 };
// From CS: the L and D/B attributes. L counts only while EFER.LMA is set.
CodeSize code_size_of(const Segment& cs, bool long_mode_active = false);

struct MemoryOperand {
  SegmentName segment = SegmentName::Ds;  // after overrides
  std::optional<Gpr> base;
  std::optional<Gpr> index;
  std::uint8_t scale = 1;
  std::int64_t displacement = 0;
  std::uint8_t address_size = 32;  // bits
  std::uint8_t rip_relative = 0;   // length of the instruction, when RIP is the base
};

// ptr16:16 or ptr16:32, as an immediate of a far JMP or CALL.
struct FarPointer {
  std::uint16_t selector = 0;
  std::uint32_t offset = 0;
};

struct Instruction {
  bool valid = false;             // false: these bytes raise #UD, or more bytes are needed
  bool needs_more_bytes = false;  // the buffer ended inside the instruction
  std::uint8_t length = 0;
  Mnemonic mnemonic = Mnemonic::Other;
  std::uint8_t operand_size = 32;  // bits: 16, 32 or 64; of IN, OUT, INS, OUTS also 8
  std::uint8_t address_size = 32;  // bits
  bool repeated = false;           // REP, REPE or REPNE in front
  bool ends_block = false;         // control may not go on to the next byte

  // The other operand, where there is one: exactly one of `gpr` and `memory`.
  std::optional<Gpr> gpr;
  std::optional<MemoryOperand> memory;
  std::optional<Gpr> destination;  // of LAR and LSL

  std::uint8_t system_register = 0;       // n of CRn or DRn
  std::optional<SegmentName> segment;     // of PUSH, POP, MOV, LDS, LES, LSS, LFS, LGS
  bool loads_far_pointer = false;         // LDS and friends: `gpr` gets the offset in `memory`
  std::optional<std::uint16_t> port;      // IN, OUT: the immediate; empty: DX
  std::uint8_t vector = 0;                // INT n, INT3, INTO, INT1
  bool conditional_interrupt = false;     // INTO
  std::uint16_t stack_adjustment = 0;     // RETF imm16
  std::optional<FarPointer> far_pointer;  // far JMP or CALL; otherwise `memory` holds the pointer
};

// Decodes the instruction at `bytes`; looks at no more than 15.
Instruction decode(const std::uint8_t* bytes, std::size_t available, CodeSize code_size);

// The linear address of a memory operand: segment base + offset, each cut to its size.
Gva effective_address(const MemoryOperand& operand, const RegisterFile& registers,
                      CodeSize code_size);
// The offset alone, without the segment base.
std::uint64_t effective_offset(const MemoryOperand& operand, const RegisterFile& registers);

// What a run of straight-line code contains, found without operands.
struct BlockScan {
  std::uint32_t instructions = 0;
  bool complete = false;  // every byte belonged to a valid, whole instruction
  bool port_io = false;   // IN, OUT, INS, OUTS
  bool control = false;   // MOV CR, LGDT, INVLPG, WRMSR, far transfer, IRET, segment load …
  bool debug_registers = false;  // MOV DR
  bool sensitive = false;        // anything sensitive, privileged or not
  bool repeated = false;         // a REP string instruction
  bool rdtsc = false;
  std::vector<std::uint16_t> offsets;  // of each instruction's first byte
};

BlockScan scan_block(const std::uint8_t* bytes, std::size_t size, CodeSize code_size);

}  // namespace gv::x86
