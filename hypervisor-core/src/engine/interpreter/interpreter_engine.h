// SPDX-License-Identifier: MIT
//
// interpreter_engine.h - our own x86 CPU as an engine.
//
// Deterministic: a run is a function of memory and registers alone. It can stop
// between any two instructions, and does so where an Entry asks; so unlike on
// Unicorn every instruction boundary is a block boundary, but for the one that
// STI and loads of SS shade from interrupts.
//
// Not modelled: vectors, most of what floating_point.h leaves out, virtual-8086 mode, task
// switches, debug registers, alignment checks, SMEP, SMAP, a local APIC. CPUID says so.
//
// Control thread only.

#pragma once

#include "engine/vcpu_engine.h"
#include "memory/machine_memory.h"
#include "memory/p2m.h"

#include <memory>

namespace gv {

class InterpreterEngine final : public VcpuEngine {
 public:
  // Physical addresses are machine addresses; or a guest's, which `seen` turns into machine ones.
  explicit InterpreterEngine(MachineMemory& memory);
  InterpreterEngine(MachineMemory& memory, P2m seen);
  ~InterpreterEngine() override;

  EngineTraits traits() const override { return {"interpreter", true}; }
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
  void switch_privilege(const PrivilegeSwitch& to) override;
  // Of these, SYSCALL alone: the rest is a matter of rings here.
  void intercept(const Intercepts& wanted) override;
  void watch(const std::vector<Gva>& addresses) override;
  bool watch_memory(const std::vector<WatchedRange>& ranges) override;
  std::vector<MemoryTouch> take_touches() override;
  std::vector<MemoryTouch> take_unfinished_touches() override;
  void flush_tlb() override;
  void enter_address_space(std::uint64_t) override {}  // code is known by its physical address
  void forget_code() override;
  void forget_code(Gva, std::uint64_t) override {}  // memory_written() has told
  void set_code_map(const CodeMap* map) override;
  void memory_written(Mpa from, std::uint64_t bytes) override;
  EngineState save() override;
  Result<void> restore(const EngineState& state) override;
  Result<void> switch_in(const EngineState& state) override;

  std::optional<FloatingPointState> floating_point() override;
  void set_floating_point(const FloatingPointState& state) override;
  RegisterFile register_file() override;
  void set_register_file(const RegisterFile& registers) override;
  // For whoever changes memory and tables behind this engine's back: nothing that was decoded or
  // translated before is believed. One instruction; BudgetSpent when it simply completed.
  Exit run_one_afresh();

  // A segment register with what the CPU keeps behind it. No other engine shows that.
  const Segment& segment(SegmentName which) const;

  void examine(Examination wanted) override;
  std::optional<ExaminedInstructions> examined() override;

 private:
  struct State;
  // The record of the next instruction without running it: what the bytes at RIP say.
  InstructionRecord look_inside();
  Result<Exit> run_unseen(const Entry& entry);
  // The same, and an instruction right before `stop_exactly` is taken apart.
  Result<Exit> run_examined(const Entry& entry);
  std::unique_ptr<State> state_;
};

}  // namespace gv
