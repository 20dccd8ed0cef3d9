// SPDX-License-Identifier: MIT

#include "memory/page_walker.h"

#include "x86/control_registers.h"
#include "x86/exceptions.h"
#include "x86/page_table_entry.h"

namespace gv {

using namespace x86;

namespace {

bool allowed(const PageWalk& walk, const PagingMode& mode, AccessKind kind, AccessLevel level) {
  if (level == AccessLevel::User) {
    return walk.user && (kind != AccessKind::Write || walk.writable);
  }
  const bool obeys_read_only = (mode.cr0 & cr0::WP) != 0;
  return kind != AccessKind::Write || walk.writable || !obeys_read_only;
}

}  // namespace

PageWalk PageWalker::walk(const PagingMode& mode, Gva address, AccessKind kind, AccessLevel level,
                          SetAccessedDirty set) const {
  PageWalk walk;
  walk.address = Gva(address.value & 0xffffffffu);
  const auto linear = static_cast<std::uint32_t>(address.value);
  if (!mode.enabled()) {
    walk.outcome = WalkOutcome::PagingOff;
    walk.physical = linear;
    walk.writable = walk.user = true;
    return walk;
  }

  const Gpa directory((mode.cr3 & cr3::kBaseMask32) +
                      std::uint64_t{paging32::directory_index(linear)} * paging32::kEntrySize);
  if (!memory_.translate(directory)) {
    walk.outcome = WalkOutcome::OutsideMemory;
    return walk;
  }
  const auto pde = memory_.load<std::uint32_t>(directory);
  walk.step[walk.steps++] = {"PD", directory.value, pde, paging32::directory_index(linear)};
  if ((pde & pte::P) == 0) {
    walk.outcome = WalkOutcome::NotPresent;
    return walk;
  }

  const bool large = (pde & pte::PS) != 0 && (mode.cr4 & cr4::PSE) != 0;
  std::uint32_t leaf = pde;
  Gpa leaf_address = directory;
  if (large) {
    walk.page_size = paging32::kLargePageSize;
    walk.physical = (pde & paging32::kLargeFrameMask) | (linear & ~paging32::kLargeFrameMask);
  } else {
    leaf_address = Gpa((pde & paging32::kFrameMask) +
                       std::uint64_t{paging32::table_index(linear)} * paging32::kEntrySize);
    if (!memory_.translate(leaf_address)) {
      walk.outcome = WalkOutcome::OutsideMemory;
      return walk;
    }
    leaf = memory_.load<std::uint32_t>(leaf_address);
    walk.step[walk.steps++] = {"PT", leaf_address.value, leaf, paging32::table_index(linear)};
    if ((leaf & pte::P) == 0) {
      walk.outcome = WalkOutcome::NotPresent;
      return walk;
    }
    walk.physical = (leaf & paging32::kFrameMask) | (linear & kPageOffsetMask);
  }

  // Rights are the AND over the levels: SDM vol. 3A, "Determination of Access Rights".
  walk.writable = (pde & leaf & pte::RW) != 0;
  walk.user = (pde & leaf & pte::US) != 0;
  walk.accessed = (leaf & pte::A) != 0;
  walk.dirty = (leaf & pte::D) != 0;
  if (!allowed(walk, mode, kind, level)) {
    walk.outcome = WalkOutcome::ProtectionFailed;
    return walk;
  }
  walk.outcome = WalkOutcome::Mapped;

  if (set == SetAccessedDirty::Yes) {
    if (!large && (pde & pte::A) == 0) {
      memory_.store<std::uint32_t>(directory, pde | pte::A);
    }
    const std::uint32_t marks = pte::A | (kind == AccessKind::Write ? pte::D : 0u);
    if ((leaf & marks) != marks) {
      memory_.store<std::uint32_t>(leaf_address, leaf | marks);
    }
    walk.accessed = true;
    walk.dirty = walk.dirty || kind == AccessKind::Write;
  }
  return walk;
}

std::uint32_t PageWalker::error_code(const PageWalk& walk, AccessKind kind, AccessLevel level) {
  std::uint32_t code = 0;
  if (walk.outcome == WalkOutcome::ProtectionFailed) {
    code |= page_fault::P;
  }
  if (kind == AccessKind::Write) {
    code |= page_fault::W;
  }
  if (level == AccessLevel::User) {
    code |= page_fault::U;
  }
  return code;
}

}  // namespace gv
