// SPDX-License-Identifier: MIT

#include "memory/shadow_page_table.h"

#include "x86/page_table_entry.h"

#include <cstring>
#include <utility>

namespace gv {

using namespace x86;

namespace {

std::uint32_t frame_bits(Mfn frame) { return frame.number << 12; }
Mfn frame_in(std::uint32_t entry) { return Mfn(entry >> 12); }

constexpr std::uint32_t kMonitorDirectoryIndex = 1023;

}  // namespace

ShadowMapping shadow_mapping(const GuestMemory& memory, const PageWalk& walk, AccessKind kind,
                             AccessLevel level) {
  const auto frame = memory.p2m().lookup(frame_of(Gpa(walk.physical)));
  ShadowMapping mapping{.address = walk.address.page_base(),
                        .frame = frame.value_or(Mfn(0)),
                        .writable = walk.writable && walk.dirty,
                        .user = walk.user};
  if (walk.outcome == WalkOutcome::PagingOff) {
    mapping.writable = true;
    // Without paging nothing keeps a process out; a page that it needs becomes the user's too.
    mapping.user = level == AccessLevel::User;
  } else if (kind == AccessKind::Write && level == AccessLevel::Supervisor && !walk.writable) {
    // CR0.WP is clear: the guest kernel may write here, its user may not. The shadow runs with
    // WP set, so the page becomes the kernel's alone until the user faults on it.
    mapping.writable = true;
    mapping.user = false;
  }
  if (!frame) {
    // No memory behind this guest-physical page. Machine frames beyond the host's RAM float
    // high on the bus and drop writes, which is what the guest would see on hardware.
    mapping.frame = Mfn(memory.machine().frames());
    mapping.writable = true;
  }
  return mapping;
}

ShadowPageTable::ShadowPageTable(MachineMemory& machine, FramePool pool,
                                 const std::vector<Mfn>& monitor_pages)
    : machine_(machine), pool_(pool), has_monitor_(!monitor_pages.empty()) {
  GV_CHECK(pool_.count > fixed_frames() && monitor_pages.size() <= paging32::kEntriesPerTable);
  std::memset(machine_.at(root()), 0, kPageSize);
  state_.used_frames = fixed_frames();
  if (!has_monitor_) {
    return;
  }
  const Mfn monitor_table = pool_frame(1);
  std::memset(machine_.at(base_of(monitor_table)), 0, kPageSize);
  for (std::uint32_t i = 0; i < monitor_pages.size(); ++i) {
    machine_.store<std::uint32_t>(entry_address(monitor_table, i),
                                  frame_bits(monitor_pages[i]) | pte::P | pte::A);
  }
  machine_.store<std::uint32_t>(entry_address(pool_.first, kMonitorDirectoryIndex),
                                frame_bits(monitor_table) | pte::P | pte::RW | pte::A);
}

std::uint32_t ShadowPageTable::guest_directories() const {
  return has_monitor_ ? kMonitorDirectoryIndex : paging32::kEntriesPerTable;
}

Mpa ShadowPageTable::entry_address(Mfn table, std::uint32_t index) const {
  return base_of(table) + std::uint64_t{index} * paging32::kEntrySize;
}

ShadowPageTable::MapResult ShadowPageTable::map(const ShadowMapping& mapping) {
  const Mpa directory =
      entry_address(pool_.first, paging32::directory_index(mapping.address.value));
  auto pde = machine_.load<std::uint32_t>(directory);
  if ((pde & pte::P) == 0) {
    if (state_.used_frames == pool_.count) {
      return MapResult::PoolExhausted;
    }
    const Mfn table = pool_frame(state_.used_frames++);
    std::memset(machine_.at(base_of(table)), 0, kPageSize);
    // Rights are decided in the leaf; the directory allows everything.
    pde = frame_bits(table) | pte::P | pte::RW | pte::US;
    machine_.store<std::uint32_t>(directory, pde);
  }
  const Mpa leaf = entry_address(frame_in(pde), paging32::table_index(mapping.address.value));
  if ((machine_.load<std::uint32_t>(leaf) & pte::P) == 0) {
    ++state_.entries;
  }
  machine_.store<std::uint32_t>(leaf, frame_bits(mapping.frame) | pte::P |
                                          (mapping.writable ? pte::RW : 0u) |
                                          (mapping.user ? pte::US : 0u));
  return MapResult::Mapped;
}

void ShadowPageTable::map_monitor(Gva address, Mfn frame, bool writable) {
  GV_CHECK(is_monitors(address));
  machine_.store<std::uint32_t>(
      entry_address(pool_frame(1), paging32::table_index(address.value)),
      frame_bits(frame) | pte::P | pte::A | (writable ? pte::RW | pte::D : 0u));
}

std::uint32_t ShadowPageTable::write_protect(Mfn frame) {
  std::uint32_t changed = 0;
  for (std::uint32_t d = 0; d < guest_directories(); ++d) {
    const auto pde = machine_.load<std::uint32_t>(entry_address(pool_.first, d));
    if ((pde & pte::P) == 0) {
      continue;
    }
    for (std::uint32_t t = 0; t < paging32::kEntriesPerTable; ++t) {
      const Mpa at = entry_address(frame_in(pde), t);
      const auto leaf = machine_.load<std::uint32_t>(at);
      if ((leaf & (pte::P | pte::RW)) == (pte::P | pte::RW) && frame_in(leaf) == frame) {
        machine_.store<std::uint32_t>(at, leaf & ~pte::RW);
        ++changed;
      }
    }
  }
  return changed;
}

std::uint32_t ShadowPageTable::drop_page(Gva address) {
  const auto pde = machine_.load<std::uint32_t>(
      entry_address(pool_.first, paging32::directory_index(address.value)));
  if ((pde & pte::P) == 0 || is_monitors(address)) {
    return 0;
  }
  const Mpa leaf = entry_address(frame_in(pde), paging32::table_index(address.value));
  if ((machine_.load<std::uint32_t>(leaf) & pte::P) == 0) {
    return 0;
  }
  machine_.store<std::uint32_t>(leaf, 0);
  --state_.entries;
  return 1;
}

std::uint32_t ShadowPageTable::drop_directory_entry(Gva address) {
  std::uint32_t dropped = 0;
  const std::uint64_t first = address.value & ~std::uint64_t{paging32::kLargePageSize - 1};
  for (std::uint32_t i = 0; i < paging32::kEntriesPerTable; ++i) {
    dropped += drop_page(Gva(first + i * kPageSize));
  }
  return dropped;
}

std::uint32_t ShadowPageTable::drop_all() {
  std::memset(machine_.at(root()), 0, guest_directories() * paging32::kEntrySize);
  state_.used_frames = fixed_frames();
  return std::exchange(state_.entries, 0);
}

PageWalk ShadowPageTable::walk(Gva address) const {
  PageWalk walk;
  walk.address = Gva(address.value & 0xffffffffu);
  const std::uint32_t directory_index = paging32::directory_index(address.value);
  const Mpa directory = entry_address(pool_.first, directory_index);
  const auto pde = machine_.load<std::uint32_t>(directory);
  walk.step[walk.steps++] = {"PD", directory.value, pde, directory_index};
  if ((pde & pte::P) == 0) {
    return walk;
  }
  const std::uint32_t table_index = paging32::table_index(address.value);
  const Mpa leaf_address = entry_address(frame_in(pde), table_index);
  const auto leaf = machine_.load<std::uint32_t>(leaf_address);
  walk.step[walk.steps++] = {"PT", leaf_address.value, leaf, table_index};
  if ((leaf & pte::P) == 0) {
    return walk;
  }
  walk.outcome = WalkOutcome::Mapped;
  walk.physical = (leaf & paging32::kFrameMask) | address.page_offset();
  walk.writable = (pde & leaf & pte::RW) != 0;
  walk.user = (pde & leaf & pte::US) != 0;
  walk.accessed = (leaf & pte::A) != 0;
  walk.dirty = (leaf & pte::D) != 0;
  return walk;
}

std::vector<MappedPage> ShadowPageTable::mapped(std::size_t limit) const {
  std::vector<MappedPage> pages;
  for (std::uint32_t d = 0; d < guest_directories() && pages.size() < limit; ++d) {
    const auto pde = machine_.load<std::uint32_t>(entry_address(pool_.first, d));
    if ((pde & pte::P) == 0) {
      continue;
    }
    for (std::uint32_t t = 0; t < paging32::kEntriesPerTable && pages.size() < limit; ++t) {
      const auto leaf = machine_.load<std::uint32_t>(entry_address(frame_in(pde), t));
      if ((leaf & pte::P) != 0) {
        pages.push_back({.address = Gva((std::uint64_t{d} << 22) | (std::uint64_t{t} << 12)),
                         .physical = leaf & paging32::kFrameMask,
                         .writable = (leaf & pte::RW) != 0,
                         .user = (leaf & pte::US) != 0,
                         .accessed = (leaf & pte::A) != 0,
                         .dirty = (leaf & pte::D) != 0});
      }
    }
  }
  return pages;
}

}  // namespace gv
