// SPDX-License-Identifier: MIT
//
// registers.h - the register file of one virtual CPU, as the guest owns it.
//
// Under trap-and-emulate this is the *virtual* CPU: cr3 is the guest's, cs has
// the privilege the guest believes in, eflags.IF is the virtual flag. What the
// physical CPU holds at the same moment is PhysicalRegisters; the difference
// between the two is what a hypervisor does all day.
//
// A plain value. 32-bit guests use the low halves. Order: SDM vol. 1,
// "Basic Program Execution Registers".

#pragma once

#include <array>
#include <cstdint>

namespace gv {

enum class Gpr : std::uint8_t {
  Ax,
  Cx,
  Dx,
  Bx,
  Sp,
  Bp,
  Si,
  Di,
  R8,
  R9,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15
};
inline constexpr int kGprCount = 16;

enum class SegmentName : std::uint8_t { Es, Cs, Ss, Ds, Fs, Gs };
inline constexpr int kSegmentCount = 6;

// A segment register with its hidden part.
struct Segment {
  std::uint16_t selector = 0;
  std::uint64_t base = 0;
  std::uint32_t limit = 0;
  std::uint16_t attributes = 0;  // type, S, DPL, P, AVL, L, D/B, G as in descriptor bytes 5 and 6
  bool operator==(const Segment&) const = default;
};

struct DescriptorTableRegister {
  std::uint64_t base = 0;
  std::uint16_t limit = 0;
  bool operator==(const DescriptorTableRegister&) const = default;
};

struct RegisterFile {
  std::array<std::uint64_t, kGprCount> gpr{};
  std::uint64_t rip = 0;
  std::uint64_t rflags = 2;
  std::array<Segment, kSegmentCount> segment{};
  std::uint64_t cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0;
  DescriptorTableRegister gdtr{}, idtr{};
  Segment tr{}, ldtr{};

  std::uint64_t& operator[](Gpr r) { return gpr[static_cast<std::size_t>(r)]; }
  std::uint64_t operator[](Gpr r) const { return gpr[static_cast<std::size_t>(r)]; }
  Segment& operator[](SegmentName s) { return segment[static_cast<std::size_t>(s)]; }
  const Segment& operator[](SegmentName s) const { return segment[static_cast<std::size_t>(s)]; }
  // The privilege level the guest believes it runs at: 0 to 3.
  int cpl() const { return (*this)[SegmentName::Ss].selector & 3; }
  bool operator==(const RegisterFile&) const = default;
};

// What the physical CPU holds while the guest of `RegisterFile` runs.
struct PhysicalRegisters {
  int cpl = 0;               // ring the guest's code really runs in
  std::uint64_t cr3 = 0;     // machine address of the tables the MMU walks
  std::uint64_t rflags = 2;  // real EFLAGS, with the real IF
  std::uint16_t cs = 0, ss = 0;
  DescriptorTableRegister gdtr{};
  bool operator==(const PhysicalRegisters&) const = default;
};

}  // namespace gv
