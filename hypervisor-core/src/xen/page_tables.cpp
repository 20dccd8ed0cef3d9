// SPDX-License-Identifier: MIT

#include "xen/page_tables.h"

#include "x86/page_table_entry.h"
#include "xen/public_headers.h"
#include "xen/segments.h"

#include <cstring>

namespace gv::xen {

using namespace x86;

namespace {

constexpr std::uint32_t kEntries = 512;
constexpr std::uint32_t kPaeTopSlot = 3;
// Attributes that a domain without devices may not set: it could alias memory uncached.
constexpr std::uint64_t kForbidden = pte::PWT | pte::PCD | pte::PS | pte::G;

std::uint64_t frame_in(std::uint64_t entry) { return (entry & paging64::kFrameMask) >> 12; }
bool present(std::uint64_t entry) { return (entry & pte::P) != 0; }

Mpa entry_at(Mfn table, std::uint32_t index) {
  return base_of(table) + std::uint64_t{index} * paging64::kEntrySize;
}

std::uint32_t entries_of(int level, Width width) {
  return level == 3 && width == Width::Bits32 ? 4 : kEntries;
}

}  // namespace

bool PageTables::is_guest_slot(const Slot& slot, const TableOwner& owner) {
  if (owner.width == Width::Bits64) {
    return slot.level != 4 || slot.index < kFirstXenL4Slot || slot.index > kLastXenL4Slot;
  }
  return slot.level != 2 || !slot.pae_top || slot.index < kFirstXenL2Slot;
}

// Ring 3 is where a 64-bit guest's kernel runs too: all it maps is for ring 3.
std::uint64_t PageTables::adjusted(std::uint64_t entry, const TableOwner& owner, int) const {
  return present(entry) && owner.width == Width::Bits64 ? entry | pte::US : entry;
}

void PageTables::write(Mpa at, std::uint64_t value, int level) {
  const auto before = frames_.memory().load<std::uint64_t>(at);
  frames_.memory().store<std::uint64_t>(at, value);
  watcher_.entry_written(at, value, level);
  constexpr std::uint64_t kMarks = pte::A | pte::D;
  if (present(before) && ((before ^ value) & ~kMarks) != 0) {
    watcher_.translation_changed();
  }
}

Status PageTables::get_leaf(std::uint64_t entry, const TableOwner& owner, DomainId target) {
  static_cast<void>(owner);
  if ((entry & kForbidden) != 0) {
    return -XEN_EINVAL;
  }
  const std::uint64_t mfn = frame_in(entry);
  if (!frames_.valid(mfn)) {
    return mfn == paging64::kFrameMask >> 12 ? -XEN_EINVAL : -XEN_EPERM;  // no device memory
  }
  if (!frames_.get(mfn, target)) {
    return -XEN_EBUSY;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  if ((entry & pte::RW) != 0 && acquire_use(frame, FrameUse::Writable, owner) != 0) {
    frames_.put(frame);
    return -XEN_EBUSY;
  }
  return 0;
}

// A table of the same level, to be read by its owner.
Status PageTables::get_linear(std::uint64_t entry, const Slot& slot, const TableOwner& owner) {
  const std::uint64_t mfn = frame_in(entry);
  if ((entry & pte::RW) != 0) {
    return -XEN_EINVAL;
  }
  if (mfn == slot.table.number) {
    return 0;  // itself: no reference, so that it can go away
  }
  if (!frames_.get(mfn, owner.domain)) {
    return -XEN_EINVAL;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  FrameRecord& seen = frames_[frame];
  FrameRecord& table = frames_[slot.table];
  const bool fits = seen.use == table_of(slot.level) && seen.has(frame_flag::kValidated) &&
                    seen.use_references > 0 && table.linear >= 0 && seen.linear <= 0;
  if (!fits) {
    frames_.put(frame);
    return -XEN_EINVAL;
  }
  ++table.linear;
  --seen.linear;
  ++seen.use_references;
  return 0;
}

Status PageTables::get_entry(std::uint64_t entry, const Slot& slot, const TableOwner& owner,
                             DomainId target) {
  if (slot.level == 1) {
    return get_leaf(entry, owner, target);
  }
  if ((entry & kForbidden) != 0) {
    return -XEN_EINVAL;
  }
  const bool pae_top = owner.width == Width::Bits32 && slot.level == 3 && slot.index == kPaeTopSlot;
  const Status status = acquire_as(frame_in(entry), table_of(slot.level - 1), pae_top, owner);
  if (status == -XEN_EINVAL && (slot.level != 3 || owner.width == Width::Bits64)) {
    return get_linear(entry, slot, owner);
  }
  return status;
}

void PageTables::put_entry(std::uint64_t entry, const Slot& slot, const TableOwner& owner) {
  const std::uint64_t mfn = frame_in(entry);
  if (!present(entry) || (slot.level == 1 && !frames_.valid(mfn))) {
    return;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  if (slot.level == 1) {
    if ((entry & pte::RW) != 0) {
      release(frame, owner);
    } else {
      frames_.put(frame);
    }
    return;
  }
  if (frame == slot.table) {
    return;
  }
  if (frames_[frame].use == table_of(slot.level)) {  // a linear entry
    --frames_[slot.table].linear;
    ++frames_[frame].linear;
  }
  release(frame, owner);
}

// REQUIRES: nobody else uses the frame as anything.
Status PageTables::promote(Mfn frame, FrameUse use, bool pae_top, const TableOwner& owner) {
  if (use == FrameUse::Segments) {
    return check_segments(frame, owner);
  }
  const int level = level_of(use);
  if ((level == 4) != (owner.width == Width::Bits64) && level == 4) {
    return -XEN_EINVAL;
  }
  MachineMemory& memory = frames_.memory();
  const std::uint32_t entries = entries_of(level, owner.width);
  const bool pae_root = level == 3 && owner.width == Width::Bits32;
  Status status = 0;
  std::uint32_t i = 0;
  for (; i < entries; ++i) {
    const Slot slot{frame, level, i, pae_top};
    if (!is_guest_slot(slot, owner)) {
      continue;
    }
    const Mpa at = entry_at(frame, i);
    const auto entry = memory.load<std::uint64_t>(at);
    if (!present(entry)) {
      if (pae_root && i == kPaeTopSlot) {
        status = -XEN_EINVAL;  // Xen's own entries have no place then
        break;
      }
      continue;
    }
    status = get_entry(entry, slot, owner, owner.domain);
    if (status != 0) {
      break;
    }
    // Its L2 holds Xen's entries of this address space alone: one root each.
    if (pae_root && i == kPaeTopSlot &&
        frames_[Mfn(static_cast<std::uint32_t>(frame_in(entry)))].use_references != 1) {
      ++i;
      status = -XEN_EINVAL;
      break;
    }
  }
  if (status != 0) {
    demote(frame, i, owner);
    return status;
  }
  for (std::uint32_t j = 0; j < entries; ++j) {
    if (is_guest_slot({frame, level, j, pae_top}, owner)) {
      const Mpa at = entry_at(frame, j);
      memory.store<std::uint64_t>(at, adjusted(memory.load<std::uint64_t>(at), owner, level));
    }
  }
  if (level == 4) {
    space_.fill_l4(frame, owner.slots);
  } else if (level == 2 && pae_top) {
    space_.fill_pae_l2(frame, owner.slots);
  } else if (pae_root) {
    std::memset(memory.at(entry_at(frame, entries)), 0, kPageSize - entries * 8);
  }
  return 0;
}

// Lets go of what the first `entries` entries refer to.
void PageTables::demote(Mfn frame, std::uint32_t entries, const TableOwner& owner) {
  const FrameRecord& record = frames_[frame];
  const int level = level_of(record.use);
  const bool pae_top = record.has(frame_flag::kPaeTop);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const Slot slot{frame, level, i, pae_top};
    if (is_guest_slot(slot, owner)) {
      put_entry(frames_.memory().load<std::uint64_t>(entry_at(frame, i)), slot, owner);
    }
  }
}

Status PageTables::check_segments(Mfn frame, const TableOwner& owner) {
  const int ring = owner.width == Width::Bits64 ? kKernelRing64 : kKernelRing32;
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    const Mpa at = entry_at(frame, i);
    if (!checked_descriptor(frames_.memory().load<std::uint64_t>(at), ring)) {
      return -XEN_EINVAL;
    }
  }
  for (std::uint32_t i = 0; i < kEntries; ++i) {
    const Mpa at = entry_at(frame, i);
    frames_.memory().store<std::uint64_t>(
        at, *checked_descriptor(frames_.memory().load<std::uint64_t>(at), ring));
  }
  return 0;
}

Status PageTables::acquire_use(Mfn frame, FrameUse use, const TableOwner& owner) {
  return acquire_use_as(frame, use, false, owner);
}

Status PageTables::acquire_use_as(Mfn frame, FrameUse use, bool pae_top, const TableOwner& owner) {
  FrameRecord& record = frames_[frame];
  const bool same = record.use == use && record.has(frame_flag::kPaeTop) == pae_top;
  if (record.use_references > 0) {
    if (!same || !record.has(frame_flag::kValidated)) {
      return -XEN_EINVAL;
    }
    ++record.use_references;
    return 0;
  }
  if (same && record.has(frame_flag::kValidated)) {
    record.use_references = 1;
    return 0;
  }
  // A frame that was writable may still be so in some TLB.
  if (use != FrameUse::Writable && record.use == FrameUse::Writable) {
    watcher_.translation_changed();
  }
  record.use = use;
  record.use_references = 1;
  record.clear(frame_flag::kValidated | frame_flag::kPaeTop);
  if (pae_top) {
    record.set(frame_flag::kPaeTop);
  }
  if (use != FrameUse::Writable) {
    if (const Status status = promote(frame, use, pae_top, owner); status != 0) {
      record.use = FrameUse::None;
      record.use_references = 0;
      record.clear(frame_flag::kPaeTop);
      return status;
    }
    watcher_.use_changed(frame, record.owner, use);
  }
  record.set(frame_flag::kValidated);
  return 0;
}

void PageTables::release_use(Mfn frame, const TableOwner& owner) {
  FrameRecord& record = frames_[frame];
  GV_CHECK(record.use_references > 0);
  if (--record.use_references > 0) {
    return;
  }
  if (record.use == FrameUse::Writable) {
    return;  // as good as checked, should it be mapped again
  }
  if (level_of(record.use) > 0) {
    demote(frame, entries_of(level_of(record.use), owner.width), owner);
  }
  record.clear(frame_flag::kValidated | frame_flag::kPaeTop);
  record.use = FrameUse::None;
  watcher_.use_changed(frame, record.owner, FrameUse::None);
}

Status PageTables::acquire(std::uint64_t mfn, FrameUse use, const TableOwner& owner) {
  return acquire_as(mfn, use, false, owner);
}

Status PageTables::acquire_as(std::uint64_t mfn, FrameUse use, bool pae_top,
                              const TableOwner& owner) {
  if (!frames_.get(mfn, owner.domain)) {
    return -XEN_EINVAL;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  const Status status = acquire_use_as(frame, use, pae_top, owner);
  if (status != 0) {
    frames_.put(frame);
  }
  return status;
}

void PageTables::release(Mfn frame, const TableOwner& owner) {
  release_use(frame, owner);
  frames_.put(frame);
}

Status PageTables::pin(std::uint64_t mfn, FrameUse use, const TableOwner& owner) {
  if (const Status status = acquire(mfn, use, owner); status != 0) {
    return status;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  FrameRecord& record = frames_[frame];
  if (record.has(frame_flag::kPinned)) {
    release(frame, owner);
    return -XEN_EINVAL;
  }
  record.set(frame_flag::kPinned);
  return 0;
}

Status PageTables::unpin(std::uint64_t mfn, const TableOwner& owner) {
  if (!frames_.get(mfn, owner.domain)) {
    return -XEN_EINVAL;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  FrameRecord& record = frames_[frame];
  const bool pinned = record.has(frame_flag::kPinned);
  if (pinned) {
    record.clear(frame_flag::kPinned);
    release(frame, owner);
  }
  frames_.put(frame);
  return pinned ? 0 : -XEN_EINVAL;
}

Status PageTables::update_leaf(Mpa at, std::uint64_t value, const TableOwner& owner,
                               DomainId target, AccessedDirty marks) {
  const Mfn table = frame_of(at);
  const Slot slot{table, 1, static_cast<std::uint32_t>(at.page_offset() / 8), false};
  const auto before = frames_.memory().load<std::uint64_t>(at);
  std::uint64_t after = value;
  if (marks == AccessedDirty::Kept) {
    after |= before & (pte::A | pte::D);
  }
  if (present(after)) {
    if ((after & kForbidden) != 0) {
      return -XEN_EINVAL;
    }
    const std::uint64_t changed = before ^ after;
    const bool same_claim =
        present(before) && (changed & (paging64::kFrameMask | pte::RW | pte::P)) == 0;
    if (same_claim) {
      write(at, adjusted(after, owner, 1), 1);
      return 0;
    }
    if (const Status status = get_entry(after, slot, owner, target); status != 0) {
      return status;
    }
  }
  write(at, adjusted(after, owner, 1), 1);
  put_entry(before, slot, owner);
  return 0;
}

bool PageTables::is_leaf_of(Mpa leaf, const TableOwner& owner) const {
  if (leaf.page_offset() % 8 != 0 || !frames_.valid(leaf.frame_number())) {
    return false;
  }
  const FrameTable& frames = frames_;
  const FrameRecord& record = frames[frame_of(leaf)];
  return record.use == FrameUse::L1Table && record.use_references > 0 &&
         record.owner == owner.domain;
}

std::optional<Mpa> PageTables::find_leaf(Mpa root, std::uint64_t address,
                                         const TableOwner& owner) const {
  const bool wide = owner.width == Width::Bits64;
  Mpa table = root;
  for (int level = wide ? 4 : 3; level > 1; --level) {
    const std::uint32_t mask = level == 3 && !wide ? 3u : 511u;
    const auto entry = frames_.memory().load<std::uint64_t>(
        table + (paging64::index(address, level) & mask) * std::uint64_t{8});
    if (!present(entry)) {
      return std::nullopt;
    }
    table = Mpa(entry & paging64::kFrameMask);
  }
  const Mpa leaf = table + paging64::index(address, 1) * std::uint64_t{8};
  return is_leaf_of(leaf, owner) ? std::optional(leaf) : std::nullopt;
}

bool PageTables::map_granted(Mpa leaf, std::uint64_t entry, const TableOwner& owner) {
  if (!is_leaf_of(leaf, owner)) {
    return false;
  }
  const auto before = frames_.memory().load<std::uint64_t>(leaf);
  write(leaf, adjusted(entry, owner, 1), 1);
  put_entry(before, {frame_of(leaf), 1, 0, false}, owner);
  return true;
}

bool PageTables::unmap_granted(Mpa leaf, Mfn frame, const TableOwner& owner) {
  if (!is_leaf_of(leaf, owner)) {
    return false;
  }
  const auto entry = frames_.memory().load<std::uint64_t>(leaf);
  if (!present(entry) || frame_in(entry) != frame.number) {
    return false;
  }
  write(leaf, 0, 1);
  return true;
}

Status PageTables::update(std::uint64_t machine_address, std::uint64_t value,
                          const TableOwner& owner, DomainId target, AccessedDirty marks) {
  const std::uint64_t mfn = machine_address >> 12;
  if (!frames_.get(mfn, owner.domain)) {
    return -XEN_EINVAL;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  const Mpa at(machine_address & ~std::uint64_t{7});
  const FrameRecord record = frames_[frame];
  const int level = level_of(record.use);
  Status status = -XEN_EINVAL;
  if (record.use_references == 0 || record.use == FrameUse::Writable) {
    // No table: a plain write, if the frame may be written to.
    status = acquire_use(frame, FrameUse::Writable, owner);
    if (status == 0) {
      frames_.memory().store<std::uint64_t>(at, value);
      watcher_.entry_written(at, value, 0);
      release_use(frame, owner);
    }
  } else if (level == 1) {
    status = update_leaf(at, value, owner, target, marks);
  } else if (level > 1 && target == owner.domain) {
    const Slot slot{frame, level, static_cast<std::uint32_t>(at.page_offset() / 8),
                    record.has(frame_flag::kPaeTop)};
    const bool pae_root = level == 3 && owner.width == Width::Bits32;
    const auto before = frames_.memory().load<std::uint64_t>(at);
    std::uint64_t after = value;
    if (marks == AccessedDirty::Kept) {
      after |= before & (pte::A | pte::D);
    }
    if (!is_guest_slot(slot, owner)) {
      status = level == 2 ? -XEN_EPERM : -XEN_EINVAL;
    } else if (pae_root && slot.index >= kPaeTopSlot) {
      status = -XEN_EINVAL;  // it carries Xen's own entries
    } else {
      const bool same_claim =
          present(before) && present(after) && ((before ^ after) & paging64::kFrameMask) == 0 &&
          (after & kForbidden) == 0 &&
          // A linear entry must not become writable.
          (frames_[Mfn(static_cast<std::uint32_t>(frame_in(after)))].use != record.use ||
           (after & pte::RW) == 0);
      status = same_claim || !present(after) ? 0 : get_entry(after, slot, owner, owner.domain);
      if (status == 0) {
        write(at, adjusted(after, owner, level), level);
        if (!same_claim) {
          put_entry(before, slot, owner);
        }
      }
    }
  }
  frames_.put(frame);
  return status;
}

}  // namespace gv::xen
