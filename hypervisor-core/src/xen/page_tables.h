// SPDX-License-Identifier: MIT
//
// page_tables.h - what makes a frame a page table, and every entry in it harmless.
//
// Before the MMU walks a guest's frame as a table of some level, each entry has been checked: it
// leads to a frame of the guest's own; a table one level lower is checked likewise; a leaf that
// may be written leads to no table. From then on the frame keeps that use, the guest cannot
// write to it, and each change of an entry goes through update(), with the same checks. When the
// last reference to the use goes, so do the references that its entries held.
//
// A table may also appear, read-only, in a table of its own level: guests look at their tables
// that way. Such an entry is allowed if it gives no right to write.
//
// Each call either succeeds or changes nothing. Results are Xen's error numbers, and which is
// which follows Xen 4.17. Source: Xen's public header xen.h, "MMU_UPDATE"; xen/arch/x86/mm.c.
// Control thread only.

#pragma once

#include "xen/address_space.h"
#include "xen/frame_table.h"

#include <cstdint>
#include <optional>

namespace gv::xen {

// Who owns a table and what its Xen slots hold.
struct TableOwner {
  DomainId domain = kNobody;
  Width width = Width::Bits64;
  DomainSlots slots;
};

enum class AccessedDirty : bool { AsGiven, Kept };

// Told of every entry that was written and every frame whose use has changed.
class PageTableWatcher {
 public:
  virtual ~PageTableWatcher() = default;
  virtual void entry_written(Mpa at, std::uint64_t value, int level) = 0;
  virtual void use_changed(Mfn frame, DomainId owner, FrameUse use) = 0;
  // A present entry leads elsewhere or gives other rights: what the MMU keeps of it is void.
  virtual void translation_changed() = 0;
};

class PageTables {
 public:
  PageTables(FrameTable& frames, AddressSpace& space, PageTableWatcher& watcher)
      : frames_(frames), space_(space), watcher_(watcher) {}

  // A reference to the frame and one to its use. REQUIRES for release: as acquired.
  Status acquire(std::uint64_t mfn, FrameUse use, const TableOwner& owner);
  void release(Mfn frame, const TableOwner& owner);
  // Of the use alone.
  Status acquire_use(Mfn frame, FrameUse use, const TableOwner& owner);
  void release_use(Mfn frame, const TableOwner& owner);

  // The use stays although nothing refers to it. Xen's pin and unpin.
  Status pin(std::uint64_t mfn, FrameUse use, const TableOwner& owner);
  Status unpin(std::uint64_t mfn, const TableOwner& owner);

  // Writes one entry of a table, or of a frame that is none. `target` owns what a leaf leads to.
  Status update(std::uint64_t machine_address, std::uint64_t value, const TableOwner& owner,
                DomainId target, AccessedDirty marks);
  // The same for a leaf whose table is known to be in use.
  Status update_leaf(Mpa at, std::uint64_t value, const TableOwner& owner, DomainId target,
                     AccessedDirty marks);

  // The entry that maps an address, in an L1 table in use of this owner; empty: there is none.
  std::optional<Mpa> find_leaf(Mpa root, std::uint64_t address, const TableOwner& owner) const;
  // A leaf for a frame whose references the caller has taken, and its end: the caller gives them
  // back. False: the leaf does not lead there, or is in no table of this owner.
  bool map_granted(Mpa leaf, std::uint64_t entry, const TableOwner& owner);
  bool unmap_granted(Mpa leaf, Mfn frame, const TableOwner& owner);

  static constexpr int level_of(FrameUse use) {
    return use >= FrameUse::L1Table && use <= FrameUse::L4Table ? static_cast<int>(use) : 0;
  }
  static constexpr FrameUse table_of(int level) { return static_cast<FrameUse>(level); }
  static constexpr FrameUse root_use(Width width) {
    return width == Width::Bits64 ? FrameUse::L4Table : FrameUse::L3Table;
  }

 private:
  struct Slot {
    Mfn table;
    int level = 1;
    std::uint32_t index = 0;
    bool pae_top = false;  // the table is the fourth L2 of a PAE guest
  };
  static bool is_guest_slot(const Slot& slot, const TableOwner& owner);

  Status promote(Mfn frame, FrameUse use, bool pae_top, const TableOwner& owner);
  void demote(Mfn frame, std::uint32_t entries, const TableOwner& owner);
  Status acquire_as(std::uint64_t mfn, FrameUse use, bool pae_top, const TableOwner& owner);
  Status acquire_use_as(Mfn frame, FrameUse use, bool pae_top, const TableOwner& owner);
  // What an entry refers to.
  Status get_entry(std::uint64_t entry, const Slot& slot, const TableOwner& owner, DomainId target);
  Status get_leaf(std::uint64_t entry, const TableOwner& owner, DomainId target);
  void put_entry(std::uint64_t entry, const Slot& slot, const TableOwner& owner);
  Status get_linear(std::uint64_t entry, const Slot& slot, const TableOwner& owner);
  bool is_leaf_of(Mpa leaf, const TableOwner& owner) const;
  Status check_segments(Mfn frame, const TableOwner& owner);
  std::uint64_t adjusted(std::uint64_t entry, const TableOwner& owner, int level) const;
  void write(Mpa at, std::uint64_t value, int level);

  FrameTable& frames_;
  AddressSpace& space_;
  PageTableWatcher& watcher_;
};

}  // namespace gv::xen
