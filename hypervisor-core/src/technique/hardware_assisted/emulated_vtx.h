// SPDX-License-Identifier: MIT
//
// emulated_vtx.h - hardware assistance without the hardware: VT-x on Unicorn.
//
// The guest runs at ring 0 as on bare metal, and BareMetal plays the hardware
// below it. What this adds is what VT-x adds: for each thing the guest does, a
// control decides whether the CPU leaves the guest; the control structure says
// why, by Intel's numbers; the hypervisor answers and enters again. What exits
// and may do no harm is then done by the CPU itself, one instruction long.
//
// Shown as *emulated VT-x* everywhere. Costs are the cost model's. Compare
// kvm_guest.h, where the same happens on the real one.
//
// Nested paging's tables are the identity; a guest that leaves its memory reads
// ones. With the control off there are shadow page tables (shadowed_cpu.h), and
// shadow_exits.cpp has the exits that they need. Not here: VM entry checks, MSR
// areas, VPIDs, nesting.
//
// Source: SDM vol. 3C, "VMX Non-Root Operation", "VM Exits".
// Control thread only.

#pragma once

#include "gv/control_structure.h"
#include "technique/hardware_assisted/shadowed_cpu.h"
#include "x86/decode.h"

namespace gv {

class EmulatedVtx final : public Technique {
 public:
  EmulatedVtx(RunContext& context, const ExecutionControls& controls);

  TechniqueKind kind() const override { return TechniqueKind::HardwareAssisted; }
  Result<void> start(const RegisterFile& entry) override;
  void fault(const Faulted& fault) override;
  void software_interrupt(std::uint8_t vector) override { hardware_.software_interrupt(vector); }
  std::uint32_t port(const PortAccessed& access) override;
  void invalid_opcode() override;
  void halted() override;
  void intercepted() override;
  void missed_memory(const MachineMemoryMissed& miss) override;
  bool interrupts_enabled() override { return hardware_.interrupts_enabled(); }
  bool if_changes_unseen() const override { return true; }
  void deliver_interrupt(std::uint8_t vector) override;
  void time_slice_ended() override;
  RegisterFile registers() override { return hardware_.registers(); }
  PhysicalRegisters physical() override { return hardware_.physical(); }
  void set_registers(const RegisterFile& r) override { hardware_.set_registers(r); }
  PagingMode paging() override { return hardware_.paging(); }
  const ShadowPageTable* shadow() const override { return hardware_.shadow(); }
  void memory_changed() override { hardware_.memory_changed(); }
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;

  const ControlStructure* control_structure() const override { return &vmcs_; }
  void set_controls(const ExecutionControls& controls) override;

 protected:
  Gva linear_rip_now() const override { return context_.engine.linear_rip(); }

 private:
  void ask_for_exits();
  x86::Instruction instruction_here();
  Storey storey();
  bool exits_on(std::uint16_t port) const;
  bool exits_on_exception(std::uint8_t vector) const;
  void take_exit(ExitReason reason, std::uint32_t qualification, bool by_instruction);
  void resume(Handling handling, std::uint32_t cost);
  void pass();  // the CPU executes the instruction here, and no control is asked
  void let_the_cpu_do_it();
  // shadow_exits.cpp: only without nested paging.
  void shadow_fault(const Faulted& fault);
  void access_control_register(const x86::Instruction& what);
  void invalidate_page(const x86::Instruction& what);
  void finish(const x86::Instruction& what, std::uint64_t value);

  RunContext& context_;
  ShadowedCpu hardware_;
  ControlStructure vmcs_;
  ExitReason reason_ = ExitReason::Exception;
  Mnemonic mnemonic_ = Mnemonic::Other;
  std::uint64_t retired_at_exit_ = ~std::uint64_t{0};
  Gva passing_;  // an intercepted instruction that is the CPU's to execute, and when it was
  std::uint64_t passing_since_ = ~std::uint64_t{0};
};

}  // namespace gv
