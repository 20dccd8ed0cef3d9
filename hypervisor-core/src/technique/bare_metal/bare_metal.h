// SPDX-License-Identifier: MIT
//
// bare_metal.h - no hypervisor: the guest's kernel owns the machine.
//
// The reference run that every other technique is compared with. Nothing here
// is hypervisor work and nothing costs virtual time: Unicorn leaves the
// delivery of exceptions and interrupts to its host, so this plays that part
// of the hardware. The ledger of such a run has no exits.
//
// Guest physical memory is machine memory. MOV DR is accepted and has no
// effect; RDTSC reads virtual time.
// Control thread only.

#pragma once

#include "technique/interrupt_delivery.h"
#include "technique/technique.h"

namespace gv {

class BareMetal : public Technique {
 public:
  explicit BareMetal(RunContext& context) : context_(context) {}

  TechniqueKind kind() const override { return TechniqueKind::BareMetal; }
  Result<void> start(const RegisterFile& entry) override;
  void fault(const Faulted& fault) override;
  void software_interrupt(std::uint8_t vector) override;
  std::uint32_t port(const PortAccessed& access) override;
  void invalid_opcode() override;
  void halted() override;
  void intercepted() override;
  void missed_memory(const MachineMemoryMissed& miss) override;
  bool interrupts_enabled() override;
  bool if_changes_unseen() const override { return true; }
  void deliver_interrupt(std::uint8_t vector) override;
  void time_slice_ended() override {}
  RegisterFile registers() override;
  PhysicalRegisters physical() override;
  void set_registers(const RegisterFile& registers) override;
  PagingMode paging() override;
  const ShadowPageTable* shadow() const override { return nullptr; }
  void memory_changed() override { context_.engine.forget_code(); }
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;

 protected:
  Gva linear_rip_now() const override { return context_.engine.linear_rip(); }

  // For whoever keeps control registers of the guest's beside the CPU's: emulated VT-x does.
  virtual std::uint64_t control(ControlRegister which) { return context_.engine.control(which); }
  virtual void set_fault_address(Gva address) {
    context_.engine.set_control(ControlRegister::Cr2, address.value);
  }
  // The CPU is about to read the descriptor behind this selector.
  virtual void before_loading(std::uint16_t selector) { static_cast<void>(selector); }

 private:
  void take(const InterruptRequest& request);
  Segment descriptor_behind(std::uint16_t selector);

  RunContext& context_;
};

}  // namespace gv
