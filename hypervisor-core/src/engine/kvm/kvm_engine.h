// SPDX-License-Identifier: MIT
//
// kvm_engine.h - instructions executed by the CPU itself, through Linux' KVM.
//
// The guest runs at ring 0 in its own mode; KVM and the CPU walk its page
// tables and its IDT. Exits are KVM's, translated to values:
//
//   KVM_EXIT_IO               PortAccessed, one for each element of a string instruction
//   KVM_EXIT_MMIO             MachineMemoryMissed; reads answer ones, as an empty bus does
//   KVM_EXIT_HLT              HaltExecuted
//   KVM_EXIT_IRQ_WINDOW_OPEN  InterruptWindowOpened
//   EINTR                     HostInterrupted: the slice is over (alarm.h)
//   KVM_EXIT_X86_RDMSR/WRMSR  MsrAccessed, of registers that KVM does not know
//   KVM_EXIT_DEBUG            AddressReached
//   KVM_EXIT_SHUTDOWN         TripleFaulted
//   KVM_EXIT_INTERNAL_ERROR   ExecutionRefused; technique/hardware_assisted may execute it
//
// Instructions are not counted: retired() is 0 and time is measured on the
// host's monotonic clock. The guest's clock runs slower than the host's where
// KVM emulates ring 0, or a timer's period would be over before its handler is.
//
// Not here: KVM's in-kernel PIC and PIT; ours are the ones that are drawn.
// What this machine's KVM refuses is found out in kvm_host.h.
// Control thread only, except interrupt().

#pragma once

#include "engine/vcpu_engine.h"
#include "memory/machine_memory.h"

#include <memory>

namespace gv {

class KvmEngine final : public VcpuEngine {
 public:
  // Error: why there is no KVM to be had here.
  static Result<std::unique_ptr<KvmEngine>> create(MachineMemory& memory);
  // The same error, without an engine; and why 32-bit paging is refused, if it is.
  static Result<void> check();
  static Result<void> check_legacy_paging();
  ~KvmEngine() override;

  EngineTraits traits() const override;
  Result<Exit> run(const Entry& entry) override;
  std::uint64_t retired() const override { return 0; }
  bool inside_block() const override { return false; }

  std::uint64_t rip() override;
  void set_rip(std::uint64_t value) override;
  std::uint64_t rflags() override;
  void set_rflags(std::uint64_t value) override;
  std::uint64_t gpr(Gpr which) override;
  void set_gpr(Gpr which, std::uint64_t value) override;
  std::uint16_t selector(SegmentName which) override;
  // In real mode; in protected mode through set_register_file() only.
  void set_selector(SegmentName which, std::uint16_t value) override;
  std::uint64_t control(ControlRegister which) override;
  void set_control(ControlRegister which, std::uint64_t value) override;
  std::optional<std::uint64_t> msr(Msr which) override;
  bool set_msr(Msr which, std::uint64_t value) override;
  std::optional<FloatingPointState> floating_point() override;
  void set_floating_point(const FloatingPointState& state) override;
  DescriptorTableRegister gdtr() override;
  DescriptorTableRegister idtr() override;
  Segment task_register() override;
  std::uint16_t ldt_selector() override;
  void set_gdtr(const DescriptorTableRegister& value) override;
  void set_idtr(const DescriptorTableRegister& value) override;
  std::uint64_t code_base() override;
  int code_bits() override;
  Gva linear_rip() override { return Gva(code_base() + rip()); }

  Result<void> set_up_monitor(const MonitorPages& pages) override;
  void switch_privilege(const PrivilegeSwitch& to) override;
  RegisterFile register_file() override;
  void set_register_file(const RegisterFile& registers) override;
  bool ready_for_interrupt() override;
  void inject(std::uint8_t vector) override;
  std::uint64_t measured() const override;
  void interrupt() override;

  // The first four; KVM has the CPU's breakpoint registers, and an emulating one obeys them in
  // ring 0 only.
  void watch(const std::vector<Gva>& addresses) override;
  void flush_tlb() override {}  // KVM follows the guest's tables by itself
  void enter_address_space(std::uint64_t) override {}
  void forget_code() override {}
  EngineState save() override;
  Result<void> restore(const EngineState& state) override;

  Result<void> start_dirty_log();
  Result<std::vector<Mfn>> take_dirty_log();

  struct State;  // kvm_engine.cpp

 private:
  explicit KvmEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gv
