// SPDX-License-Identifier: MIT
//
// emulate.cpp - privileged instructions that a paravirtual guest executes all the same.
//
// A few old habits are served: control registers, some MSRs, CLTS, WBINVD, RDTSC, ports that no
// domain has, and CPUID behind Xen's own prefix. Everything else is the guest's #GP.
//
// Source: SDM vol. 2, under the instruction's name; Xen's public header arch-x86/xen.h,
// XEN_EMULATE_PREFIX.

#include "technique/paravirtual/paravirtual_guest.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

#include <cstring>

namespace gv {

using namespace x86;

namespace {

// What a guest may change of CR4 is kept for it; the CPU's own does not follow.
constexpr std::uint64_t kCr4FsGsBase = 1u << 16, kCr4OsXsave = 1u << 18;
constexpr std::uint64_t kCr4Changeable = cr4::TSD | cr4::DE | kCr4FsGsBase | kCr4OsXsave;
constexpr std::uint32_t kApicBaseMsr = 0x1b, kMiscEnableMsr = 0x1a0;
constexpr std::uint64_t kApicBase = 0xfee00000u | 1u << 11 | 1u << 8;  // enabled, first CPU

bool canonical(std::uint64_t address) {
  return static_cast<std::int64_t>(address << 16) >> 16 == static_cast<std::int64_t>(address);
}

}  // namespace

bool ParavirtualGuest::may_do_io() {
  const int ring = !kernel_mode() ? 3 : cpu_.architectural_iopl ? 0 : 1;
  return cpu_.io_privilege >= ring;
}

void ParavirtualGuest::finish(const Instruction& what, std::uint64_t value) {
  const Gva rip = linear_rip();
  ++context_.emulated;
  context_.engine.set_rip(context_.engine.rip() + what.length);
  if (context_.recorder.enabled()) {
    context_.record(rip, InstructionEmulated{what.mnemonic, value});
  }
}

bool ParavirtualGuest::emulate(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  if (what.mnemonic == Mnemonic::Rdtsc) {
    if (!kernel_mode() && (cpu_.cr4 & cr4::TSD) != 0) {
      return false;
    }
    const std::uint64_t now = context_.now();
    cpu.set_gpr(Gpr::Ax, now & 0xffffffffu);
    cpu.set_gpr(Gpr::Dx, now >> 32);
    finish(what, now);
    return true;
  }
  switch (what.mnemonic) {
    case Mnemonic::In:
    case Mnemonic::Out:
    case Mnemonic::Ins:
    case Mnemonic::Outs:
      return emulate_port(what);
    case Mnemonic::Cli:
    case Mnemonic::Sti:
      // IF is virtual and lies in memory: these change nothing, where they may be executed.
      if (!may_do_io()) {
        return false;
      }
      finish(what, 0);
      return true;
    default:
      break;
  }
  if (!kernel_mode()) {
    return false;
  }
  switch (what.mnemonic) {
    case Mnemonic::MovToCr:
    case Mnemonic::MovFromCr:
    case Mnemonic::Clts:
      return emulate_control(what);
    case Mnemonic::MovToDr:
    case Mnemonic::MovFromDr: {
      // Kept for the guest to read back; no breakpoint is armed.
      std::uint64_t& debug = cpu_.debug[what.system_register & 7];
      if (!what.gpr) {
        return false;
      }
      if (what.mnemonic == Mnemonic::MovToDr) {
        debug = cpu.gpr(*what.gpr);
      } else {
        cpu.set_gpr(*what.gpr, debug);
      }
      finish(what, debug);
      return true;
    }
    case Mnemonic::Wbinvd:
    case Mnemonic::Invd:
      finish(what, 0);
      return true;
    case Mnemonic::Invlpg:
      context_.engine.flush_tlb();
      finish(what, 0);
      return true;
    case Mnemonic::Rdmsr:
    case Mnemonic::Wrmsr:
      return emulate_msr(what);
    default:
      return false;
  }
}

bool ParavirtualGuest::emulate_control(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  if (what.mnemonic == Mnemonic::Clts) {
    set_fpu_trap(false);
    finish(what, cpu_.cr0);
    return true;
  }
  if (!what.gpr) {
    return false;
  }
  if (what.mnemonic == Mnemonic::MovFromCr) {
    std::uint64_t value = 0;
    switch (what.system_register) {
      case 0:
        value = cpu_.cr0;
        break;
      case 2:
        value = cpu_.cr2;
        break;
      case 3:
        value = service_.base_pointer();
        break;
      case 4:
        value = cpu_.cr4;
        break;
      default:
        return false;
    }
    cpu.set_gpr(*what.gpr, value);
    finish(what, value);
    return true;
  }
  const std::uint64_t value = cpu.gpr(*what.gpr);
  switch (what.system_register) {
    case 0:
      if (((value ^ cpu_.cr0) & ~std::uint64_t{cr0::TS}) != 0) {
        return false;  // TS alone is the guest's
      }
      set_fpu_trap((value & cr0::TS) != 0);
      break;
    case 2:
      cpu_.cr2 = value;
      break;
    case 3:
      if (!service_.load_base_pointer(value)) {
        return false;
      }
      break;
    case 4:
      cpu_.cr4 = (cpu_.cr4 & ~kCr4Changeable) | (value & kCr4Changeable);
      break;
    default:
      return false;
  }
  finish(what, value);
  return true;
}

bool ParavirtualGuest::set_fs_base(std::uint64_t base) {
  return canonical(base) && context_.engine.set_msr(Msr::FsBase, base);
}

bool ParavirtualGuest::set_live_gs_base(std::uint64_t base) {
  return canonical(base) && context_.engine.set_msr(Msr::GsBase, base);
}

bool ParavirtualGuest::set_inactive_gs_base(std::uint64_t base) {
  if (!canonical(base)) {
    return false;
  }
  cpu_.inactive_gs = base;
  return true;
}

// A load of GS gives the program's base the descriptor's; the kernel's stays live.
void ParavirtualGuest::load_gs_user_selector(std::uint16_t selector) {
  VcpuEngine& cpu = context_.engine;
  const std::uint64_t kernel_base = cpu.msr(Msr::GsBase).value_or(0);
  cpu.set_selector(SegmentName::Gs, selector);
  std::uint64_t raw = 0;
  if (!selector_is_null(selector)) {
    linear().peek(Gva(pages_.gdtr.base + selector_offset(selector)), &raw, sizeof raw);
  }
  cpu_.inactive_gs = parse_descriptor(raw).base;
  cpu.set_msr(Msr::GsBase, kernel_base);
}

bool ParavirtualGuest::emulate_msr(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  const auto number = static_cast<std::uint32_t>(cpu.gpr(Gpr::Cx));
  const auto which = static_cast<Msr>(number);
  if (what.mnemonic == Mnemonic::Wrmsr) {
    const std::uint64_t value = (cpu.gpr(Gpr::Ax) & 0xffffffffu) | (cpu.gpr(Gpr::Dx) & 0xffffffffu)
                                                                       << 32;
    const bool taken = wide() && ((which == Msr::FsBase && set_fs_base(value)) ||
                                  (which == Msr::GsBase && set_live_gs_base(value)) ||
                                  (which == Msr::KernelGsBase && set_inactive_gs_base(value)));
    if (taken) {
      finish(what, value);
    }
    return taken;
  }
  std::uint64_t value = 0;
  switch (number) {
    case static_cast<std::uint32_t>(Msr::FsBase):
    case static_cast<std::uint32_t>(Msr::GsBase):
      if (!wide()) {
        return false;
      }
      value = cpu.msr(which).value_or(0);
      break;
    case static_cast<std::uint32_t>(Msr::KernelGsBase):
      value = cpu_.inactive_gs;
      break;
    case static_cast<std::uint32_t>(Msr::Efer):
      value = efer::SCE | efer::NXE | (wide() ? efer::LME | efer::LMA : std::uint64_t{0});
      break;
    case static_cast<std::uint32_t>(Msr::Pat):
      value = 0x0007040600070406;
      break;
    case kApicBaseMsr:
      value = kApicBase;
      break;
    case kMiscEnableMsr:
      value = 0;
      break;
    default:
      return false;
  }
  cpu.set_gpr(Gpr::Ax, value & 0xffffffffu);
  cpu.set_gpr(Gpr::Dx, value >> 32);
  finish(what, value);
  return true;
}

// A domain without ports: IN reads ones, OUT goes nowhere. String forms move nothing.
bool ParavirtualGuest::emulate_port(const Instruction& what) {
  if (!may_do_io()) {
    return false;
  }
  VcpuEngine& cpu = context_.engine;
  const bool read = what.mnemonic == Mnemonic::In || what.mnemonic == Mnemonic::Ins;
  const auto port = what.port ? *what.port : static_cast<std::uint16_t>(cpu.gpr(Gpr::Dx) & 0xffff);
  const auto size = static_cast<std::uint8_t>(what.operand_size / 8);
  if (what.mnemonic == Mnemonic::In) {
    const std::uint64_t kept = size == 4 ? 0 : cpu.gpr(Gpr::Ax) & ~((1ull << (8 * size)) - 1);
    cpu.set_gpr(Gpr::Ax, kept | (size == 4 ? 0xffffffffu : (1ull << (8 * size)) - 1));
  }
  ++context_.ledger.port_accesses;
  ++context_.ledger.unclaimed_ports;
  context_.record(linear_rip(),
                  PortTouched{port, size, read ? Direction::Read : Direction::Write, false,
                              read ? 0xffffffffu : static_cast<std::uint32_t>(cpu.gpr(Gpr::Ax))});
  finish(what, 0);
  return true;
}

// UD2, the letters "xen", CPUID: the guest wants the hypervisor's answer, not the CPU's.
bool ParavirtualGuest::forced_cpuid() {
  static constexpr std::uint8_t kForced[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};
  VcpuEngine& cpu = context_.engine;
  std::uint8_t bytes[sizeof kForced] = {};
  if (linear().peek(linear_rip(), bytes, sizeof bytes) != sizeof bytes ||
      std::memcmp(bytes, kForced, sizeof kForced) != 0) {
    return false;
  }
  const CpuidReply reply = service_.cpuid(static_cast<std::uint32_t>(cpu.gpr(Gpr::Ax)),
                                          static_cast<std::uint32_t>(cpu.gpr(Gpr::Cx)));
  cpu.set_gpr(Gpr::Ax, reply.eax);
  cpu.set_gpr(Gpr::Bx, reply.ebx);
  cpu.set_gpr(Gpr::Cx, reply.ecx);
  cpu.set_gpr(Gpr::Dx, reply.edx);
  Instruction what;
  what.mnemonic = Mnemonic::Cpuid;
  what.length = sizeof kForced;
  finish(what, reply.eax);
  return true;
}

}  // namespace gv
