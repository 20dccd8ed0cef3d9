// SPDX-License-Identifier: MIT
//
// paravirtual_guest.h - a guest that knows it is one: the CPU's half of Xen's PV interface.
//
// The guest kernel runs at ring 1 (32-bit) or ring 3 (64-bit), on its own page tables, which the
// MMU walks as they are: no shadow, because the hypervisor has checked every entry. What it may
// not do it asks for by hypercall; what it does anyway traps, and a few such instructions are
// emulated. Exceptions and events reach it as frames that the hypervisor bounces onto its stack.
//
// This class answers exits and changes CPU state. What a hypercall means is the Xen layer's
// (hypercall_service.h), which calls back here to set traps, tables and stacks.
//
// Not done: writes to page tables that trap (a guest asks), virtual-8086 mode, LDT selectors in
// frames, the failsafe callback (a frame that cannot be returned through ends the domain), debug
// exceptions from TF.
//
// Control thread only. Source: Xen's public headers arch-x86/xen.h and xen-x86_32.h, xen-x86_64.h.

#pragma once

#include "technique/linear_memory.h"
#include "technique/paravirtual/hypercall_service.h"
#include "technique/paravirtual/virtual_cpu_state.h"
#include "technique/technique.h"
#include "x86/decode.h"

#include <array>
#include <optional>
#include <string>

namespace gv {

// What the hypervisor keeps in the guest's address space for this vCPU.
struct ParavirtualPages {
  MonitorPages monitor;
  DescriptorTableRegister gdtr;
  std::uint16_t hypervisor_cs = 0, hypervisor_ss = 0;  // ring 0, in that table
  std::uint16_t kernel_cs = 0, kernel_ss = 0;          // what the guest's kernel starts with
};

class ParavirtualGuest final : public Technique {
 public:
  using Width = paravirtual::Width;

  ParavirtualGuest(RunContext& context, HypercallService& service, const ParavirtualPages& pages,
                   const paravirtual::VirtualCpuState& initial)
      : context_(context), service_(service), pages_(pages), cpu_(initial) {}

  // --- for the hypervisor's hypercalls
  paravirtual::VirtualCpuState& cpu() { return cpu_; }
  const paravirtual::VirtualCpuState& cpu() const { return cpu_; }
  RunContext& context() { return context_; }
  bool wide() const { return cpu_.wide(); }
  // The guest's kernel runs, not one of its programs.
  bool kernel_mode();
  // Guest-virtual memory with the rights of the guest's kernel.
  LinearMemory linear();
  AccessLevel kernel_level() const { return wide() ? AccessLevel::User : AccessLevel::Supervisor; }
  std::uint64_t register_value(Gpr which) { return context_.engine.gpr(which); }
  void set_register(Gpr which, std::uint64_t value) { context_.engine.set_gpr(which, value); }
  // Page-table roots have changed: CR3 follows.
  void load_root();
  // Present entries have changed: nothing that the MMU or the engine keeps of them holds.
  void tables_changed();
  // The frame that the guest's kernel left on its stack is where it goes on. Hypercall iret.
  void interrupt_return();
  void set_fpu_trap(bool set);
  // Segment bases of 64-bit mode. False: not canonical.
  bool set_fs_base(std::uint64_t base);
  bool set_live_gs_base(std::uint64_t base);
  bool set_inactive_gs_base(std::uint64_t base);
  void load_gs_user_selector(std::uint16_t selector);
  // Whether events may reach the guest: the mask byte in its vcpu_info.
  bool events_masked() const;
  void mask_events(bool masked);
  bool event_pending() const;
  // Something from outside has taken the CPU: an event of its may be delivered at once.
  void interrupt_from_outside() { in_hypervisor_ = true; }
  // The whole machine was put back to an earlier state, its engine with it.
  void take_cpu_again();
  // The CPU has run another vCPU and holds this one's registers again.
  void take_cpu();

  // --- Technique
  TechniqueKind kind() const override { return TechniqueKind::Paravirtual; }
  Result<void> start(const RegisterFile& entry) override;
  void fault(const Faulted& fault) override;
  void software_interrupt(std::uint8_t vector) override;
  void system_call() override;
  std::uint32_t port(const PortAccessed& access) override;
  void invalid_opcode() override;
  void halted() override;
  void intercepted() override;
  void missed_memory(const MachineMemoryMissed& miss) override;
  // Only on a way back into the guest. It unmasks by a write to memory, which nobody sees; what is
  // pending then comes after its next exit, wherever else the run may have been stopped.
  bool interrupts_enabled() override { return in_hypervisor_ && !events_masked(); }
  void enter_guest(bool) override { in_hypervisor_ = false; }
  bool if_changes_unseen() const override { return false; }
  // The event upcall; there is no vector.
  void deliver_interrupt(std::uint8_t) override;
  void time_slice_ended() override;
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

 private:
  struct Upcall {  // where a bounce frame leads
    std::uint16_t cs = 0;
    std::uint64_t address = 0;
    bool masks_events = false;
    std::optional<std::uint32_t> error_code = {};
  };

  // bounce.cpp
  bool bounce(const Upcall& to);
  bool push_frame_64(const Upcall& to);
  bool push_frame_32(const Upcall& to);
  void deliver_exception(std::uint8_t vector, std::optional<std::uint32_t> error_code);
  void enter_kernel();
  void enter_user();
  void interrupt_return_64();
  void interrupt_return_32();
  std::uint64_t flags_shown();
  void crash(const std::string& why);

  // emulate.cpp
  bool emulate(const x86::Instruction& what);
  bool emulate_control(const x86::Instruction& what);
  bool emulate_msr(const x86::Instruction& what);
  bool emulate_port(const x86::Instruction& what);
  bool forced_cpuid();
  bool may_do_io();
  void finish(const x86::Instruction& what, std::uint64_t value);

  // Names what linear addresses mean now, for engines that keep code by address space.
  std::uint64_t space_tag(Mpa root) const;
  void name_address_space();
  void hypercall(std::uint8_t length);
  // False: the guest's table has no such code or stack segment of one of its rings.
  bool change_selectors(std::uint16_t cs, std::uint16_t ss);
  x86::Instruction instruction_here();
  x86::CodeSize code_size() const;
  Storey storey() { return kernel_mode() ? Storey::GuestKernel : Storey::GuestUser; }
  void take_exit(ExitReason reason, std::uint32_t qualification, const x86::Instruction* what);
  void resume(Handling handling, std::uint32_t cost);
  std::uint64_t physical_cr0() const;

  RunContext& context_;
  HypercallService& service_;
  ParavirtualPages pages_;
  paravirtual::VirtualCpuState cpu_;
  ExitReason reason_ = ExitReason::Exception;
  Mnemonic mnemonic_ = Mnemonic::Other;
  bool in_hypervisor_ = true;  // since the guest was entered last: an exit has been answered
};

}  // namespace gv
