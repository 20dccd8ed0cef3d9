// SPDX-License-Identifier: MIT
//
// emulated_vtx_state.cpp - the control structure put away and back.
//
// Controls are state too: a learner may change them in the middle of a run, and
// going back takes the change back.

#include "technique/hardware_assisted/emulated_vtx.h"

namespace gv {

namespace {

// Every number of a register file, in one order for both ways.
template <class File, class Visit>
void each_number(File& file, Visit visit) {
  for (auto& value : file.gpr) {
    visit(value);
  }
  for (auto* value : {&file.rip, &file.rflags, &file.cr0, &file.cr2, &file.cr3, &file.cr4}) {
    visit(*value);
  }
  for (auto* table : {&file.gdtr, &file.idtr}) {
    visit(table->base);
    visit(table->limit);
  }
  const auto segment = [&](auto& s) {
    visit(s.selector);
    visit(s.base);
    visit(s.limit);
    visit(s.attributes);
  };
  for (auto& s : file.segment) {
    segment(s);
  }
  segment(file.tr);
  segment(file.ldtr);
}

void put(StateWriter& out, const ExecutionControls& controls) {
  for (const bool control : {controls.external_interrupts, controls.hlt, controls.rdtsc,
                             controls.invlpg, controls.mov_dr, controls.control_registers,
                             controls.msrs, controls.nested_paging, controls.ports.has_value()}) {
    out.flag(control);
  }
  if (controls.ports) {
    out.u32(static_cast<std::uint32_t>(controls.ports->size()));
    for (const std::uint16_t port : *controls.ports) {
      out.u16(port);
    }
  }
  out.u32(controls.exceptions);
}

ExecutionControls take_controls(StateReader& in) {
  ExecutionControls controls;
  for (bool* control :
       {&controls.external_interrupts, &controls.hlt, &controls.rdtsc, &controls.invlpg,
        &controls.mov_dr, &controls.control_registers, &controls.msrs, &controls.nested_paging}) {
    *control = in.flag();
  }
  if (in.flag()) {
    controls.ports.emplace();
    for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
      controls.ports->push_back(in.u16());
    }
  }
  controls.exceptions = in.u32();
  return controls;
}

}  // namespace

void EmulatedVtx::save(StateWriter& out) const {
  out.flag(passing_since_ == context_.retired());
  out.u64(passing_.value);
  out.u64(passing_since_);
  out.u64(retired_at_exit_);
  out.u64(vmcs_.exits);
  out.u8(static_cast<std::uint8_t>(reason_));
  out.u8(static_cast<std::uint8_t>(mnemonic_));
  out.u64(vmcs_.exit.qualification);
  out.u8(vmcs_.exit.instruction_length);
  out.u64(vmcs_.exit.retired);
  out.flag(vmcs_.guest.activity == ActivityState::Hlt);
  each_number(vmcs_.guest.registers, [&](const auto& value) { out.u64(value); });
  out.flag(vmcs_.entry.valid);
  out.u8(vmcs_.entry.vector);
  put(out, vmcs_.controls);
  hardware_.save(out);
}

bool EmulatedVtx::restore(StateReader& in) {
  const bool passing = in.flag();
  passing_ = Gva(in.u64());
  passing_since_ = in.u64();
  retired_at_exit_ = in.u64();
  vmcs_.exits = in.u64();
  reason_ = static_cast<ExitReason>(in.u8() % kExitReasonCount);
  mnemonic_ = static_cast<Mnemonic>(in.u8() % kMnemonicCount);
  vmcs_.exit.cause = reason_;
  vmcs_.exit.reason = vmcs_.exits == 0
                          ? VmxExitReason{}
                          : vmx_exit_reason(reason_, mnemonic_).value_or(VmxExitReason{});
  vmcs_.exit.qualification = in.u64();
  vmcs_.exit.instruction_length = in.u8();
  vmcs_.exit.retired = in.u64();
  vmcs_.guest.activity = in.flag() ? ActivityState::Hlt : ActivityState::Active;
  each_number(vmcs_.guest.registers, [&](auto& value) {
    value = static_cast<std::remove_reference_t<decltype(value)>>(in.u64());
  });
  vmcs_.entry.valid = in.flag();
  vmcs_.entry.vector = in.u8();
  const ExecutionControls controls = take_controls(in);
  hardware_.restore(in, !controls.nested_paging);
  if (!(controls == vmcs_.controls)) {
    vmcs_.controls = controls;
    ask_for_exits();
  }
  if (passing) {
    context_.engine.pass_intercepted(passing_);
  }
  return in.ok();
}

}  // namespace gv
