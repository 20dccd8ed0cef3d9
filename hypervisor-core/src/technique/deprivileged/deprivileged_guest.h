// SPDX-License-Identifier: MIT
//
// deprivileged_guest.h - a guest kernel outside ring 0, and the virtual CPU it believes in.
//
// What trap-and-emulate and binary translation share. The kernel runs in ring 1
// and its user code in ring 3; privileged work is done on a virtual CPU
// (virtual_cpu.h); page tables are shadowed (memory/shadow_page_table.h);
// exceptions, system calls and interrupts are reflected through the guest's IDT.
//
// What differs is left to the technique: which exits mean what, and where the
// guest kernel's code really runs. The virtual functions at the end of the
// protected part are all there is to that.
//
// The virtual CPU has no PAE, no VM86 and no SYSENTER. The last 4 MiB of the
// linear space are the hypervisor's; segment limits do not protect them, pages do.
//
// Reading order: deprivileged_guest.cpp, emulate_privileged.cpp, reflect.cpp,
// page_fault.cpp.
//
// Sources: Popek and Goldberg 1974; Robin and Irvine 2000; SDM vol. 3A.
// Control thread only.

#pragma once

#include "technique/deprivileged/monitor_pages.h"
#include "technique/deprivileged/shadow_gdt.h"
#include "technique/deprivileged/virtual_cpu.h"
#include "technique/interrupt_delivery.h"
#include "technique/technique.h"
#include "x86/decode.h"

#include <array>
#include <optional>

namespace gv {

// Machine frames that belong to the hypervisor.
struct HypervisorFrames {
  FramePool pool;
};
inline constexpr std::uint32_t kHypervisorFrames = 1024;  // 4 MiB: monitor pages and shadow tables

class DeprivilegedGuest : public Technique {
 public:
  DeprivilegedGuest(RunContext& context, const HypervisorFrames& frames);

  Result<void> start(const RegisterFile& entry) override;
  void fault(const Faulted& fault) override;
  void software_interrupt(std::uint8_t vector) override;
  std::uint32_t port(const PortAccessed& access) override;
  void invalid_opcode() override;
  void halted() override;
  void intercepted() override;
  void missed_memory(const MachineMemoryMissed& miss) override;
  bool interrupts_enabled() override;
  bool if_changes_unseen() const override { return false; }
  bool waits_one_instruction() const override { return cpu_.interrupt_shadow; }
  void deliver_interrupt(std::uint8_t vector) override;
  void time_slice_ended() override;
  RegisterFile registers() override;
  PhysicalRegisters physical() override;
  void set_registers(const RegisterFile& registers) override;
  PagingMode paging() override { return {cpu_.cr0, cpu_.cr3, cpu_.cr4}; }
  const ShadowPageTable* shadow() const override { return &shadow_; }
  void memory_changed() override { context_.engine.forget_code(); }
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;

  const MonitorPagesLayout& monitor() const { return monitor_; }

 protected:
  Gva linear_rip_now() const override { return context_.engine.linear_rip(); }

  // What a technique decides. The defaults: guest code runs where it stands.
  // The guest's own next instruction; and sending the guest elsewhere. The second is
  // called when the virtual CPU has its new privilege already.
  virtual std::uint64_t guest_rip() const { return context_.engine.rip(); }
  virtual void go_to(std::uint64_t rip) { context_.engine.set_rip(rip); }
  // The instruction at guest_rip() is done.
  virtual void step_over(const x86::Instruction& what) {
    go_to((guest_rip() + what.length) & 0xffffffffu);
  }
  // A general register as the guest holds it.
  virtual std::uint64_t guest_gpr(Gpr which) { return context_.engine.gpr(which); }
  // CS as the guest believes it, and the one that the CPU gets for a guest's kernel code segment.
  virtual std::uint16_t guest_code_selector() const;
  virtual std::uint16_t kernel_code_selector(std::uint16_t guest) const;
  // The virtual CPU got these segments: at an entry to the kernel, or by a load of SS.
  virtual void segments_changed(const RegisterFile&) {}
  // Whether writes to a guest frame have to be seen; and that one is about to happen.
  virtual bool is_write_protected(Gfn) const { return false; }
  virtual void protected_write(Gfn) {}
  // The guest said that its mappings changed.
  virtual void mappings_changed() {}
  // The hypervisor wrote to guest memory for the guest: an exception frame.
  virtual void wrote_memory(Gva, std::size_t) {}

  // deprivileged_guest.cpp
  const x86::Instruction& instruction_at(Gva rip);
  void take_exit(ExitReason reason, std::uint32_t qualification, const x86::Instruction* what);
  void resume(Handling handling, std::uint32_t cost);
  LinearMemory guest_linear() { return LinearMemory(context_.memory, paging()); }
  Storey storey() const { return cpu_.in_kernel ? Storey::GuestKernel : Storey::GuestUser; }
  void charge(ExitReason reason, std::uint32_t cycles);
  // The way into the hypervisor and back: a trap's, unless code in a cache called.
  std::uint32_t round_trip(ExitReason reason) const;

  // emulate_privileged.cpp: true when the instruction has been dealt with.
  bool emulate(const x86::Instruction& instruction);
  void finish_instruction(const x86::Instruction& instruction, std::uint64_t value);
  bool access_extended_features(const x86::Instruction& what);
  bool move_to_control(const x86::Instruction& instruction);
  void write_control(int number, std::uint32_t value);
  void load_table(const x86::Instruction& instruction);
  bool load_task_register(const x86::Instruction& instruction);
  bool load_stack_segment(const x86::Instruction& instruction);
  void emulate_port(const x86::Instruction& instruction);
  std::optional<std::uint32_t> operand16(const x86::Instruction& instruction);

  // reflect.cpp
  void reflect(const InterruptRequest& request);
  void enter(const RegisterFile& next, const RegisterFile& before);
  bool emulate_return(const x86::Instruction& instruction);  // IRET and far RET
  virtual std::uint64_t physical_flags(std::uint64_t guest_flags) const;

  // page_fault.cpp
  void page_fault(const Faulted& fault);
  void fill_shadow(const PageWalk& walk, AccessKind kind, AccessLevel level);
  void drop_shadow(FlushCause cause);
  void drop_translation(Gva address);

  RunContext& context_;
  VirtualCpu cpu_;
  MonitorPagesLayout monitor_;
  ShadowPageTable shadow_;
  ShadowGdt gdt_;

  // The exit being answered.
  ExitReason reason_ = ExitReason::Exception;
  Mnemonic mnemonic_ = Mnemonic::Other;

  struct DecodedAt {
    std::uint64_t rip = ~std::uint64_t{0};
    std::array<std::uint8_t, x86::kLongestInstruction + 1> bytes{};
    x86::Instruction instruction;
  };
  static constexpr std::size_t kDecodedSlots = 256;
  std::array<DecodedAt, kDecodedSlots> decoded_{};
  // Where the code page that was decoded last lies; void after any change of mapping.
  std::uint64_t code_page_ = ~std::uint64_t{0};
  const std::uint8_t* code_bytes_ = nullptr;
};

}  // namespace gv
