// SPDX-License-Identifier: MIT
//
// address.h - four address spaces as four types.
//
// A hypervisor's commonest bug is to use an address of one space in another.
// Here that does not compile. There is no implicit conversion between spaces:
// whoever translates says so by calling a walker or the p2m.
//
//   Gva  guest virtual (linear) address    what guest instructions use
//   Gpa  guest physical address            what the guest believes is memory
//   Mpa  machine physical address          a byte of the simulated host's RAM
//
// Units: bytes. Gfn and Mfn are the corresponding 4 KiB frame numbers.
// Threads: plain values.

#pragma once

#include <compare>
#include <cstdint>

namespace gv {

inline constexpr std::uint64_t kPageSize = 4096;
inline constexpr std::uint64_t kPageOffsetMask = kPageSize - 1;

template <class Space>
struct Address {
  std::uint64_t value = 0;

  constexpr Address() = default;
  constexpr explicit Address(std::uint64_t v) : value(v) {}
  constexpr auto operator<=>(const Address&) const = default;
  constexpr Address operator+(std::uint64_t bytes) const { return Address(value + bytes); }
  constexpr std::uint64_t operator-(Address other) const { return value - other.value; }
  constexpr std::uint64_t page_offset() const { return value & kPageOffsetMask; }
  constexpr Address page_base() const { return Address(value & ~kPageOffsetMask); }
  constexpr std::uint64_t frame_number() const { return value / kPageSize; }
};

using Gva = Address<struct GuestVirtualSpace>;
using Gpa = Address<struct GuestPhysicalSpace>;
using Mpa = Address<struct MachineSpace>;

template <class Space>
struct Frame {
  std::uint32_t number = 0;

  constexpr Frame() = default;
  constexpr explicit Frame(std::uint32_t n) : number(n) {}
  constexpr auto operator<=>(const Frame&) const = default;
};

using Gfn = Frame<GuestPhysicalSpace>;
using Mfn = Frame<MachineSpace>;

constexpr Gfn frame_of(Gpa a) { return Gfn(static_cast<std::uint32_t>(a.frame_number())); }
constexpr Mfn frame_of(Mpa a) { return Mfn(static_cast<std::uint32_t>(a.frame_number())); }
constexpr Gpa base_of(Gfn f) { return Gpa(std::uint64_t{f.number} * kPageSize); }
constexpr Mpa base_of(Mfn f) { return Mpa(std::uint64_t{f.number} * kPageSize); }

}  // namespace gv
