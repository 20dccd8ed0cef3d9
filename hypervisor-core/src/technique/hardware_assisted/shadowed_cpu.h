// SPDX-License-Identifier: MIT
//
// shadowed_cpu.h - the CPU below emulated VT-x, whose guest's tables may not be the ones it walks.
//
// With nested paging the CPU walks the guest's own tables and this is BareMetal. Without it the
// CPU has one CR3, and that is the hypervisor's: it points to shadow page tables. The guest then
// has a CR3, a CR2 and paging bits of its own here, which is what VT-x has guest/host masks and
// read shadows for.
//
// Nothing here exits or is charged for: emulated_vtx.cpp decides that. The shadow's address space
// is all the guest's; the hypervisor has one of its own.
//
// Not here: shadows of the PAE and 4-level formats, and real mode, which VT-x had no way to run
// before it had nested paging.
//
// Source: SDM vol. 3C, "Memory Virtualization", "Guest/Host Masks and Read Shadows for CR0 and
// CR4". Control thread only.

#pragma once

#include "technique/bare_metal/bare_metal.h"

#include <optional>

namespace gv {

class ShadowedCpu final : public BareMetal {
 public:
  // Machine frames behind the guest's memory, for shadow tables.
  static constexpr std::uint32_t kFrames = 512;

  explicit ShadowedCpu(RunContext& context);

  Result<void> start(const RegisterFile& entry) override;

  // Error: one sentence; a guest in this mode has no shadow here.
  static Result<void> check(const PagingMode& mode);
  // Who owns the tables that the CPU walks. REQUIRES for the second: check() of the guest's mode.
  void walk_guest_tables();
  void walk_shadow();
  bool is_shadowed() const { return shadowed_; }

  // The rest only where the CPU walks the shadow.

  // A page fault of the CPU's. Empty: the guest's tables allow the access, and the shadow has been
  // filled. Else the error code of a fault that is the guest's own.
  std::optional<std::uint32_t> fill(const Faulted& fault);
  std::uint64_t guest_control(ControlRegister which) { return control(which); }
  // Whether this MOV changes a bit that is not the guest's to change.
  bool changes_owned_bits(int number, std::uint64_t value);
  // Error: check()'s of the mode that would follow.
  Result<void> check_write(int number, std::uint64_t value);
  // True: the whole shadow had to go.
  bool write_control(int number, std::uint64_t value);
  void forget_translation(Gva address);  // INVLPG

  PagingMode paging() override;
  const ShadowPageTable* shadow() const override { return shadowed_ ? &shadow_ : nullptr; }
  void save(StateWriter& out) const override;
  // `shadowed`: as it was when the state was saved.
  void restore(StateReader& in, bool shadowed);

 protected:
  std::uint64_t control(ControlRegister which) override;
  void set_fault_address(Gva address) override;
  void before_loading(std::uint16_t selector) override;

 private:
  Mpa guest_memory_end() const { return Mpa(context_.memory.size()); }
  void map(const PageWalk& walk, AccessKind kind, AccessLevel level);
  void drop_all(FlushCause cause);
  void name_address_space();
  void reach_descriptors();

  RunContext& context_;
  ShadowPageTable shadow_;
  bool shadowed_ = false;
  // The guest's, while the CPU's are the hypervisor's. Of CR0 and CR4 the owned bits alone.
  std::uint64_t owned_cr0_ = 0, owned_cr4_ = 0, cr2_ = 0, cr3_ = 0;
};

}  // namespace gv
