// SPDX-License-Identifier: MIT

#include "technique/bare_metal/bare_metal.h"

#include "x86/control_registers.h"
#include "x86/decode.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

namespace gv {

using namespace x86;

Result<void> BareMetal::start(const RegisterFile& entry) {
  VcpuEngine& cpu = context_.engine;
  cpu.set_gdtr(entry.gdtr);
  cpu.set_idtr(entry.idtr);
  cpu.set_control(ControlRegister::Cr0, entry.cr0);
  cpu.switch_privilege(
      {entry[SegmentName::Cs].selector, entry[SegmentName::Ss].selector, entry.gdtr});
  for (const SegmentName data :
       {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
    cpu.set_selector(data, entry[data].selector);
  }
  for (int i = 0; i < 8; ++i) {
    cpu.set_gpr(static_cast<Gpr>(i), entry.gpr[static_cast<std::size_t>(i)]);
  }
  cpu.set_rflags(entry.rflags);
  cpu.set_rip(entry.rip);
  return {};
}

void BareMetal::take(const InterruptRequest& request) {
  const RegisterFile before = registers();
  const LinearMemory memory(context_.memory, paging());
  const auto taken = deliver_or_escalate(before, memory, request);
  if (!taken) {
    context_.machine.end_guest(GuestEnd::Crashed, request.vector);
    return;
  }
  const RegisterFile& next = taken->cpu;
  VcpuEngine& cpu = context_.engine;
  if (next.cr2 != before.cr2) {
    set_fault_address(Gva(next.cr2));
  }
  if (next[SegmentName::Cs].selector != before[SegmentName::Cs].selector ||
      next[SegmentName::Ss].selector != before[SegmentName::Ss].selector) {
    before_loading(next[SegmentName::Cs].selector);
    before_loading(next[SegmentName::Ss].selector);
    cpu.switch_privilege(
        {next[SegmentName::Cs].selector, next[SegmentName::Ss].selector, before.gdtr});
  }
  cpu.set_gpr(Gpr::Sp, next[Gpr::Sp]);
  cpu.set_rflags(next.rflags);
  cpu.set_rip(next.rip);

  const std::uint64_t mask = memory.long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  const Gva handler((next[SegmentName::Cs].base + next.rip) & mask);
  const Gva at((before[SegmentName::Cs].base + before.rip) & mask);
  const InterruptRequest& delivered = taken->delivered;
  if (delivered.source == InterruptSource::Hardware) {
    ++context_.ledger.interrupts;
    context_.record(at, InterruptDelivered{delivered.vector, handler});
  } else {
    ++context_.ledger.reflections;
    context_.record(
        at, ExceptionDelivered{delivered.vector, delivered.source == InterruptSource::Software,
                               delivered.error_code.value_or(0), handler});
  }
}

void BareMetal::fault(const Faulted& fault) {
  if (fault.vector == kPageFault) {
    ++context_.ledger.guest_faults;
    context_.record(linear_rip(),
                    PageFaulted{fault.address, fault.error_code, FaultKind::GuestFault});
    set_fault_address(fault.address);
  }
  const bool pushes =
      has_error_code(fault.vector) && (control(ControlRegister::Cr0) & cr0::PE) != 0;
  take({fault.vector, InterruptSource::Exception,
        pushes ? std::optional(fault.error_code) : std::nullopt});
}

void BareMetal::software_interrupt(std::uint8_t vector) {
  take({vector, InterruptSource::Software, {}});
}

std::uint32_t BareMetal::port(const PortAccessed& access) {
  if (access.direction == Direction::Read) {
    return context_.machine.read_port(access.port, access.size);
  }
  context_.machine.write_port(access.port, access.size, access.value);
  return 0;
}

void BareMetal::invalid_opcode() { take({kInvalidOpcode, InterruptSource::Exception, {}}); }

void BareMetal::halted() { context_.machine.halt(); }

// RDTSC and MOV DR: what Unicorn must not execute at ring 0.
void BareMetal::intercepted() {
  VcpuEngine& cpu = context_.engine;
  std::uint8_t bytes[kLongestInstruction];
  const LinearMemory memory(context_.memory, paging());
  const std::size_t got = memory.peek(linear_rip(), bytes, sizeof bytes);
  const Instruction instruction = decode(bytes, got,
                                         cpu.code_bits() == 16   ? CodeSize::Bits16
                                         : cpu.code_bits() == 64 ? CodeSize::Bits64
                                                                 : CodeSize::Bits32);
  if (instruction.mnemonic == Mnemonic::Rdtsc) {
    const std::uint64_t now = context_.now();
    cpu.set_gpr(Gpr::Ax, now & 0xffffffffu);
    cpu.set_gpr(Gpr::Dx, now >> 32);
  }
  ++context_.emulated;
  cpu.set_rip(cpu.rip() + instruction.length);
}

void BareMetal::missed_memory(const MachineMemoryMissed&) {
  // Instructions fetched from nowhere: a real bus answers ones, ff ff is #UD.
  invalid_opcode();
}

bool BareMetal::interrupts_enabled() { return (context_.engine.rflags() & eflags::IF) != 0; }

void BareMetal::deliver_interrupt(std::uint8_t vector) {
  take({vector, InterruptSource::Hardware, {}});
}

Segment BareMetal::descriptor_behind(std::uint16_t selector) {
  if ((control(ControlRegister::Cr0) & cr0::PE) == 0) {
    return real_mode_segment(selector);
  }
  if (selector_is_null(selector)) {
    return {.selector = selector};
  }
  std::uint64_t raw = 0;
  const LinearMemory memory(context_.memory, paging());
  memory.peek(Gva(context_.engine.gdtr().base + selector_offset(selector)), &raw, sizeof raw);
  return segment_of(selector, parse_descriptor(raw));
}

RegisterFile BareMetal::registers() {
  VcpuEngine& cpu = context_.engine;
  RegisterFile r;
  const int registers = paging().long_mode() ? kGprCount : 8;
  for (int i = 0; i < registers; ++i) {
    r.gpr[static_cast<std::size_t>(i)] = cpu.gpr(static_cast<Gpr>(i));
  }
  r.rip = cpu.rip();
  r.rflags = cpu.rflags();
  r.cr0 = control(ControlRegister::Cr0);
  r.cr2 = control(ControlRegister::Cr2);
  r.cr3 = control(ControlRegister::Cr3);
  r.cr4 = control(ControlRegister::Cr4);
  r.gdtr = cpu.gdtr();
  r.idtr = cpu.idtr();
  r.tr = cpu.task_register();
  r.ldtr.selector = cpu.ldt_selector();
  for (int i = 0; i < kSegmentCount; ++i) {
    const auto name = static_cast<SegmentName>(i);
    r[name] = descriptor_behind(cpu.selector(name));
  }
  return r;
}

PhysicalRegisters BareMetal::physical() {
  VcpuEngine& cpu = context_.engine;
  PhysicalRegisters p;
  p.cs = cpu.selector(SegmentName::Cs);
  p.ss = cpu.selector(SegmentName::Ss);
  p.cpl = p.ss & 3;
  p.cr3 = cpu.control(ControlRegister::Cr3);
  p.rflags = cpu.rflags();
  p.gdtr = cpu.gdtr();
  return p;
}

void BareMetal::set_registers(const RegisterFile& r) {
  VcpuEngine& cpu = context_.engine;
  const int registers = paging().long_mode() ? kGprCount : 8;
  for (int i = 0; i < registers; ++i) {
    cpu.set_gpr(static_cast<Gpr>(i), r.gpr[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < kSegmentCount; ++i) {
    const auto name = static_cast<SegmentName>(i);
    if (name == SegmentName::Cs || name == SegmentName::Ss ||
        cpu.selector(name) == r[name].selector) {
      continue;
    }
    before_loading(r[name].selector);
    cpu.set_selector(name, r[name].selector);
  }
  if (cpu.selector(SegmentName::Cs) != r[SegmentName::Cs].selector ||
      cpu.selector(SegmentName::Ss) != r[SegmentName::Ss].selector) {
    before_loading(r[SegmentName::Cs].selector);
    before_loading(r[SegmentName::Ss].selector);
    cpu.switch_privilege({r[SegmentName::Cs].selector, r[SegmentName::Ss].selector, r.gdtr});
  }
  cpu.set_rflags(r.rflags);
  cpu.set_rip(r.rip);
}

PagingMode BareMetal::paging() {
  return {control(ControlRegister::Cr0), control(ControlRegister::Cr3),
          control(ControlRegister::Cr4), context_.engine.msr(Msr::Efer).value_or(0)};
}

void BareMetal::save(StateWriter&) const {}
bool BareMetal::restore(StateReader&) { return true; }

}  // namespace gv
