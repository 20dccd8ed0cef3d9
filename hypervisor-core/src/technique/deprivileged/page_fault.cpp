// SPDX-License-Identifier: MIT
//
// page_fault.cpp - one page fault, two page tables.
//
// The MMU walked the shadow and failed. Whether the guest may know depends on
// its own tables: if they refuse, the fault is the guest's and is reflected; if
// they allow the access, the shadow was merely behind and is filled.

#include "technique/deprivileged/deprivileged_guest.h"

#include "x86/control_registers.h"
#include "x86/exceptions.h"

namespace gv {

using namespace x86;

void DeprivilegedGuest::page_fault(const Faulted& fault) {
  const AccessKind kind =
      (fault.error_code & page_fault::W) != 0 ? AccessKind::Write : AccessKind::Read;
  const AccessLevel level =
      (fault.error_code & page_fault::U) != 0 ? AccessLevel::User : AccessLevel::Supervisor;
  take_exit(ExitReason::PageFault, fault.error_code, &instruction_at(linear_rip()));

  const PageWalk walk =
      PageWalker(context_.memory).walk(paging(), fault.address, kind, level, SetAccessedDirty::Yes);
  const bool allowed =
      walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
  if (!allowed || fault.address >= kMonitorBase) {
    const std::uint32_t error = PageWalker::error_code(walk, kind, level);
    ++context_.ledger.guest_faults;
    context_.record(linear_rip(), PageFaulted{fault.address, error, FaultKind::GuestFault});
    cpu_.cr2 = static_cast<std::uint32_t>(fault.address.value);
    reflect({kPageFault, InterruptSource::Exception, error});
    resume(Handling::Reflected, context_.cost.reflect);
    return;
  }
  const bool only_dirty = (fault.error_code & page_fault::P) != 0 && kind == AccessKind::Write;
  const Gfn frame = frame_of(Gpa(walk.physical));
  const bool to_code = kind == AccessKind::Write && is_write_protected(frame);
  const FaultKind hidden = to_code      ? FaultKind::CodeWrite
                           : only_dirty ? FaultKind::DirtyTrack
                                        : FaultKind::ShadowMiss;
  ++(to_code      ? context_.ledger.translation.code_writes
     : only_dirty ? context_.ledger.dirty_tracks
                  : context_.ledger.shadow_misses);
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), PageFaulted{fault.address, fault.error_code, hidden});
  }
  if (to_code) {
    protected_write(frame);
  }
  fill_shadow(walk, kind, level);
  resume(Handling::ShadowFilled, context_.cost.shadow_fill);
}

void DeprivilegedGuest::fill_shadow(const PageWalk& walk, AccessKind kind, AccessLevel level) {
  const Gfn frame = frame_of(Gpa(walk.physical));
  ShadowMapping mapping = shadow_mapping(context_.memory, walk, kind, level);
  mapping.writable = mapping.writable && !is_write_protected(frame);
  if (shadow_.map(mapping) == ShadowPageTable::MapResult::PoolExhausted) {
    drop_shadow(FlushCause::OutOfFrames);
    GV_CHECK(shadow_.map(mapping) == ShadowPageTable::MapResult::Mapped);
  }
  ++context_.ledger.shadow_fills;
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), ShadowFilled{mapping.address, frame, mapping.frame,
                                               mapping.writable, mapping.user});
  }
}

void DeprivilegedGuest::drop_shadow(FlushCause cause) {
  const std::uint32_t dropped = shadow_.drop_all();
  code_page_ = ~std::uint64_t{0};
  context_.engine.flush_tlb();
  ++context_.ledger.shadow_flushes;
  charge(reason_, context_.cost.shadow_flush);
  context_.record(linear_rip(), ShadowFlushed{cause, dropped});
}

// INVLPG. Whether the address lay in a large page is no longer known: with PSE, all 4 MiB go.
void DeprivilegedGuest::drop_translation(Gva address) {
  const std::uint32_t dropped = (cpu_.cr4 & cr4::PSE) != 0 ? shadow_.drop_directory_entry(address)
                                                           : shadow_.drop_page(address);
  code_page_ = ~std::uint64_t{0};
  context_.engine.flush_tlb();
  ++context_.ledger.shadow_flushes;
  context_.record(linear_rip(), ShadowFlushed{FlushCause::Invlpg, dropped});
  mappings_changed();
}

}  // namespace gv
