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
    return walk.user && (kind != AccessKind::Write || walk.writable) &&
           (kind != AccessKind::Execute || walk.executable);
  }
  if (kind == AccessKind::Execute) {
    return walk.executable;
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

  if (mode.pae()) {
    return walk_wide(mode, address, kind, level, set);
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

// PAE and 4-level paging: the same eight-byte entries, from level 3 or 4 down.
PageWalk PageWalker::walk_wide(const PagingMode& mode, Gva address, AccessKind kind,
                               AccessLevel level, SetAccessedDirty set) const {
  constexpr std::string_view kLevelNames[] = {"", "PT", "PD", "PDPT", "PML4"};
  PageWalk walk;
  const std::uint64_t linear =
      mode.long_mode() ? address.value : address.value & std::uint64_t{0xffffffff};
  walk.address = Gva(linear);
  walk.writable = walk.user = true;
  const int top = mode.long_mode() ? 4 : 3;
  std::uint64_t table = mode.cr3 & (top == 4 ? cr3::kBaseMask64 : cr3::kBaseMaskPae);
  std::uint64_t leaf_size = kPageSize;
  for (int depth = top; depth >= 1; --depth) {
    // A PAE directory-pointer table has four entries: bits 31:30.
    const bool pae_pointer = top == 3 && depth == 3;
    const std::uint32_t index = paging64::index(linear, depth) & (pae_pointer ? 3u : 0x1ffu);
    const Gpa at(table + std::uint64_t{index} * paging64::kEntrySize);
    if (!memory_.translate(at)) {
      walk.outcome = WalkOutcome::OutsideMemory;
      return walk;
    }
    const auto entry = memory_.load<std::uint64_t>(at);
    walk.step[walk.steps++] = {kLevelNames[depth], at.value, entry, index};
    if ((entry & pte::P) == 0) {
      walk.outcome = WalkOutcome::NotPresent;
      return walk;
    }
    const bool may_be_leaf = depth == 2 || (depth == 3 && top == 4);
    const bool large = may_be_leaf && (entry & pte::PS) != 0;
    if (((entry & pte::NX) != 0 && !mode.no_execute()) || (depth == 4 && (entry & pte::PS) != 0)) {
      walk.outcome = WalkOutcome::ReservedBit;
      return walk;
    }
    if (!pae_pointer) {  // whose rights bits are reserved
      walk.writable = walk.writable && (entry & pte::RW) != 0;
      walk.user = walk.user && (entry & pte::US) != 0;
      walk.executable = walk.executable && (entry & pte::NX) == 0;
    }
    table = entry & paging64::kFrameMask;
    if (large || depth == 1) {
      leaf_size = std::uint64_t{1} << (12 + 9 * (depth - 1));
      // Bit 12 of a large leaf is PAT; the rest below the frame is reserved.
      if ((table & (leaf_size - 1) & ~(std::uint64_t{large} << 12)) != 0) {
        walk.outcome = WalkOutcome::ReservedBit;
        return walk;
      }
      table &= ~(leaf_size - 1);
      break;
    }
  }
  walk.page_size = leaf_size;
  walk.physical = table | (linear & (leaf_size - 1));
  const WalkStep& leaf = walk.step[walk.steps - 1u];
  walk.accessed = (leaf.entry & pte::A) != 0;
  walk.dirty = (leaf.entry & pte::D) != 0;
  if (!allowed(walk, mode, kind, level)) {
    walk.outcome = WalkOutcome::ProtectionFailed;
    return walk;
  }
  walk.outcome = WalkOutcome::Mapped;
  if (set == SetAccessedDirty::Yes) {
    for (int i = top == 3 ? 1 : 0; i < walk.steps; ++i) {
      const WalkStep& step = walk.step[static_cast<std::size_t>(i)];
      const bool is_leaf = i == walk.steps - 1;
      const std::uint64_t marks = pte::A | (is_leaf && kind == AccessKind::Write ? pte::D : 0u);
      if ((step.entry & marks) != marks) {
        memory_.store<std::uint64_t>(Gpa(step.entry_address), step.entry | marks);
      }
    }
    walk.accessed = true;
    walk.dirty = walk.dirty || kind == AccessKind::Write;
  }
  return walk;
}

std::uint32_t PageWalker::error_code(const PageWalk& walk, AccessKind kind, AccessLevel level,
                                     bool no_execute) {
  std::uint32_t code = 0;
  if (walk.outcome == WalkOutcome::ProtectionFailed) {
    code |= page_fault::P;
  }
  if (walk.outcome == WalkOutcome::ReservedBit) {
    code |= page_fault::P | page_fault::RSVD;
  }
  if (kind == AccessKind::Execute && no_execute) {
    code |= page_fault::I;
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
