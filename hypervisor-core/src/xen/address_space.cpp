// SPDX-License-Identifier: MIT

#include "xen/address_space.h"

#include "x86/descriptor.h"
#include "x86/page_table_entry.h"

#include <cstring>

namespace gv::xen {

using namespace x86;

namespace {

constexpr std::uint64_t kNonLeaf = pte::P | pte::RW | pte::US | pte::A;
constexpr std::uint64_t kReadable = pte::P | pte::US | pte::A | pte::D;  // by ring 3
constexpr std::uint64_t kReadOnlyXen = pte::P | pte::A | pte::D;
constexpr std::uint64_t kPages64 = 0xffff828000000000, kPages32 = 0xffc00000;
constexpr std::uint64_t kDescriptors64 = 0xffff820000000000, kDescriptors32 = 0xfe000000;
constexpr std::uint32_t kDescriptorL2Slot = (kDescriptors32 >> 21) & 511;
constexpr std::uint32_t kOwnL2Slot = (kPages32 >> 21) & 511;
constexpr std::uint32_t kDescriptorL4Slot = 260, kOwnL4Slot = 261;
// A vCPU's window: sixteen pages of GDT. The rest of the L1 is for the next vCPUs.
constexpr std::uint32_t kPagesPerVcpu = 16;
constexpr std::uint64_t kIret64[] = {0xcf48}, kIret32[] = {0xcf};
constexpr std::uint64_t kFrameOffset = 0x800;
enum OwnPage : std::uint32_t { kStub, kFrame, kTss, kIdt, kOwnPages };

std::uint64_t entry(Mfn frame, std::uint64_t rights) { return base_of(frame).value | rights; }

std::uint64_t code(int ring, bool wide) {
  return pack_descriptor({.limit = 0xffffffff,
                          .type = 0xb,
                          .dpl = static_cast<std::uint8_t>(ring),
                          .code_or_data = true,
                          .present = true,
                          .long_mode = wide,
                          .default_32 = !wide,
                          .granular = true});
}
std::uint64_t data(int ring) {
  return pack_descriptor({.limit = 0xffffffff,
                          .type = 0x3,
                          .dpl = static_cast<std::uint8_t>(ring),
                          .code_or_data = true,
                          .present = true,
                          .default_32 = true,
                          .granular = true});
}

constexpr std::size_t index_of(Width width) { return width == Width::Bits64 ? 1 : 0; }

}  // namespace

Mfn AddressSpace::take() {
  const auto frame = frames_.allocate(kXenItself, Placement::Bottom);
  GV_CHECK(frame.has_value());  // the machine is sized for Xen's own needs
  frames_[*frame].set(frame_flag::kXenHeap);
  return *frame;
}

AddressSpace::AddressSpace(FrameTable& frames) : frames_(frames) {
  MachineMemory& memory = frames_.memory();
  const auto pages_of = [&](std::uint64_t entry_bytes) {
    return static_cast<std::uint32_t>((frames_.frames() * entry_bytes + kPageSize - 1) / kPageSize);
  };
  m2p_pages_ = pages_of(sizeof(std::uint64_t));
  m2p32_pages_ = pages_of(sizeof(std::uint32_t));
  // Taken in a row: the machine is new.
  m2p_first_ = take();
  for (std::uint32_t i = 1; i < m2p_pages_; ++i) {
    take();
  }
  m2p32_first_ = take();
  for (std::uint32_t i = 1; i < m2p32_pages_; ++i) {
    take();
  }
  std::memset(memory.at(base_of(m2p_first_)), 0xff, m2p_pages_ * kPageSize);
  std::memset(memory.at(base_of(m2p32_first_)), 0xff, m2p32_pages_ * kPageSize);

  m2p_l3_ = take();
  const Mfn l2 = take();
  memory.store<std::uint64_t>(base_of(m2p_l3_), entry(l2, kNonLeaf));
  for (std::uint32_t i = 0; i * 512 < m2p_pages_; ++i) {
    const Mfn l1 = take();
    memory.store<std::uint64_t>(base_of(l2) + i * 8, entry(l1, kNonLeaf));
    for (std::uint32_t j = 0; j < 512 && i * 512 + j < m2p_pages_; ++j) {
      memory.store<std::uint64_t>(base_of(l1) + j * 8,
                                  entry(Mfn(m2p_first_.number + i * 512 + j), kReadable));
    }
  }
  for (std::uint32_t i = 0; i * 512 < m2p32_pages_; ++i) {
    const Mfn l1 = take();
    m2p32_l1s_.push_back(l1);
    for (std::uint32_t j = 0; j < 512 && i * 512 + j < m2p32_pages_; ++j) {
      memory.store<std::uint64_t>(base_of(l1) + j * 8,
                                  entry(Mfn(m2p32_first_.number + i * 512 + j), kReadable));
    }
  }
  make_own_pages();
}

// The IRET stub, the frame that it reads, a TSS and an IDT that no engine ever uses.
void AddressSpace::make_own_pages() {
  MachineMemory& memory = frames_.memory();
  zero_page_ = take();
  for (const Width width : {Width::Bits32, Width::Bits64}) {
    const bool wide = width == Width::Bits64;
    Mfn& gdt = gdt_page_[index_of(width)];
    gdt = take();
    const auto put = [&](std::uint16_t selector, std::uint64_t descriptor) {
      memory.store<std::uint64_t>(base_of(gdt) + (selector & 0xff8u), descriptor);
    };
    put(kHypervisorCs, code(0, wide));
    put(kHypervisorSs, data(0));
    if (wide) {
      put(0xe020, code(3, false));  // 32-bit programs of a 64-bit guest
      put(kRing3Ds, data(3));
      put(kRing3Cs64, code(3, true));
    } else {
      put(kRing1Cs, code(1, false));
      put(kRing1Ds, data(1));
      put(0xe028, code(3, false));
      put(0xe030, data(3));
    }
  }
  const Mfn first = take();
  for (std::uint32_t i = 1; i < kOwnPages; ++i) {
    take();
  }
  stub_ = first;
  frame_page_ = Mfn(first.number + kFrame);
  // One stub page serves both widths: a 64-bit IRET stands behind the 32-bit one.
  std::memcpy(memory.at(base_of(stub_)), kIret32, 1);
  std::memcpy(memory.at(base_of(stub_) + 16), kIret64, 2);
  own_l1_32_ = take();
  own_l3_ = take();
  const Mfn l2 = take();
  const Mfn l1 = take();
  memory.store<std::uint64_t>(base_of(own_l3_), entry(l2, kNonLeaf));
  memory.store<std::uint64_t>(base_of(l2), entry(l1, kNonLeaf));
  for (std::uint32_t i = 0; i < kOwnPages; ++i) {
    const std::uint64_t leaf = entry(Mfn(first.number + i), kReadOnlyXen);
    memory.store<std::uint64_t>(base_of(l1) + i * 8, leaf);
    memory.store<std::uint64_t>(base_of(own_l1_32_) + (((kPages32 >> 12) & 511) + i) * 8, leaf);
  }
}

DomainSlots AddressSpace::make_slots(Width width, unsigned vcpus) {
  GV_CHECK(vcpus * kPagesPerVcpu <= 512);
  MachineMemory& memory = frames_.memory();
  DomainSlots slots;
  slots.descriptors = take();
  slots.top = take();
  if (width == Width::Bits64) {
    const Mfn l2 = take();
    memory.store<std::uint64_t>(base_of(slots.top), entry(l2, kNonLeaf));
    memory.store<std::uint64_t>(base_of(l2), entry(slots.descriptors, kNonLeaf));
  } else {
    const auto put = [&](std::uint32_t slot, Mfn table) {
      memory.store<std::uint64_t>(base_of(slots.top) + slot * 8, entry(table, kNonLeaf));
    };
    for (std::uint32_t i = 0; i < m2p32_l1s_.size(); ++i) {
      put(kFirstXenL2Slot + i, m2p32_l1s_[i]);
    }
    put(kDescriptorL2Slot, slots.descriptors);
    put(kOwnL2Slot, own_l1_32_);
  }
  for (unsigned vcpu = 0; vcpu < vcpus; ++vcpu) {
    map_guest_gdt(slots, width, vcpu, {});
  }
  return slots;
}

void AddressSpace::fill_l4(Mfn l4, const DomainSlots& slots) {
  MachineMemory& memory = frames_.memory();
  for (std::uint32_t slot = kFirstXenL4Slot; slot <= kLastXenL4Slot; ++slot) {
    memory.store<std::uint64_t>(base_of(l4) + slot * 8, 0);
  }
  memory.store<std::uint64_t>(base_of(l4) + kFirstXenL4Slot * 8, entry(m2p_l3_, kNonLeaf));
  memory.store<std::uint64_t>(base_of(l4) + kDescriptorL4Slot * 8, entry(slots.top, kNonLeaf));
  memory.store<std::uint64_t>(base_of(l4) + kOwnL4Slot * 8, entry(own_l3_, kNonLeaf));
}

void AddressSpace::fill_pae_l2(Mfn l2, const DomainSlots& slots) {
  MachineMemory& memory = frames_.memory();
  std::memcpy(memory.at(base_of(l2) + kFirstXenL2Slot * 8),
              memory.at(base_of(slots.top) + kFirstXenL2Slot * 8), kXenL2Slots * 8);
}

void AddressSpace::map_guest_gdt(const DomainSlots& slots, Width width, unsigned vcpu,
                                 const std::vector<Mfn>& pages) {
  MachineMemory& memory = frames_.memory();
  const Mpa window = base_of(slots.descriptors) + std::uint64_t{vcpu} * kPagesPerVcpu * 8;
  for (std::uint32_t i = 0; i < kGuestGdtPages; ++i) {
    const Mfn page = i < pages.size() ? pages[i] : zero_page_;
    memory.store<std::uint64_t>(window + i * 8, entry(page, kReadOnlyXen));
  }
  memory.store<std::uint64_t>(window + kGuestGdtPages * 8,
                              entry(gdt_page_[index_of(width)], kReadOnlyXen));
}

ParavirtualPages AddressSpace::pages_for(Width width, unsigned vcpu) const {
  const bool wide = width == Width::Bits64;
  const std::uint64_t own = wide ? kPages64 : kPages32;
  const std::uint64_t descriptors =
      (wide ? kDescriptors64 : kDescriptors32) + std::uint64_t{vcpu} * kPagesPerVcpu * kPageSize;
  ParavirtualPages pages;
  pages.monitor.iret_stub = Gva(own + (wide ? 16u : 0u));
  pages.monitor.stub_frame = base_of(frame_page_) + kFrameOffset;
  pages.monitor.stub_frame_linear = Gva(own + kFrame * kPageSize + kFrameOffset);
  pages.monitor.idtr = {own + kIdt * kPageSize, 0xfff};
  pages.monitor.task_register = {.selector = 0xe040,
                                 .base = own + kTss * kPageSize,
                                 .limit = tss32::kSize - 1,
                                 .attributes = attribute::P | system_type::kTss32Busy};
  pages.gdtr = {descriptors, static_cast<std::uint16_t>((kGuestGdtPages + 1) * kPageSize - 1)};
  pages.hypervisor_cs = kHypervisorCs;
  pages.hypervisor_ss = kHypervisorSs;
  pages.kernel_cs = wide ? kRing3Cs64 : kRing1Cs;
  pages.kernel_ss = wide ? kRing3Ds : kRing1Ds;
  return pages;
}

void AddressSpace::set_physical(Mfn frame, std::uint64_t pfn) {
  MachineMemory& memory = frames_.memory();
  memory.store<std::uint64_t>(base_of(m2p_first_) + std::uint64_t{frame.number} * 8, pfn);
  memory.store<std::uint32_t>(base_of(m2p32_first_) + std::uint64_t{frame.number} * 4,
                              static_cast<std::uint32_t>(pfn));
}

std::uint64_t AddressSpace::physical(Mfn frame) const {
  return frames_.memory().load<std::uint64_t>(base_of(m2p_first_) +
                                              std::uint64_t{frame.number} * 8);
}

}  // namespace gv::xen
