// SPDX-License-Identifier: MIT
//
// system.cpp - the privileged instructions that concern this CPU alone.
//
// RDTSC and MOV DR are for the hypervisor to execute: the time is virtual and
// debug registers are not modelled, so these come out as Intercepted.
//
// Source: SDM vol. 2, the instructions' own pages; vol. 3A, "Control Registers".

#include "engine/interpreter/handlers.h"
#include "x86/exceptions.h"

namespace gv::interpreter {

using namespace x86;

namespace {

constexpr std::uint64_t kCr4Known = cr4::VME | cr4::PVI | cr4::TSD | cr4::DE | cr4::PSE | cr4::PAE |
                                    cr4::MCE | cr4::PGE | cr4::PCE | cr4::OSFXSR | cr4::OSXMMEXCPT;

bool only_ring_0(Cpu& cpu) { return cpu.cpl() == 0 || cpu.general_protection(); }

bool may_change_if(Cpu& cpu) {
  return !cpu.protected_mode() || cpu.cpl() <= eflags::iopl(cpu.flags.rest()) ||
         cpu.general_protection();
}

bool intercepted(Cpu& cpu) {
  cpu.outcome = Outcome::Fault;
  cpu.exit = Intercepted{};
  return false;
}

bool write_cr0(Cpu& cpu, std::uint64_t value) {
  const bool paging = (value & cr0::PG) != 0;
  if ((paging && (value & cr0::PE) == 0) || ((value & cr0::NW) != 0 && (value & cr0::CD) == 0) ||
      (value >> 32) != 0) {
    return cpu.general_protection();
  }
  const bool was_paging = (cpu.cr0 & cr0::PG) != 0;
  if (paging && !was_paging && (cpu.msrs.efer & efer::LME) != 0) {
    if ((cpu.cr4 & cr4::PAE) == 0 || cpu.segment(SegmentName::Cs).is_long()) {
      return cpu.general_protection();
    }
    cpu.msrs.efer |= efer::LMA;
  }
  if (!paging && was_paging && cpu.long_mode()) {
    if (cpu.in_64_bit_mode()) {
      return cpu.general_protection();
    }
    cpu.msrs.efer &= ~efer::LMA;
  }
  cpu.cr0 = value | cr0::ET;
  cpu.mode_changed();
  cpu.flush_tlb();
  return true;
}

bool write_cr4(Cpu& cpu, std::uint64_t value) {
  if ((value & ~kCr4Known) != 0 || (cpu.long_mode() && (value & cr4::PAE) == 0)) {
    return cpu.general_protection();
  }
  cpu.cr4 = value;
  cpu.flush_tlb();
  return true;
}

}  // namespace

bool clear_interrupt_flag(Cpu& cpu, const Operation&) {
  if (!may_change_if(cpu)) {
    return false;
  }
  cpu.flags.set_rest(eflags::IF, false);
  return true;
}

// The next instruction still runs undisturbed, so that STI; HLT and STI; RET work.
bool set_interrupt_flag(Cpu& cpu, const Operation&) {
  if (!may_change_if(cpu)) {
    return false;
  }
  cpu.interrupt_shadow = !cpu.flags.has(eflags::IF);
  cpu.flags.set_rest(eflags::IF, true);
  cpu.if_may_have_changed = true;
  return true;
}

bool halt(Cpu& cpu, const Operation&) { return only_ring_0(cpu) && cpu.done_with(HaltExecuted{}); }

bool move_from_control(Cpu& cpu, const Operation& op) {
  if (!only_ring_0(cpu)) {
    return false;
  }
  std::uint64_t value = 0;
  switch (op.extra) {
    case 0:
      value = cpu.cr0;
      break;
    case 2:
      value = cpu.cr2;
      break;
    case 3:
      value = cpu.cr3;
      break;
    case 4:
      value = cpu.cr4;
      break;
    case 8:
      value = 0;
      break;  // the task priority: there is no local APIC
    default:
      return cpu.invalid_opcode();
  }
  cpu.set_reg<std::uint64_t>(op.destination, op.operand_bytes == 8 ? value : value & 0xffffffff);
  return true;
}

bool move_to_control(Cpu& cpu, const Operation& op) {
  if (!only_ring_0(cpu)) {
    return false;
  }
  const auto value = op.operand_bytes == 8 ? cpu.reg<std::uint64_t>(op.destination)
                                           : cpu.reg<std::uint32_t>(op.destination);
  switch (op.extra) {
    case 0:
      return write_cr0(cpu, value);
    case 2:
      cpu.cr2 = value;
      return true;
    case 3:
      cpu.cr3 = value;
      cpu.flush_tlb();
      return true;
    case 4:
      return write_cr4(cpu, value);
    case 8:
      return true;
    default:
      return cpu.invalid_opcode();
  }
}

bool move_debug(Cpu& cpu, const Operation&) { return only_ring_0(cpu) && intercepted(cpu); }

bool read_time_stamp(Cpu& cpu, const Operation&) {
  const bool forbidden = (cpu.cr4 & cr4::TSD) != 0 && cpu.cpl() != 0;
  return forbidden ? cpu.general_protection() : intercepted(cpu);
}

bool store_machine_status(Cpu& cpu, const Operation& op) {
  if (op.memory_operand) {
    return cpu.store(op, static_cast<std::uint16_t>(cpu.cr0));
  }
  if (op.operand_bytes == 2) {
    cpu.set_reg<std::uint16_t>(op.destination, static_cast<std::uint16_t>(cpu.cr0));
  } else {
    cpu.set_reg<std::uint64_t>(op.destination, cpu.cr0);
  }
  return true;
}

// LMSW can set PE, never clear it.
bool load_machine_status(Cpu& cpu, const Operation& op) {
  std::uint16_t value = cpu.reg<std::uint16_t>(op.destination);
  if (!only_ring_0(cpu) || (op.memory_operand && !cpu.load(op, value))) {
    return false;
  }
  const std::uint64_t kept = cpu.cr0 & ~std::uint64_t{cr0::MP | cr0::EM | cr0::TS};
  return write_cr0(cpu, kept | (value & cr0::kMachineStatusWord));
}

bool clear_task_switched(Cpu& cpu, const Operation&) {
  if (!only_ring_0(cpu)) {
    return false;
  }
  cpu.cr0 &= ~std::uint64_t{cr0::TS};
  return true;
}

bool invalidate_page(Cpu& cpu, const Operation&) {
  if (!only_ring_0(cpu)) {
    return false;
  }
  cpu.flush_tlb();  // more than asked for, which is allowed
  return true;
}

bool flush_caches(Cpu& cpu, const Operation&) { return only_ring_0(cpu); }

}  // namespace gv::interpreter
