// SPDX-License-Identifier: MIT
//
// trap_and_emulate.h - the classical hypervisor: deprivilege, trap, emulate.
//
// The guest kernel runs in ring 1 and its user code in ring 3. Its privileged
// instructions trap and are carried out on a virtual CPU (virtual_cpu.h); its
// page tables are shadowed (memory/shadow_page_table.h); its exceptions and
// system calls are reflected through its own IDT.
//
// Left as it truly is: the seventeen sensitive instructions that do not trap
// on this architecture. POPF in ring 1 silently keeps IF; SGDT shows the
// hypervisor's table. A guest that depends on them fails here, as it did.
//
// The virtual CPU has no PAE, no VM86 and no SYSENTER. The last 4 MiB of the
// linear space are the hypervisor's; segment limits do not protect them, pages do.
//
// Reading order: trap_and_emulate.cpp (which exit goes where), then
// emulate_privileged.cpp, reflect.cpp, page_fault.cpp.
//
// Sources: Popek and Goldberg 1974; Robin and Irvine 2000; SDM vol. 3A.
// Control thread only.

#pragma once

#include "technique/interrupt_delivery.h"
#include "technique/technique.h"
#include "technique/trap_and_emulate/monitor_pages.h"
#include "technique/trap_and_emulate/shadow_gdt.h"
#include "technique/trap_and_emulate/virtual_cpu.h"
#include "x86/decode.h"

#include <array>
#include <optional>

namespace gv {

// Machine frames that belong to the hypervisor.
struct HypervisorFrames {
  FramePool pool;
};
inline constexpr std::uint32_t kHypervisorFrames = 1024;  // 4 MiB: monitor pages and shadow tables

class TrapAndEmulate final : public Technique {
 public:
  TrapAndEmulate(RunContext& context, const HypervisorFrames& frames);

  TechniqueKind kind() const override { return TechniqueKind::TrapAndEmulate; }
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
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;

  const MonitorPagesLayout& monitor() const { return monitor_; }

 protected:
  Gva linear_rip_now() const override { return context_.engine.linear_rip(); }

 private:
  // trap_and_emulate.cpp
  const x86::Instruction& instruction_at(Gva rip);
  void take_exit(ExitReason reason, std::uint32_t qualification, const x86::Instruction* what);
  void resume(Handling handling, std::uint32_t cost);
  LinearMemory guest_linear() { return LinearMemory(context_.memory, paging()); }
  Storey storey() const { return cpu_.in_kernel ? Storey::GuestKernel : Storey::GuestUser; }
  void charge(ExitReason reason, std::uint32_t cycles);

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
  std::uint64_t physical_flags(std::uint64_t guest_flags) const;

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
