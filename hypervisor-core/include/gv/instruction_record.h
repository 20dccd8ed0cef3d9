// SPDX-License-Identifier: MIT
//
// instruction_record.h - one instruction taken apart: what a microscope shows of it.
//
// Fetch, decode, operands, addresses, walks, flags, write back: what each step
// worked on and what it gave. Made from the run itself by comparing the CPU
// before and after, so that the record cannot tell another story than the run.
//
// Deliberately not kept for every instruction: one that a run stops behind, and
// the one that comes next.
//
// A plain value. Source: SDM vol. 2A, "Instruction Format".

#pragma once

#include "gv/address.h"
#include "gv/exit.h"
#include "gv/page_walk.h"
#include "gv/registers.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gv {

inline constexpr std::size_t kLongestEncoding = 15;

// Which bytes of an instruction are what. An offset of 0 with a size of 0: it has none.
struct InstructionEncoding {
  struct Field {
    std::uint8_t offset = 0, size = 0;
    bool operator==(const Field&) const = default;
  };
  Field prefixes, rex, opcode, modrm, sib, displacement, immediate;
  std::uint8_t length = 0;
  std::uint8_t operand_bytes = 4, address_bytes = 4;
  bool operator==(const InstructionEncoding&) const = default;
};

enum class OperandKind : std::uint8_t {
  Register,
  Memory,
  Address,  // of LEA: computed, and nothing is accessed there
  Immediate,
};

// Which bytes of the instruction name an operand.
enum class OperandPlace : std::uint8_t { Nowhere, Opcode, ModrmReg, ModrmRm, Immediate, Elsewhere };

struct OperandRecord {
  OperandKind kind = OperandKind::Register;
  OperandPlace place = OperandPlace::Nowhere;
  std::string text;  // "eax", "dword ptr [ebx+0x8]", "0x5"
  bool read = false, written = false;
  bool implicit = false;  // the bytes do not name it: the stack of a PUSH
  bool special = false;   // a segment or control register: `changes` has the general ones
  std::optional<std::uint64_t> before, after;  // empty: not a value of up to eight bytes
};

// The place that a memory operand names, and how its address came about.
struct MemoryAccessRecord {
  SegmentName segment = SegmentName::Ds;
  std::uint64_t segment_base = 0;
  std::optional<Gpr> base, index;
  bool rip_relative = false;
  std::uint64_t base_value = 0, index_value = 0;
  std::uint8_t scale = 1;
  std::int64_t displacement = 0;
  std::uint8_t address_bytes = 4;
  std::uint64_t offset = 0;  // base + index * scale + displacement, cut to the address size
  Gva linear;                // segment base + offset
  PageWalk walk;             // before the instruction ran: A and D bits as it found them
  bool accessed = true;      // false: the address is all that is wanted
  std::uint64_t before = 0, after = 0;  // up to eight bytes there
  std::uint8_t bytes = 0;
};

struct RegisterChange {
  Gpr which = Gpr::Ax;
  std::uint64_t before = 0, after = 0;
};

// Bits of EFLAGS that an instruction looks at or gives a new value.
struct FlagUse {
  std::uint32_t tested = 0, written = 0, undefined = 0;
};

struct InstructionRecord {
  Gva address;
  std::uint64_t code_base = 0;  // of CS
  std::uint8_t code_bits = 32;  // 16, 32 or 64
  std::array<std::uint8_t, kLongestEncoding> bytes{};
  std::uint8_t length = 0;  // 0: nothing is mapped there
  PageWalk fetch_walk;
  InstructionEncoding encoding;
  std::string text;  // as a disassembler writes it
  std::vector<OperandRecord> operands;
  std::vector<MemoryAccessRecord> memory;  // of the operands that are memory, in their order
  FlagUse flags;
  std::vector<RegisterChange> changes;
  std::uint64_t flags_before = 0, flags_after = 0;
  std::uint64_t rip_before = 0, rip_after = 0;
  bool completed = false;     // false: it faulted, or has not run
  Exit exit = BudgetSpent{};  // what it left the guest with; BudgetSpent: it did not
};

// Around a stop.
struct ExaminedInstructions {
  // What ran just before; empty at the start, while the guest runs, and where something came in
  // from outside at this very instant.
  std::optional<InstructionRecord> last;
  InstructionRecord next;
};

}  // namespace gv
