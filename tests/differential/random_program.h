// SPDX-License-Identifier: MIT
//
// random_program.h - short programs that are likely to do something, from a seed.
//
// Knows x86 well enough that most instructions run and some fault: addresses
// mostly lie in the data that the harness prepares, divisors are mostly not
// zero, jumps go forward. What an instruction leaves undefined in the flags is
// made defined by masking it off right behind, so that no later instruction can
// depend on it and every flag can be compared.
//
// Pure: the same seed gives the same bytes. Undefined flags: SDM vol. 1,
// appendix "EFLAGS Cross-Reference", and the instructions' own pages.

#pragma once

#include "gv/registers.h"

#include <cstdint>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace gv {

// Where everything is in the machine's first and only megabyte.
namespace arena {
inline constexpr std::uint32_t kMemory = 1u << 20;
inline constexpr std::uint32_t kGdt = 0x1000;
inline constexpr std::uint32_t kIdt = 0x1800;
inline constexpr std::uint32_t kDirectory = 0x2000;
inline constexpr std::uint32_t kTable = 0x3000;
inline constexpr std::uint32_t kIret = 0x4000;      // one IRET, and the frame for it behind
inline constexpr std::uint32_t kVectors = 0x4800;   // real mode's interrupt table
inline constexpr std::uint32_t kHandlers = 0x5000;  // a HLT for each vector, 16 bytes apart
// The same pages by the four tables of long mode, there also from kUpperHalf on.
inline constexpr std::uint32_t kPml4 = 0x8000, kPointers = 0x9000, kDirectory64 = 0xa000;
inline constexpr std::uint32_t kTable64 = 0xb000;
inline constexpr std::uint32_t kIdt64 = 0xc000;  // gates to the same handlers
inline constexpr std::uint64_t kUpperHalf = 0xffff'8000'0000'0000;
inline constexpr std::uint32_t kCode = 0x10000;
inline constexpr std::uint32_t kCodeEnd = 0x30000;
inline constexpr std::uint32_t kSlot = 0x200;  // bytes for one program
inline constexpr std::uint32_t kData = 0x40000;
inline constexpr std::uint32_t kDataEnd = 0x80000;
inline constexpr std::uint32_t kStack = 0x80000;
inline constexpr std::uint32_t kStackEnd = 0x90000;
// Of the data pages, one in eight each.
inline constexpr std::uint32_t kAbsentPage = 3, kReadOnlyPage = 5, kSupervisorPage = 6;
}  // namespace arena

enum class ProgramMode : std::uint8_t {
  Ring0Flat,
  Ring0Paged,
  Ring3Paged,
  Real,
  Ring0Long,
  Ring3Long
};
constexpr bool is_long(ProgramMode mode) { return mode >= ProgramMode::Ring0Long; }

namespace arena {
// With the two code segments of long mode.
inline constexpr DescriptorTableRegister kGdtr{kGdt, 8 * 18 - 1};
inline DescriptorTableRegister idtr(ProgramMode mode) {
  return mode == ProgramMode::Real ? DescriptorTableRegister{kVectors, 0x3ff}
         : is_long(mode)           ? DescriptorTableRegister{kIdt64, 0xfff}
                                   : DescriptorTableRegister{kIdt, 0x7ff};
}
}  // namespace arena

inline constexpr std::uint8_t kEndVector = 0x77;  // INT 77h ends every program

struct RandomProgram {
  ProgramMode mode = ProgramMode::Ring0Flat;
  std::uint64_t address = 0;  // linear
  std::vector<std::uint8_t> bytes;
  std::uint64_t gpr[16] = {};
  std::uint32_t eflags = 2;
  std::uint32_t physical() const { return static_cast<std::uint32_t>(address % arena::kMemory); }
  // Of a linear address that long mode's tables map; empty elsewhere.
  static std::optional<std::uint32_t> physical_of(std::uint64_t linear) {
    const std::uint64_t half = linear >= arena::kUpperHalf ? arena::kUpperHalf : 0;
    return linear - half < arena::kMemory ? std::optional(static_cast<std::uint32_t>(linear - half))
                                          : std::nullopt;
  }
  // Offset of the instruction behind one that leaves flags undefined, and which.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> undefined_at;
  // Offsets of instructions that read memory and write it back.
  std::vector<std::uint32_t> modifies_at;
  // RCL, RCR and SETcc: see known_defects_test.cpp.
  std::vector<std::uint32_t> uses_flags_then_writes_at;
};

// `position` chooses the place in the code area.
RandomProgram make_random_program(ProgramMode mode, std::uint64_t seed, std::uint32_t position);

}  // namespace gv
