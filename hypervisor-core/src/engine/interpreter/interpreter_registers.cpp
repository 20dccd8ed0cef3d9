// SPDX-License-Identifier: MIT
//
// interpreter_registers.cpp - register access from outside, and changes of ring.

#include "engine/interpreter/descriptor_access.h"
#include "engine/interpreter/interpreter_state.h"
#include "engine/interpreter/processor_model.h"

namespace gv {

using namespace interpreter;

std::uint64_t InterpreterEngine::rip() { return state_->cpu.rip(); }
void InterpreterEngine::set_rip(std::uint64_t value) { state_->cpu.rip() = value; }
std::uint64_t InterpreterEngine::rflags() { return state_->cpu.flags.word(); }
void InterpreterEngine::set_rflags(std::uint64_t value) { state_->cpu.flags.set_word(value); }
std::uint64_t InterpreterEngine::gpr(Gpr which) { return state_->cpu.gpr(which); }

void InterpreterEngine::set_gpr(Gpr which, std::uint64_t value) {
  state_->cpu.gpr(which) = state_->cpu.long_mode() ? value : value & 0xffffffff;
}

const Segment& InterpreterEngine::segment(SegmentName which) const {
  return state_->cpu.segment(which).value;
}

std::uint16_t InterpreterEngine::selector(SegmentName which) {
  return state_->selectors[static_cast<std::size_t>(which)].value_or(
      state_->cpu.segment(which).value.selector);
}

void InterpreterEngine::set_selector(SegmentName which, std::uint16_t value) {
  // Behind a monitor it waits for the change of ring that brings the table it belongs to.
  if (state_->monitor) {
    state_->selectors[static_cast<std::size_t>(which)] = value;
  } else {
    state_->load_unchecked(which, value);
  }
}

std::uint64_t InterpreterEngine::control(ControlRegister which) {
  const Cpu& cpu = state_->cpu;
  switch (which) {
    case ControlRegister::Cr0:
      return cpu.cr0;
    case ControlRegister::Cr2:
      return cpu.cr2;
    case ControlRegister::Cr3:
      return cpu.cr3;
    case ControlRegister::Cr4:
      return cpu.cr4;
  }
  return 0;
}

void InterpreterEngine::set_control(ControlRegister which, std::uint64_t value) {
  Cpu& cpu = state_->cpu;
  switch (which) {
    case ControlRegister::Cr0:
      cpu.cr0 = value;
      if (!cpu.protected_mode()) {
        cpu.set_cpl(0);
      }
      cpu.mode_changed();
      break;
    case ControlRegister::Cr2:
      cpu.cr2 = value;
      return;
    case ControlRegister::Cr3:
      cpu.cr3 = value;
      break;
    case ControlRegister::Cr4:
      cpu.cr4 = value;
      break;
  }
  cpu.flush_tlb();
}

std::optional<std::uint64_t> InterpreterEngine::msr(Msr which) {
  return read_model_specific(state_->cpu, static_cast<std::uint32_t>(which));
}

bool InterpreterEngine::set_msr(Msr which, std::uint64_t value) {
  if (which == Msr::Efer) {
    // From outside EFER is state, not an instruction: LMA too.
    state_->cpu.msrs.efer = value;
    state_->cpu.mode_changed();
    state_->cpu.flush_tlb();
    return true;
  }
  return write_model_specific(state_->cpu, static_cast<std::uint32_t>(which), value);
}

DescriptorTableRegister InterpreterEngine::gdtr() { return state_->cpu.gdtr; }
DescriptorTableRegister InterpreterEngine::idtr() { return state_->cpu.idtr; }
Segment InterpreterEngine::task_register() { return state_->cpu.tr.value; }
std::uint16_t InterpreterEngine::ldt_selector() { return state_->cpu.ldtr.value.selector; }
void InterpreterEngine::set_gdtr(const DescriptorTableRegister& value) { state_->cpu.gdtr = value; }
void InterpreterEngine::set_idtr(const DescriptorTableRegister& value) { state_->cpu.idtr = value; }

std::uint64_t InterpreterEngine::code_base() { return state_->cpu.segment(SegmentName::Cs).base; }

int InterpreterEngine::code_bits() {
  switch (state_->cpu.code_size()) {
    case x86::CodeSize::Bits16:
      return 16;
    case x86::CodeSize::Bits64:
      return 64;
    case x86::CodeSize::Bits32:
      break;
  }
  return 32;
}

Gva InterpreterEngine::linear_rip() { return Gva(state_->cpu.code_linear()); }

std::optional<FloatingPointState> InterpreterEngine::floating_point() {
  const FloatingPoint& x87 = state_->cpu.x87;
  FloatingPointState state;
  for (unsigned i = 0; i < state.stack.size(); ++i) {
    const ExtendedReal value = extended_of(x87.raw(i));
    std::memcpy(state.stack[i].data(), &value.significand, 8);
    std::memcpy(state.stack[i].data() + 8, &value.sign_and_exponent, 2);
  }
  state.control = x87.control;
  state.status = x87.status();
  state.in_use = x87.in_use();
  return state;
}

void InterpreterEngine::set_floating_point(const FloatingPointState& state) {
  FloatingPoint& x87 = state_->cpu.x87;
  x87.control = state.control;
  x87.set_status(state.status);  // before the stack: TOP says where it is
  x87.set_in_use(state.in_use);
  for (unsigned i = 0; i < state.stack.size(); ++i) {
    ExtendedReal value;
    std::memcpy(&value.significand, state.stack[i].data(), 8);
    std::memcpy(&value.sign_and_exponent, state.stack[i].data() + 8, 2);
    x87.set_raw(i, real_of(value));
  }
}

RegisterFile InterpreterEngine::register_file() {
  Cpu& cpu = state_->cpu;
  RegisterFile r;
  for (std::size_t i = 0; i < r.gpr.size(); ++i) {
    r.gpr[i] = cpu.slots[i];
  }
  r.rip = cpu.rip();
  r.rflags = cpu.flags.word();
  for (std::size_t i = 0; i < r.segment.size(); ++i) {
    r.segment[i] = cpu.segments[i].value;
  }
  r.cr0 = cpu.cr0;
  r.cr2 = cpu.cr2;
  r.cr3 = cpu.cr3;
  r.cr4 = cpu.cr4;
  r.gdtr = cpu.gdtr;
  r.idtr = cpu.idtr;
  r.tr = cpu.tr.value;
  r.ldtr = cpu.ldtr.value;
  return r;
}

// EFER is not in the file: set_msr() before this.
void InterpreterEngine::set_register_file(const RegisterFile& r) {
  Cpu& cpu = state_->cpu;
  for (std::size_t i = 0; i < r.gpr.size(); ++i) {
    cpu.slots[i] = r.gpr[i];
  }
  cpu.rip() = r.rip;
  cpu.flags.set_word(r.rflags);
  for (std::size_t i = 0; i < r.segment.size(); ++i) {
    cpu.segments[i].value = r.segment[i];
  }
  cpu.cr0 = r.cr0;
  cpu.cr2 = r.cr2;
  cpu.cr3 = r.cr3;
  cpu.cr4 = r.cr4;
  cpu.gdtr = r.gdtr;
  cpu.idtr = r.idtr;
  cpu.tr.value = r.tr;
  cpu.ldtr.value = r.ldtr;
  cpu.set_cpl(cpu.protected_mode() ? r.cpl() : 0);
  cpu.mode_changed();
  cpu.flush_tlb();
}

Result<void> InterpreterEngine::set_up_monitor(const MonitorPages& pages) {
  State& s = *state_;
  s.cpu.idtr = pages.idtr;
  s.cpu.tr.value = pages.task_register;
  s.cpu.deprivileged = true;
  s.monitor = pages;
  return {};
}

void InterpreterEngine::State::load_unchecked(SegmentName name, std::uint16_t selector) {
  if (!cpu.protected_mode()) {
    put_real_mode_segment(cpu, name, selector);
    return;
  }
  Described d{.selector = selector};
  const std::uint64_t base = x86::selector_in_ldt(selector) ? cpu.ldtr.value.base : cpu.gdtr.base;
  const bool read =
      !x86::selector_is_null(selector) &&
      cpu.peek(base + x86::selector_offset(selector), &d.raw, sizeof d.raw) == sizeof d.raw;
  d.descriptor = x86::parse_descriptor(d.raw);
  if (!read || !d.descriptor.code_or_data || !d.descriptor.present) {
    put_null_segment(cpu, name, selector);
  } else if (name == SegmentName::Cs) {
    put_code_segment(cpu, d, x86::selector_rpl(selector));
  } else {
    put_segment(cpu, name, d);
  }
}

// What an IRET in the hypervisor's own page does on an engine whose rings cannot be set: here
// they can, so the stub's effect is had without its instruction.
void InterpreterEngine::switch_privilege(const PrivilegeSwitch& to) {
  State& s = *state_;
  if (s.monitor) {
    s.cpu.gdtr = to.gdtr;
    for (const SegmentName name :
         {SegmentName::Es, SegmentName::Ds, SegmentName::Fs, SegmentName::Gs}) {
      auto& pending = s.selectors[static_cast<std::size_t>(name)];
      s.load_unchecked(name, pending.value_or(s.cpu.segment(name).value.selector));
      pending.reset();
    }
  }
  s.load_unchecked(SegmentName::Cs, to.cs);
  s.load_unchecked(SegmentName::Ss, to.ss);
  if (s.monitor) {
    drop_inner_segments(s.cpu);
  }
}

void InterpreterEngine::State::apply_pending() {
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    if (selectors[i]) {
      load_unchecked(static_cast<SegmentName>(i), *selectors[i]);
      selectors[i].reset();
    }
  }
}

}  // namespace gv
