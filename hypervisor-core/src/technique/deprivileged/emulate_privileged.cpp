// SPDX-License-Identifier: MIT
//
// emulate_privileged.cpp - one case per instruction that trapped in the guest kernel.
//
// Each does to the virtual CPU what the instruction would have done to the
// real one. SDM vol. 2, under the instruction's name.

#include "technique/deprivileged/deprivileged_guest.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

#include <string>

namespace gv {

using namespace x86;

namespace {

constexpr std::uint32_t kTimeStampCounterMsr = 0x10;

constexpr const char* kNoLongMode =
    " cannot follow the guest into long mode: 64-bit code has no segment limits, "
    "and they are what keeps a guest off a monitor in its own address space; use --engine kvm "
    "--technique hardware-assisted, or --engine interpreter --technique interpretation";
constexpr const char* kNoPae =
    " has no shadow page tables of the PAE format, which the guest switches on; "
    "use --technique bare-metal, or --engine kvm --technique hardware-assisted";

}  // namespace

void DeprivilegedGuest::finish_instruction(const Instruction& what, std::uint64_t value) {
  const Gva rip = linear_rip();
  ++context_.emulated;
  step_over(what);
  if (context_.recorder.enabled()) {
    context_.record(rip, InstructionEmulated{what.mnemonic, value});
  }
}

bool DeprivilegedGuest::emulate(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  switch (what.mnemonic) {
    case Mnemonic::Cli:
    case Mnemonic::Sti: {
      const bool enable = what.mnemonic == Mnemonic::Sti;
      if (cpu_.interrupt_flag != enable) {
        context_.record(linear_rip(), InterruptFlagChanged{enable});
      }
      cpu_.interrupt_shadow = enable && !cpu_.interrupt_flag;
      cpu_.interrupt_flag = enable;
      finish_instruction(what, enable);
      return true;
    }
    case Mnemonic::Hlt:
      finish_instruction(what, 0);
      context_.machine.halt();
      return true;
    case Mnemonic::MovToCr:
      return move_to_control(what);
    case Mnemonic::MovFromCr: {
      const std::uint32_t values[5] = {cpu_.cr0, 0, cpu_.cr2, cpu_.cr3, cpu_.cr4};
      if (what.system_register > 4 || what.system_register == 1 || !what.gpr) {
        return false;
      }
      cpu.set_gpr(*what.gpr, values[what.system_register]);
      finish_instruction(what, values[what.system_register]);
      return true;
    }
    case Mnemonic::MovToDr:
    case Mnemonic::MovFromDr: {
      std::uint32_t& debug = cpu_.debug[what.system_register & 7];
      if (what.mnemonic == Mnemonic::MovToDr) {
        debug = static_cast<std::uint32_t>(cpu.gpr(*what.gpr));
      } else {
        cpu.set_gpr(*what.gpr, debug);
      }
      finish_instruction(what, debug);
      return true;
    }
    case Mnemonic::Clts:
      write_control(0, cpu_.cr0 & ~cr0::TS);
      finish_instruction(what, cpu_.cr0);
      return true;
    case Mnemonic::Lmsw: {
      const auto word = operand16(what);
      if (!word) {
        return false;
      }
      // LMSW can set PE but not clear it.
      const std::uint32_t kept = cpu_.cr0 & ~(cr0::kMachineStatusWord & ~cr0::PE);
      write_control(0, kept | (*word & cr0::kMachineStatusWord));
      finish_instruction(what, *word);
      return true;
    }
    case Mnemonic::Lgdt:
    case Mnemonic::Lidt:
      load_table(what);
      return true;
    case Mnemonic::Ltr:
      return load_task_register(what);
    case Mnemonic::Lldt: {
      // Kept for the guest's own eyes. Its LDT is not shadowed: a load from it raises #GP.
      const auto selector = operand16(what);
      if (!selector) {
        return false;
      }
      cpu_.ldtr = {.selector = static_cast<std::uint16_t>(*selector)};
      context_.record(linear_rip(),
                      DescriptorTableLoaded{DescriptorTable::Ldt, cpu_.ldtr.selector, Gva(0)});
      finish_instruction(what, *selector);
      return true;
    }
    case Mnemonic::Invlpg: {
      if (!what.memory) {
        return false;
      }
      const Gva address = effective_address(*what.memory, registers(), CodeSize::Bits32);
      drop_translation(address);
      finish_instruction(what, address.value);
      return true;
    }
    case Mnemonic::Invd:
    case Mnemonic::Wbinvd:
      finish_instruction(what, 0);
      return true;
    case Mnemonic::Rdtsc: {
      if (!cpu_.in_kernel && (cpu_.cr4 & cr4::TSD) != 0) {
        return false;
      }
      const std::uint64_t now = context_.now();
      cpu.set_gpr(Gpr::Ax, now & 0xffffffffu);
      cpu.set_gpr(Gpr::Dx, now >> 32);
      finish_instruction(what, now);
      return true;
    }
    case Mnemonic::Rdmsr:
    case Mnemonic::Wrmsr: {
      if (cpu.gpr(Gpr::Cx) == efer::kMsrNumber) {
        return access_extended_features(what);
      }
      if (cpu.gpr(Gpr::Cx) != kTimeStampCounterMsr) {
        return false;  // no other MSR on this virtual CPU: #GP
      }
      const std::uint64_t now = context_.now();
      if (what.mnemonic == Mnemonic::Rdmsr) {
        cpu.set_gpr(Gpr::Ax, now & 0xffffffffu);
        cpu.set_gpr(Gpr::Dx, now >> 32);
      }
      finish_instruction(what, now);
      return true;
    }
    case Mnemonic::Iret:
    case Mnemonic::FarRet:
    case Mnemonic::FarTransfer:
      return emulate_return(what);
    case Mnemonic::LoadSegment:
    case Mnemonic::PopSegment:
      return load_stack_segment(what);
    case Mnemonic::In:
    case Mnemonic::Out:
      emulate_port(what);
      return true;
    default:
      return false;
  }
}

// EFER is zero here: no SYSCALL, no NX, and no long mode.
bool DeprivilegedGuest::access_extended_features(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  if (what.mnemonic == Mnemonic::Rdmsr) {
    cpu.set_gpr(Gpr::Ax, 0);
    cpu.set_gpr(Gpr::Dx, 0);
  } else if (const std::uint64_t value = cpu.gpr(Gpr::Ax); (value & efer::LME) != 0) {
    context_.machine.refuse(std::string(name_of(kind())) + kNoLongMode);
    return true;  // RIP stays at the WRMSR
  } else if (value != 0) {
    return false;
  }
  finish_instruction(what, 0);
  return true;
}

std::optional<std::uint32_t> DeprivilegedGuest::operand16(const Instruction& what) {
  if (what.gpr) {
    return static_cast<std::uint32_t>(context_.engine.gpr(*what.gpr) & 0xffff);
  }
  if (what.memory) {
    const Gva address = effective_address(*what.memory, registers(), CodeSize::Bits32);
    return guest_linear().load<std::uint16_t>(address, AccessLevel::Supervisor);
  }
  return std::nullopt;
}

bool DeprivilegedGuest::move_to_control(const Instruction& what) {
  if (!what.gpr || what.system_register == 1 || what.system_register > 4) {
    return false;
  }
  const auto value = static_cast<std::uint32_t>(context_.engine.gpr(*what.gpr));
  const int number = what.system_register;
  if (number == 4 && (value & (cr4::VME | cr4::PVI)) != 0) {
    return false;  // a CPU without these bits raises #GP
  }
  // CR4.PAE alone changes nothing yet; it is also the way into long mode.
  const std::uint32_t cr0_then = number == 0 ? value : cpu_.cr0;
  const std::uint32_t cr4_then = number == 4 ? value : cpu_.cr4;
  if ((cr0_then & cr0::PG) != 0 && (cr4_then & cr4::PAE) != 0) {
    context_.machine.refuse(std::string(name_of(kind())) + kNoPae);
    return true;
  }
  if (number == 0 && (value & cr0::PE) == 0) {
    return false;  // back to real mode: this virtual CPU cannot
  }
  write_control(number, value);
  finish_instruction(what, value);
  return true;
}

void DeprivilegedGuest::write_control(int number, std::uint32_t value) {
  std::uint32_t* registers[5] = {&cpu_.cr0, nullptr, &cpu_.cr2, &cpu_.cr3, &cpu_.cr4};
  const std::uint32_t before = std::exchange(*registers[number], value);
  context_.record(linear_rip(),
                  ControlRegisterWritten{static_cast<std::uint8_t>(number), before, value});
  VcpuEngine& cpu = context_.engine;
  if (number == 3) {
    drop_shadow(FlushCause::Cr3Write);
    cpu.enter_address_space(value);
    mappings_changed();
  } else if (number == 0) {
    if (((before ^ value) & (cr0::PG | cr0::WP)) != 0) {
      drop_shadow(FlushCause::ModeChange);
      mappings_changed();
    }
    if (((before ^ value) & (cr0::TS | cr0::EM | cr0::MP)) != 0) {
      // #NM must come when the guest expects it: lazy FPU switching.
      const std::uint64_t physical = cpu.control(ControlRegister::Cr0);
      const std::uint64_t follows = cr0::TS | cr0::EM | cr0::MP;
      cpu.set_control(ControlRegister::Cr0, (physical & ~follows) | (value & follows));
    }
  } else if (number == 4 && ((before ^ value) & (cr4::PSE | cr4::PGE)) != 0) {
    drop_shadow(FlushCause::ModeChange);
    mappings_changed();
  }
}

void DeprivilegedGuest::load_table(const Instruction& what) {
  const Gva address = effective_address(*what.memory, registers(), CodeSize::Bits32);
  const LinearMemory memory = guest_linear();
  const auto limit = memory.load<std::uint16_t>(address, AccessLevel::Supervisor);
  const auto base = memory.load<std::uint32_t>(address + 2, AccessLevel::Supervisor);
  if (!limit || !base) {
    reflect({kGeneralProtection, InterruptSource::Exception, 0u});
    return;
  }
  const DescriptorTableRegister table{*base, *limit};
  const bool is_gdt = what.mnemonic == Mnemonic::Lgdt;
  (is_gdt ? cpu_.gdtr : cpu_.idtr) = table;
  context_.record(linear_rip(),
                  DescriptorTableLoaded{is_gdt ? DescriptorTable::Gdt : DescriptorTable::Idt,
                                        *limit, Gva(*base)});
  if (is_gdt) {
    gdt_.update(cpu_.gdtr, memory);
    context_.engine.set_gdtr(gdt_.kernel_table());
  }
  finish_instruction(what, *base);
}

bool DeprivilegedGuest::load_task_register(const Instruction& what) {
  const auto selector = operand16(what);
  if (!selector || selector_is_null(static_cast<std::uint16_t>(*selector))) {
    return false;
  }
  const auto tr = static_cast<std::uint16_t>(*selector);
  const Gva slot(cpu_.gdtr.base + selector_offset(tr));
  const LinearMemory memory = guest_linear();
  const auto raw = memory.load<std::uint64_t>(slot, AccessLevel::Supervisor);
  Descriptor tss = parse_descriptor(raw.value_or(0));
  if (tss.code_or_data || tss.type != system_type::kTss32Available || !tss.present) {
    return false;
  }
  tss.type = system_type::kTss32Busy;
  const std::uint64_t busy = pack_descriptor(tss);
  memory.write(slot, &busy, sizeof busy, AccessLevel::Supervisor);
  cpu_.tr = segment_of(tr, tss);
  context_.record(linear_rip(), DescriptorTableLoaded{DescriptorTable::Task, tr, Gva(tss.base)});
  finish_instruction(what, tr);
  return true;
}

// SS wants RPL = DPL = CPL: the guest's RPL 0 in ring 1 traps, so the hypervisor loads RPL 1.
bool DeprivilegedGuest::load_stack_segment(const Instruction& what) {
  if (what.segment != SegmentName::Ss || what.loads_far_pointer) {
    return false;
  }
  VcpuEngine& cpu = context_.engine;
  std::optional<std::uint32_t> value;
  const bool pops = what.mnemonic == Mnemonic::PopSegment;
  if (pops) {
    value = guest_linear().load<std::uint16_t>(
        Gva((registers()[SegmentName::Ss].base + cpu.gpr(Gpr::Sp)) & 0xffffffffu),
        AccessLevel::Supervisor);
  } else {
    value = operand16(what);
  }
  const auto selector = static_cast<std::uint16_t>(value.value_or(0));
  const auto raw = guest_linear().load<std::uint64_t>(
      Gva(cpu_.gdtr.base + selector_offset(selector)), AccessLevel::Supervisor);
  const Descriptor stack = parse_descriptor(raw.value_or(0));
  if (!value || selector_is_null(selector) || selector_offset(selector) + 7u > cpu_.gdtr.limit ||
      selector_rpl(selector) != 0 || stack.dpl != 0 || !stack.is_writable() || !stack.present) {
    return false;
  }
  if (pops) {
    cpu.set_gpr(Gpr::Sp, cpu.gpr(Gpr::Sp) + what.operand_size / 8);
  }
  finish_instruction(what, selector);
  gdt_.update(cpu_.gdtr, guest_linear());
  cpu.switch_privilege({cpu.selector(SegmentName::Cs), with_rpl(selector, 1), gdt_.kernel_table()});
  segments_changed(registers());
  return true;
}

// Port I/O from user code that its kernel allowed by IOPL 3.
void DeprivilegedGuest::emulate_port(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  const auto port = what.port.value_or(static_cast<std::uint16_t>(cpu.gpr(Gpr::Dx)));
  const auto bytes = static_cast<std::uint8_t>(what.operand_size / 8);
  const std::uint64_t mask = bytes == 4 ? 0xffffffffu : (1u << (8 * bytes)) - 1;
  const std::uint64_t old = cpu.gpr(Gpr::Ax);
  if (what.mnemonic == Mnemonic::In) {
    cpu.set_gpr(Gpr::Ax, (old & ~mask) | (context_.machine.read_port(port, bytes) & mask));
  } else {
    context_.machine.write_port(port, bytes, static_cast<std::uint32_t>(old & mask));
  }
  finish_instruction(what, port);
}

}  // namespace gv
