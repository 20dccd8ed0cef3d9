// SPDX-License-Identifier: MIT
//
// kvm_guest.h - hardware assistance, the real thing: the guest at ring 0 under KVM.
//
// The CPU (or the emulator behind KVM's interface) runs the guest's kernel in
// its own ring, walks its tables and delivers its exceptions. What is left for
// us is what the CPU cannot know: devices, and which interrupt comes next.
// Compare trap_and_emulate/: most of it has no counterpart here.
//
// Costs are measured: host nanoseconds between an exit and the next entry, on
// the guest's clock. The switch itself is inside KVM_RUN and counts as guest
// time, because nobody here can see where it begins.
//
// Control thread only.

#pragma once

#include "engine/interpreter/interpreter_engine.h"
#include "technique/interrupt_delivery.h"
#include "technique/technique.h"
#include "x86/decode.h"

#include <array>
#include <chrono>
#include <memory>

namespace gv {

class KvmGuest final : public Technique {
 public:
  explicit KvmGuest(RunContext& context);

  TechniqueKind kind() const override { return TechniqueKind::HardwareAssisted; }
  Result<void> start(const RegisterFile& entry) override;
  // The guest's own IDT takes these; KVM does not ask.
  void fault(const Faulted&) override { GV_CHECK(false && "KVM delivers exceptions itself"); }
  void software_interrupt(std::uint8_t) override { GV_CHECK(false && "KVM delivers INT n itself"); }
  void invalid_opcode() override { GV_CHECK(false && "KVM delivers #UD itself"); }
  void intercepted() override { GV_CHECK(false && "nothing is intercepted on KVM"); }

  std::uint32_t port(const PortAccessed& access) override;
  void halted() override;
  void missed_memory(const MachineMemoryMissed& miss) override;
  void interrupt_window_opened() override;
  void host_interrupted() override;
  void msr(const MsrAccessed& access) override;
  // KVM has an emulator of its own, for the modes that the CPU cannot run, and it does not know
  // every instruction: x87 and far returns are the common ones. Our interpreter executes that one
  // with the vCPU's registers, and the guest goes on behind it, or in its own handler where it
  // faulted or was INT n. False: the interpreter does not know the instruction either.
  // What KVM's emulator does know of x87 (FNINIT, FNSTCW and FNSTSW to memory) it does on a state
  // that we cannot reach.
  bool assist() override;

  bool interrupts_enabled() override { return context_.engine.ready_for_interrupt(); }
  bool if_changes_unseen() const override { return true; }
  void deliver_interrupt(std::uint8_t vector) override;
  void time_slice_ended() override {}
  RegisterFile registers() override { return context_.engine.register_file(); }
  PhysicalRegisters physical() override;
  void set_registers(const RegisterFile& r) override { context_.engine.set_register_file(r); }
  PagingMode paging() override;
  const ShadowPageTable* shadow() const override { return nullptr; }
  void memory_changed() override { context_.engine.forget_code(); }
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;

 protected:
  Gva linear_rip_now() const override { return context_.engine.linear_rip(); }

 private:
  void take_exit(ExitReason reason, std::uint32_t qualification);
  void take_port_exit(const PortAccessed& access);
  void record_exit(ExitReason reason, std::uint32_t qualification, Gva rip);
  void resume(Handling handling);
  Storey storey();
  x86::CodeSize code_size();
  void raise(const RegisterFile& at, const InterruptRequest& request);

  RunContext& context_;
  const EngineTraits traits_;
  std::unique_ptr<InterpreterEngine> assistant_;  // made when it is needed first
  ExitReason reason_ = ExitReason::Exception;
  std::chrono::steady_clock::time_point exited_{};
};

}  // namespace gv
