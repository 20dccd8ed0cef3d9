// SPDX-License-Identifier: MIT
//
// fast_system_call.cpp - SYSENTER, SYSEXIT, SYSCALL, SYSRET.
//
// Segments are not read from the tables: selectors come from MSRs and the
// hidden parts are flat by definition. SYSCALL and SYSRET exist in 64-bit mode only, as
// on Intel's CPUs.
//
// Source: SDM vol. 2B, the instructions' own pages.

#include "engine/interpreter/handlers.h"
#include "x86/descriptor.h"

namespace gv::interpreter {

using namespace x86;

namespace {

enum class Width : std::uint8_t { Bits32, Bits64 };

Segment flat(std::uint16_t selector, int ring, std::uint16_t type, std::uint16_t size) {
  return {.selector = with_rpl(selector, ring),
          .base = 0,
          .limit = 0xffffffff,
          .attributes = static_cast<std::uint16_t>(attribute::P | attribute::S | attribute::G |
                                                   (ring << attribute::kDplShift) | type | size)};
}

void enter_ring(Cpu& cpu, int ring, std::uint16_t cs, std::uint16_t ss, Width width) {
  constexpr std::uint16_t kCodeType = 0xb, kDataType = 0x3;
  cpu.segment(SegmentName::Cs).value =
      flat(cs, ring, kCodeType, width == Width::Bits64 ? attribute::L : attribute::DB);
  cpu.segment(SegmentName::Ss).value = flat(ss, ring, kDataType, attribute::DB);
  cpu.set_cpl(ring);
  cpu.mode_changed();
}

constexpr std::uint16_t plus(std::uint64_t selector, int offset) {
  return static_cast<std::uint16_t>((selector & 0xfffc) + static_cast<unsigned>(offset));
}

}  // namespace

bool system_enter(Cpu& cpu, const Operation&) {
  if (!cpu.protected_mode() || (cpu.msrs.sysenter_cs & 0xfffc) == 0) {
    return cpu.general_protection();
  }
  cpu.flags.set_rest(eflags::VM | eflags::IF | eflags::RF, false);
  const std::uint64_t cs = cpu.msrs.sysenter_cs;
  const bool wide = cpu.long_mode();
  enter_ring(cpu, 0, plus(cs, 0), plus(cs, 8), wide ? Width::Bits64 : Width::Bits32);
  cpu.gpr(Gpr::Sp) = wide ? cpu.msrs.sysenter_esp : cpu.msrs.sysenter_esp & 0xffffffff;
  cpu.rip() = wide ? cpu.msrs.sysenter_eip : cpu.msrs.sysenter_eip & 0xffffffff;
  return true;
}

bool system_exit(Cpu& cpu, const Operation& op) {
  const std::uint64_t cs = cpu.msrs.sysenter_cs;
  if (!cpu.protected_mode() || cpu.cpl() != 0 || (cs & 0xfffc) == 0) {
    return cpu.general_protection();
  }
  const bool wide = op.operand_bytes == 8;
  const std::uint64_t mask = wide ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  const std::uint64_t rip = cpu.gpr(Gpr::Dx) & mask;
  const std::uint64_t rsp = cpu.gpr(Gpr::Cx) & mask;
  if (!cpu.canonical(rip) || !cpu.canonical(rsp)) {
    return cpu.general_protection();
  }
  enter_ring(cpu, 3, plus(cs, wide ? 32 : 16), plus(cs, wide ? 40 : 24),
             wide ? Width::Bits64 : Width::Bits32);
  cpu.gpr(Gpr::Sp) = rsp;
  cpu.rip() = rip;
  return true;
}

bool system_call(Cpu& cpu, const Operation&) {
  if ((cpu.msrs.efer & efer::SCE) == 0) {
    return cpu.invalid_opcode();
  }
  if (cpu.system_calls_exit) {
    return cpu.done_with(SystemCallExecuted{});
  }
  cpu.gpr(Gpr::Cx) = cpu.rip();
  cpu.gpr(Gpr::R11) = cpu.flags.word() & ~std::uint64_t{eflags::RF};
  cpu.flags.set_word(cpu.flags.word() & ~(cpu.msrs.fmask | eflags::RF));
  const std::uint64_t cs = cpu.msrs.star >> 32;
  enter_ring(cpu, 0, plus(cs, 0), plus(cs, 8), Width::Bits64);
  cpu.rip() = cpu.msrs.lstar;
  cpu.if_may_have_changed = true;
  return true;
}

bool system_return(Cpu& cpu, const Operation& op) {
  if ((cpu.msrs.efer & efer::SCE) == 0) {
    return cpu.invalid_opcode();
  }
  const bool wide = op.operand_bytes == 8;
  const std::uint64_t rip = wide ? cpu.gpr(Gpr::Cx) : cpu.gpr(Gpr::Cx) & 0xffffffff;
  if (cpu.cpl() != 0 || !cpu.canonical(rip)) {
    return cpu.general_protection();
  }
  constexpr std::uint64_t kLoaded = 0x3c7fd7;
  cpu.flags.set_word((cpu.gpr(Gpr::R11) & kLoaded) | eflags::kAlwaysOne);
  const std::uint64_t cs = cpu.msrs.star >> 48;
  enter_ring(cpu, 3, plus(cs, wide ? 16 : 0), plus(cs, 8), wide ? Width::Bits64 : Width::Bits32);
  cpu.rip() = rip;
  cpu.if_may_have_changed = true;
  return true;
}

}  // namespace gv::interpreter
