// SPDX-License-Identifier: MIT
//
// decimal.cpp - arithmetic on decimal digits: DAA, DAS, AAA, AAS, AAM, AAD.
//
// Source: SDM vol. 2A and 2B, the instructions' own pages.

#include "engine/interpreter/handlers.h"
#include "x86/exceptions.h"

namespace gv::interpreter {

namespace {
constexpr std::uint8_t kAl = 0, kAh = 1;
}

bool decimal_adjust(Cpu& cpu, const Operation& op) {
  const bool subtracts = op.extra == 1;
  const std::uint8_t old = cpu.reg<std::uint8_t>(kAl);
  const bool old_carry = cpu.flags.cf();
  std::uint8_t al = old;
  bool carry = false;
  const bool low = (old & 15) > 9 || cpu.flags.af();
  if (low) {
    al = static_cast<std::uint8_t>(subtracts ? al - 6 : al + 6);
    carry = old_carry || (subtracts ? old < 6 : old > 0xff - 6);
  }
  if (old > 0x99 || old_carry) {
    al = static_cast<std::uint8_t>(subtracts ? al - 0x60 : al + 0x60);
    carry = true;
  }
  cpu.set_reg<std::uint8_t>(kAl, al);
  const bool overflow = cpu.flags.of();  // undefined
  cpu.flags.set_result<std::uint8_t>(al, carry, overflow);
  cpu.flags.set_af(low);
  return true;
}

bool ascii_adjust(Cpu& cpu, const Operation& op) {
  const bool subtracts = op.extra == 1;
  auto ax = cpu.reg<std::uint16_t>(0);
  const bool adjust = (ax & 15) > 9 || cpu.flags.af();
  if (adjust) {
    ax = static_cast<std::uint16_t>(subtracts ? ax - 0x106 : ax + 0x106);
  }
  ax &= 0xff0f;
  cpu.set_reg<std::uint16_t>(0, ax);
  cpu.flags.set_cf(adjust);  // SF, ZF, PF and OF are undefined
  cpu.flags.set_af(adjust);
  return true;
}

bool ascii_adjust_multiply(Cpu& cpu, const Operation& op) {
  const auto base = static_cast<std::uint8_t>(op.immediate);
  if (base == 0) {
    return cpu.fault(x86::kDivideError);
  }
  const std::uint8_t al = cpu.reg<std::uint8_t>(kAl);
  cpu.set_reg<std::uint8_t>(kAh, static_cast<std::uint8_t>(al / base));
  cpu.set_reg<std::uint8_t>(kAl, static_cast<std::uint8_t>(al % base));
  cpu.flags.set_logic<std::uint8_t>(static_cast<std::uint8_t>(al % base));
  return true;
}

bool ascii_adjust_divide(Cpu& cpu, const Operation& op) {
  const std::uint8_t al = cpu.reg<std::uint8_t>(kAl);
  const std::uint8_t ah = cpu.reg<std::uint8_t>(kAh);
  const auto result = static_cast<std::uint8_t>(al + ah * static_cast<std::uint8_t>(op.immediate));
  cpu.set_reg<std::uint16_t>(0, result);
  cpu.flags.set_logic<std::uint8_t>(result);
  return true;
}

}  // namespace gv::interpreter
