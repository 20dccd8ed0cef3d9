// SPDX-License-Identifier: MIT
//
// unicorn_engine.h - instructions executed in software by Unicorn.
//
// One Unicorn instance on its own stack (fiber.h). Callbacks turn into exits:
//
//   trap or INT n   INTR hook: suspend inside the hook, resume in place
//   IN, OUT         INSN hook: suspend inside the hook, resume with the reply
//   SYSCALL         INSN hook: done there as a CPU does it, or an exit
//   block start     BLOCK hook: count instructions, stop when a target is near
//   HLT, #UD        uc_emu_start returns
//
// Retired instructions are counted per block (block_counter.h), so guest code
// runs at full speed; the engine single-steps only to stop inside a block.
// "Canonical" blocks are those of an undisturbed run. A stop inside one leaves
// inside_block() true until its end, so that stopping changes nothing.
//
// Long mode is a second Unicorn instance, which the CPU's state moves into and out of
// (unicorn_instances.cpp). What a hypervisor sets before a 64-bit guest's first run is the mode
// first (EFER, CR4, CR3, CR0), then the rest.
//
// Deprivileged use: after set_up_monitor() every change of ring goes through an
// IRET in the hypervisor's own page, as a real one does it.
//
// Unicorn's peculiarities that shape this file are in its .cpp, each where it bites.
// Control thread only.

#pragma once

#include "engine/vcpu_engine.h"
#include "memory/guest_memory.h"

#include <memory>
#include <optional>

namespace gv {

class UnicornEngine final : public VcpuEngine {
 public:
  static Result<std::unique_ptr<UnicornEngine>> create(MachineMemory& memory);
  ~UnicornEngine() override;

  EngineTraits traits() const override { return {"unicorn", true}; }
  Result<Exit> run(const Entry& entry) override;
  std::uint64_t retired() const override;
  std::uint64_t added() const override;
  bool inside_block() const override;

  std::uint64_t rip() override;
  void set_rip(std::uint64_t value) override;
  std::uint64_t rflags() override;
  void set_rflags(std::uint64_t value) override;
  std::uint64_t gpr(Gpr which) override;
  void set_gpr(Gpr which, std::uint64_t value) override;
  std::uint16_t selector(SegmentName which) override;
  void set_selector(SegmentName which, std::uint16_t value) override;
  std::uint64_t control(ControlRegister which) override;
  void set_control(ControlRegister which, std::uint64_t value) override;
  std::optional<std::uint64_t> msr(Msr which) override;
  bool set_msr(Msr which, std::uint64_t value) override;
  DescriptorTableRegister gdtr() override;
  DescriptorTableRegister idtr() override;
  Segment task_register() override;
  std::uint16_t ldt_selector() override;
  void set_gdtr(const DescriptorTableRegister& value) override;
  void set_idtr(const DescriptorTableRegister& value) override;
  std::uint64_t code_base() override;
  int code_bits() override;
  Gva linear_rip() override;

  Result<void> set_up_monitor(const MonitorPages& pages) override;
  void use_monitor(const MonitorPages& pages) override;
  Result<void> switch_in(const EngineState& state) override;
  void switch_privilege(const PrivilegeSwitch& to) override;
  void intercept(const Intercepts& wanted) override;
  void pass_intercepted(Gva at) override;
  void watch(const std::vector<Gva>& addresses) override;
  bool watch_memory(const std::vector<WatchedRange>& ranges) override;
  std::vector<MemoryTouch> take_touches() override;
  std::vector<MemoryTouch> take_unfinished_touches() override;
  void flush_tlb() override;
  void enter_address_space(std::uint64_t tag) override;
  void limit_memory(Mpa end) override;
  void leave_block() override;
  void forget_code() override;
  void forget_code(Gva first, std::uint64_t bytes) override;
  void set_code_map(const CodeMap* map) override;
  EngineState save() override;
  Result<void> restore(const EngineState& state) override;

  struct State;  // unicorn_state.h

 private:
  explicit UnicornEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gv
