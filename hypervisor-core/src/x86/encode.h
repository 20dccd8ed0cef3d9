// SPDX-License-Identifier: MIT
//
// encode.h - emits 32-bit instructions, one after the other, at a known address.
//
// What a binary translator needs and no more. Words of the hypervisor's state
// are named by their linear address and reached through SS. Nothing here changes
// flags unless its name is an arithmetic one.
//
// Zydis' encoder is seen by encode.cpp alone. Control thread only.

#pragma once

#include "x86/decode.h"

#include <cstdint>
#include <vector>

namespace gv::x86 {

// A word at an absolute linear address, through a flat stack segment.
struct StateWord {
  std::uint32_t address = 0;
};

class Encoder {
 public:
  explicit Encoder(std::uint32_t address) : address_(address) {}

  std::uint32_t here() const { return address_ + static_cast<std::uint32_t>(bytes_.size()); }
  std::uint32_t start() const { return address_; }
  const std::vector<std::uint8_t>& bytes() const { return bytes_; }

  void copy(const std::uint8_t* bytes, std::size_t count);

  void load(Gpr to, StateWord from);
  void load16(Gpr to, StateWord from);  // the high half stays
  void store(StateWord to, Gpr from);
  void store(StateWord to, std::uint32_t value);
  void load(Gpr to, const MemoryOperand& from);
  void store(const MemoryOperand& to, Gpr from, int bits);
  void load_stack(Gpr to);     // [esp]
  void store_stack(Gpr from);  // [esp]
  void move(Gpr to, Gpr from);
  void zero_extend_low_half(Gpr to, Gpr from);
  void add_to(Gpr to, Gpr base, std::int32_t displacement);             // lea
  void add_to(Gpr to, Gpr base, Gpr index, std::int32_t displacement);  // lea
  void load_indexed(Gpr to, std::uint32_t table, Gpr index);  // to = table[index], 4 bytes each
  void bit_and(Gpr to, StateWord from);                       // changes flags
  void bit_and(Gpr to, std::uint32_t value);                  // changes flags
  void push(std::uint32_t value);
  void push(StateWord from, int bits);
  void push_flags();
  void pop_flags();
  void nop();
  void interrupt(std::uint8_t vector);
  void jump(Gpr to);
  // rel32 forms; return the address of the displacement, for patching.
  std::uint32_t jump(std::uint32_t target);
  std::uint32_t jump_if(std::uint8_t condition, std::uint32_t target);
  // Short forms forwards: the position to hand to land().
  std::size_t jump_short();
  std::size_t jump_short_if_zero();
  std::size_t jump_short_if_ecx_zero();
  void land(std::size_t jump);

 private:
  struct Request;
  void emit(const Request& request);

  std::uint32_t address_;
  std::vector<std::uint8_t> bytes_;
};

inline constexpr std::size_t kNearJumpBytes = 5;
// Writes a rel32 jump's displacement.
std::int32_t displacement_to(std::uint32_t displacement_address, std::uint32_t target);

}  // namespace gv::x86
