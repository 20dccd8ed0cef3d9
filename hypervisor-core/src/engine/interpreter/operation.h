// SPDX-License-Identifier: MIT
//
// operation.h - one decoded instruction, ready to be executed many times.
//
// Decoding has resolved all that does not change from one execution to the
// next: which function does the work at which width, where in the register
// file its operands are, how the effective address is put together.
//
// A plain value; holds no address of guest memory, since the same bytes may
// run at several linear addresses.

#pragma once

#include "gv/registers.h"

#include <cstdint>

namespace gv::interpreter {

class Cpu;
struct Operation;

// How an instruction left the CPU. True: it has completed, and the next one of
// the block may run. False: Cpu::outcome says why the block ends here.
using Handler = bool (*)(Cpu& cpu, const Operation& op);

// Slots behind the sixteen general registers, so that an address is always
// base + index: one that stays zero, and the instruction pointer.
inline constexpr std::uint8_t kZeroSlot = 16;
inline constexpr std::uint8_t kRipSlot = 17;
inline constexpr int kRegisterSlots = 18;

enum class Repeat : std::uint8_t { None, WhileEqual, WhileNotEqual };

struct Operation {
  Handler handler = nullptr;
  std::uint64_t immediate = 0;  // sign-extended to 64 bits; a branch's displacement
  std::uint64_t address_mask = 0xffffffff;
  std::int64_t displacement = 0;
  // Byte offsets into the register file: AH is 1, CL is 8.
  std::uint8_t destination = 0, source = 0;
  std::uint8_t base = kZeroSlot, index = kZeroSlot, scale_shift = 0;
  SegmentName segment = SegmentName::Ds;
  std::uint8_t length = 0;
  std::uint8_t operand_bytes = 4;
  std::uint8_t extra = 0;  // a condition, a control register's number, an immediate's second part
  Repeat repeat = Repeat::None;
  bool ends_block = false;    // control may not go on to the next byte, or modes may change
  bool stands_alone = false;  // needs an exact count of retired instructions: a block of its own
  bool memory_operand = false;
};

}  // namespace gv::interpreter
