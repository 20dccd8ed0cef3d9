// SPDX-License-Identifier: MIT
//
// address_space.h - where Xen's own pages lie in every paravirtual guest's address space.
//
// A guest's tables have slots that are Xen's: they hold the machine-to-physical table, which the
// guest may read, the vCPU's descriptor table, and the page through which the CPU changes rings.
// Supervisor pages keep ring 3 out. A 32-bit guest's kernel is a supervisor too, so there the
// pages are read-only and hold nothing that it may not know.
//
//   64-bit  slots 256 to 271 of every L4    32-bit  from 0xf5800000 up, in the fourth L2
//   ffff800000000000  machine-to-physical   f5800000  machine-to-physical
//   ffff820000000000  descriptor tables     fe000000  descriptor tables
//   ffff828000000000  Xen's own pages       ffc00000  Xen's own pages
//
// Source: Xen's public headers arch-x86/xen-x86_64.h and xen-x86_32.h.
// Control thread only.

#pragma once

#include "technique/paravirtual/paravirtual_guest.h"
#include "xen/frame_table.h"

#include <cstdint>
#include <vector>

namespace gv::xen {

using paravirtual::Width;

// Selectors of Xen's page of the descriptor table, behind the guest's 14 pages.
inline constexpr std::uint32_t kGuestGdtPages = 14;
inline constexpr std::uint32_t kGuestGdtEntries = kGuestGdtPages * 512;
inline constexpr std::uint16_t kHypervisorCs = 0xe008, kHypervisorSs = 0xe010;
inline constexpr std::uint16_t kRing1Cs = 0xe019, kRing1Ds = 0xe021;
inline constexpr std::uint16_t kRing3Cs64 = 0xe033, kRing3Ds = 0xe02b;

inline constexpr std::uint32_t kFirstXenL4Slot = 256, kLastXenL4Slot = 271;
inline constexpr std::uint32_t kFirstXenL2Slot = 428;  // of a PAE guest's fourth L2
inline constexpr std::uint32_t kXenL2Slots = 512 - kFirstXenL2Slot;

constexpr bool is_xen_address(Width width, std::uint64_t address) {
  return width == Width::Bits64 ? address >= 0xffff800000000000 && address < 0xffff880000000000
                                : address >= 0xf5800000;
}
// Where a guest's pointer may lead: canonical, and not into Xen's part.
constexpr bool is_guest_address(Width width, std::uint64_t address) {
  if (width == Width::Bits32) {
    return address < 0xf5800000;
  }
  return static_cast<std::int64_t>(address << 16) >> 16 == static_cast<std::int64_t>(address) &&
         !is_xen_address(width, address);
}

// The tables behind the slots of one domain.
struct DomainSlots {
  Mfn top;          // 64-bit: the L3 for slot 260. 32-bit: an L2 whose Xen slots are copied
  Mfn descriptors;  // the L1 that maps its vCPUs' descriptor tables
};

class AddressSpace {
 public:
  // Takes Xen's frames: the machine-to-physical tables, their page tables, Xen's own pages.
  explicit AddressSpace(FrameTable& frames);

  DomainSlots make_slots(Width width, unsigned vcpus);
  void fill_l4(Mfn l4, const DomainSlots& slots);
  void fill_pae_l2(Mfn l2, const DomainSlots& slots);

  // The guest's pages of a vCPU's descriptor table; empty ones show zeros.
  void map_guest_gdt(const DomainSlots& slots, Width width, unsigned vcpu,
                     const std::vector<Mfn>& pages);
  ParavirtualPages pages_for(Width width, unsigned vcpu) const;

  // Machine-to-physical: both widths' tables change together.
  void set_physical(Mfn frame, std::uint64_t pfn);
  std::uint64_t physical(Mfn frame) const;
  static constexpr std::uint64_t kNoPhysical = UINT64_MAX;
  static constexpr std::uint64_t kSharedPhysical = UINT64_MAX - 1;
  static constexpr std::uint64_t table_start(Width width) {
    return width == Width::Bits64 ? 0xffff800000000000 : 0xf5800000;
  }

 private:
  Mfn take();
  Mfn map_table(Mfn first, std::uint32_t pages, std::uint64_t rights, Width width);
  void make_own_pages();

  FrameTable& frames_;
  Mfn m2p_first_, m2p32_first_;
  std::uint32_t m2p_pages_ = 0, m2p32_pages_ = 0;
  Mfn m2p_l3_;                  // for slot 256
  std::vector<Mfn> m2p32_l1s_;  // for the L2 slots from 428 up
  Mfn stub_, frame_page_, zero_page_, gdt_page_[2];
  Mfn own_l3_, own_l1_32_;  // slot 261; the L2 slot of ffc00000
};

}  // namespace gv::xen
