// SPDX-License-Identifier: MIT
//
// binary_translation.h - the guest kernel runs from a cache of translations of itself.
//
// As VMware's first hypervisors did it. Guest user code runs directly, as under
// trap-and-emulate; guest kernel code never does. It is translated when it is
// first reached, a unit at a time (translator.h), and its translation runs in
// ring 1. So no sensitive instruction meets the real CPU: the seventeen that do
// not trap come out right, and the privileged ones need no trap.
//
// Time and position. A guest instruction retires with the last instruction of
// its translation; that count is the run's. What the CPU executes besides is
// counted apart (Ledger::translation.added_instructions) and costs virtual time
// like any instruction. Asynchronous events come only where the guest's
// registers are whole. The cache lies in machine memory, so a checkpoint holds
// it and a replay finds the same one.
//
// What must become void does: a frame that code was translated from is mapped
// read-only, and a write to it voids its units; INVLPG, CR3 and mode changes
// look again where each code page is mapped. A frame that holds code and data
// is not worth a fault each time: its units compare their bytes instead.
//
// Limits. Kernel code needs a flat 32-bit code segment. TF in the guest kernel
// is remembered by nobody. User code sees what it sees under trap-and-emulate.
// A near branch with a 16-bit operand is done by callout.
//
// Reading order: binary_translation.cpp (entering, and what the cache asks
// for), callouts.cpp, invalidation.cpp.
//
// Source: Adams and Agesen 2006, section 3. Control thread only.

#pragma once

#include "technique/binary_translation/shared_cpu.h"
#include "technique/binary_translation/translated_code.h"
#include "technique/deprivileged/deprivileged_guest.h"
#include "x86/descriptor.h"

#include <optional>

namespace gv {

class BinaryTranslation final : public DeprivilegedGuest {
 public:
  // `frames` as for every deprivileged guest; after them, own_frames() of this technique's.
  BinaryTranslation(RunContext& context, const HypervisorFrames& frames, std::uint32_t cache_bytes);
  static std::uint32_t own_frames(std::uint32_t cache_bytes);

  TechniqueKind kind() const override { return TechniqueKind::BinaryTranslation; }
  void software_interrupt(std::uint8_t vector) override;
  void enter_guest(bool interrupt_pending) override;
  void leave_guest() override;
  void memory_changed() override;
  std::optional<TranslationCacheView> translation_cache() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;

 protected:
  Gva linear_rip_now() const override;
  std::uint64_t guest_rip() const override;
  void go_to(std::uint64_t rip) override;
  void step_over(const x86::Instruction& what) override;
  std::uint64_t guest_gpr(Gpr which) override;
  std::uint64_t physical_flags(std::uint64_t guest_flags) const override;
  std::uint16_t guest_code_selector() const override;
  std::uint16_t kernel_code_selector(std::uint16_t guest) const override;
  void segments_changed(const RegisterFile& cpu) override;
  bool is_write_protected(Gfn gfn) const override;
  void protected_write(Gfn gfn) override;
  void mappings_changed() override;
  void wrote_memory(Gva address, std::size_t bytes) override;

 private:
  // binary_translation.cpp
  SharedCpu& shared() const { return *reinterpret_cast<SharedCpu*>(code_.storage().shared); }
  std::uint32_t cache_rip() const { return static_cast<std::uint32_t>(context_.engine.rip()); }
  // Whether the CPU stands in the cache, at a place that says where the guest is.
  bool stands_in_cache() const { return in_cache_ && !pending_rip_; }
  void make_pending();  // the guest's position as its own address, with its registers whole
  void resolve();
  const UnitRecord* unit_for(std::uint32_t guest, std::optional<std::uint32_t> instead_of_stub,
                             bool landing);
  void answer_stub();
  void answer_miss();
  void check_unit();

  // callouts.cpp
  void callout();
  bool emulate_in_callout(const x86::Instruction& what);
  bool push_or_pop_flags(const x86::Instruction& what);
  bool read_hidden_state(const x86::Instruction& what);
  bool store_table(const x86::Instruction& what);
  bool ask_descriptor(const x86::Instruction& what);
  bool far_transfer(const x86::Instruction& what);
  bool load_stack_segment_and_pointer(const x86::Instruction& what);
  bool near_branch(const x86::Instruction& what);
  bool interrupt_instruction(const x86::Instruction& what);
  bool push32(std::uint32_t value);
  std::optional<x86::Descriptor> guest_descriptor(std::uint16_t selector, std::uint64_t* raw);
  bool write_result(const x86::Instruction& what, std::uint32_t value, int memory_bits);

  // invalidation.cpp
  void evict(EvictionCause cause);
  void void_units(InvalidationCause cause, Gfn gfn,
                  const std::function<bool(const UnitRecord&)>& is_void);
  std::uint32_t fetch(std::uint32_t guest, std::uint8_t* out, std::uint32_t gfn[2]);
  void protect(std::uint32_t gfn);

  TranslatedCode code_;
  bool in_cache_ = false;                     // the CPU last ran, or will run, translations
  std::optional<std::uint32_t> pending_rip_;  // where the guest is when the CPU is not there yet
  std::uint16_t kernel_cs_ = 0;               // the guest's
  bool flat_stack_ = true;
  bool can_run_ = true;  // the code segment is one that translations can stand for
};

}  // namespace gv
