// SPDX-License-Identifier: MIT

#include "xen/domain_builder.h"

#include "x86/control_registers.h"
#include "x86/page_table_entry.h"
#include "xen/public_headers.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace gv::xen {

using namespace x86;

namespace {

constexpr std::uint64_t kMiB = 1u << 20;
constexpr std::uint64_t kRoomBehindStack = 512 << 10, kVirtualAlignment = 4 * kMiB;
constexpr std::uint64_t kLeafRights = pte::P | pte::RW | pte::A;
constexpr std::uint64_t kTableRights = pte::P | pte::RW | pte::A | pte::D | pte::US;
constexpr std::uint64_t kReadOnlyRights = pte::P | pte::A;
constexpr std::uint64_t kPaeTopStart = 0xc0000000;  // whose L2 has Xen's slots
constexpr std::uint32_t kFlagModulePfn = 8;         // SIF_MOD_START_PFN

std::uint64_t pages_for(std::uint64_t bytes) { return (bytes + kPageSize - 1) / kPageSize; }

struct Region {
  std::uint64_t start = 0, end = 0;  // virtual
  std::uint64_t pfn = 0;             // of its first page
};

class Builder {
 public:
  Builder(Hypervisor& xen, const MachineConfig& config, const KernelImage& image, DomainRole role)
      : xen_(xen), config_(config), image_(image), role_(role), wide_(image.wide) {}

  Result<BuiltDomain> build(DomainId id);

 private:
  Error error(const std::string& why) const {
    return {ErrorCode::InvalidInput,
            (config_.image_path.empty() ? "the image" : config_.image_path) + ": " + why};
  }
  std::uint64_t va(std::uint64_t pfn) const { return base_ + pfn * kPageSize; }
  Mpa at(std::uint64_t pfn) const { return base_of(p2m_[pfn]); }
  Result<void> lay_out();
  Result<void> take_frames();
  void load_kernel();
  void write_p2m();
  void make_tables();
  void write_start_info();
  void make_channels();
  void fill_hypercall_page();
  std::uint64_t tables_needed(const std::vector<Region>& regions) const;

  Hypervisor& xen_;
  const MachineConfig& config_;
  const KernelImage& image_;
  DomainRole role_;
  bool wide_;
  Domain* domain_ = nullptr;
  std::uint64_t base_ = 0, offset_ = 0, entry_ = 0;
  std::uint64_t pages_ = 0;
  std::vector<Mfn> p2m_;
  // The layout, in pages of the guest.
  std::uint64_t kernel_end_ = 0, ramdisk_ = 0, p2m_list_ = 0, p2m_pages_ = 0, start_info_ = 0,
                store_ = 0, console_ = 0, tables_ = 0, table_count_ = 0, stack_ = 0, end_ = 0;
  std::vector<Region> regions_;
};

std::uint64_t Builder::tables_needed(const std::vector<Region>& regions) const {
  std::set<std::uint64_t> l1, l2, l3;
  for (const Region& region : regions) {
    for (std::uint64_t v = region.start >> 21; v <= (region.end - 1) >> 21; ++v) {
      l1.insert(v);
      l2.insert(v >> 9);
      l3.insert(v >> 18);
    }
  }
  if (wide_) {
    return 1 + l3.size() + l2.size() + l1.size();
  }
  l2.insert(kPaeTopStart >> 30);
  return 1 + l2.size() + l1.size();
}

Result<void> Builder::lay_out() {
  base_ = image_.number(XEN_ELFNOTE_VIRT_BASE).value_or(0);
  offset_ = image_.number(XEN_ELFNOTE_PADDR_OFFSET).value_or(0);
  entry_ = image_.number(XEN_ELFNOTE_ENTRY).value_or(image_.entry);
  pages_ = config_.memory_mib * (kMiB / kPageSize);
  const std::uint64_t word = wide_ ? 8 : 4;
  if ((base_ & kPageOffsetMask) != 0 || !is_guest_address(domain_->width, base_)) {
    return error("its notes give a virtual base that no guest can have; build it again");
  }
  for (const KernelSegment& segment : image_.segments) {
    const std::uint64_t from = segment.physical - offset_;
    const std::uint64_t size = pages_ * kPageSize;
    if (from > size || segment.memory_bytes > size - from) {
      return error("does not fit into " + std::to_string(config_.memory_mib) +
                   " MiB of memory; give it more with --memory");
    }
    kernel_end_ = std::max(kernel_end_, pages_for(from + segment.memory_bytes));
  }
  if (entry_ - base_ >= kernel_end_ * kPageSize) {
    return error("its entry lies outside its segments; build it again");
  }
  if (config_.command_line.size() >= MAX_GUEST_CMDLINE) {
    return Error{ErrorCode::InvalidInput, "--cmdline is longer than the " +
                                              std::to_string(MAX_GUEST_CMDLINE - 1) +
                                              " bytes that a Xen guest can be given"};
  }
  std::uint64_t next = kernel_end_;
  ramdisk_ = next;
  next += pages_for(config_.initrd.size());
  p2m_list_ = next;
  p2m_pages_ = pages_for(pages_ * word);
  next += p2m_pages_;
  start_info_ = next++;
  store_ = next++;
  console_ = next++;
  tables_ = next;
  const auto list_at = image_.number(XEN_ELFNOTE_INIT_P2M);
  if (list_at &&
      (!wide_ || (*list_at & kPageOffsetMask) != 0 || !is_guest_address(domain_->width, *list_at) ||
       !is_guest_address(domain_->width, *list_at + p2m_pages_ * kPageSize))) {
    return error("its notes give a place for the p2m list that no guest can have; build it again");
  }
  // More tables need more room, and more room may need another table.
  for (table_count_ = 0;;) {
    stack_ = tables_ + table_count_;
    const std::uint64_t used = va(stack_ + 1) + kRoomBehindStack;
    const std::uint64_t top = (used + kVirtualAlignment - 1) & ~(kVirtualAlignment - 1);
    end_ = (top - base_) / kPageSize;
    regions_ = {{base_, top, 0}};
    if (list_at) {
      regions_.push_back({*list_at, *list_at + p2m_pages_ * kPageSize, p2m_list_});
    }
    if (top <= base_ || !is_guest_address(domain_->width, top - 1)) {
      return error("has no room left behind its virtual base; build it again");
    }
    const std::uint64_t needed = tables_needed(regions_);
    if (needed == table_count_) {
      break;
    }
    table_count_ = needed;
  }
  if (end_ > pages_) {
    return error("needs at least " + std::to_string((end_ * kPageSize + kMiB - 1) / kMiB) +
                 " MiB of memory; give it more with --memory");
  }
  return {};
}

Result<void> Builder::take_frames() {
  for (std::uint64_t pfn = 0; pfn < pages_; ++pfn) {
    const auto frame = xen_.frames().allocate(domain_->id, Placement::Top);
    if (!frame) {
      return Error{
          ErrorCode::NotAvailable,
          "the host has no " + std::to_string(config_.memory_mib) + " MiB left for another domain"};
    }
    p2m_.push_back(*frame);
    xen_.address_space().set_physical(*frame, pfn);
  }
  domain_->pages = domain_->most_pages = static_cast<std::uint32_t>(pages_);
  domain_->shared_info = xen_.share_page(*domain_);
  return {};
}

void Builder::load_kernel() {
  const auto copy = [&](std::uint64_t to, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const std::size_t chunk = std::min<std::size_t>(bytes.size(), kPageSize - to % kPageSize);
      std::memcpy(xen_.memory().at(at(to / kPageSize) + to % kPageSize), bytes.data(), chunk);
      bytes = bytes.subspan(chunk);
      to += chunk;
    }
  };
  for (const KernelSegment& segment : image_.segments) {
    copy(segment.physical - offset_, segment.bytes);
  }
  copy(ramdisk_ * kPageSize, config_.initrd);
}

void Builder::write_p2m() {
  for (std::uint64_t pfn = 0; pfn < pages_; ++pfn) {
    if (wide_) {
      xen_.memory().store<std::uint64_t>(at(p2m_list_ + pfn / 512) + pfn % 512 * 8,
                                         p2m_[pfn].number);
    } else {
      xen_.memory().store<std::uint32_t>(at(p2m_list_ + pfn / 1024) + pfn % 1024 * 4,
                                         p2m_[pfn].number);
    }
  }
}

// Level by level from the top, each table behind the one before.
void Builder::make_tables() {
  MachineMemory& memory = xen_.memory();
  std::uint64_t next = tables_ + 1;
  const int top = wide_ ? 4 : 3;
  std::vector<Region> tables = {{0, 0, tables_}};  // start: the first address it covers
  for (int level = top; level > 1; --level) {
    const int shift = 12 + 9 * (level - 1);
    std::vector<Region> below;
    const auto add = [&](std::uint64_t address) {
      const std::uint64_t start = address >> shift << shift;
      const bool there = std::any_of(below.begin(), below.end(),
                                     [&](const Region& r) { return r.start == start; });
      if (there) {
        return;
      }
      for (const Region& table : tables) {
        // In the top table or in the one that covers the address.
        if (level == top || address >> (shift + 9) == table.start >> (shift + 9)) {
          const std::uint32_t index =
              paging64::index(address, level) & (level == 3 && !wide_ ? 3u : 511u);
          const bool pae_root = level == 3 && !wide_;
          memory.store<std::uint64_t>(
              at(table.pfn) + index * std::uint64_t{8},
              at(next).value | (pae_root ? std::uint64_t{pte::P} : kTableRights));
        }
      }
      below.push_back({start, 0, next++});
    };
    for (const Region& region : regions_) {
      for (std::uint64_t v = region.start >> shift; v <= (region.end - 1) >> shift; ++v) {
        add(v << shift);
      }
    }
    if (level == 3 && !wide_) {
      add(kPaeTopStart);
    }
    tables = std::move(below);
  }
  GV_CHECK(next == tables_ + table_count_);
  for (const Region& region : regions_) {
    std::uint64_t pfn = region.pfn;
    for (std::uint64_t v = region.start; v < region.end; v += kPageSize, ++pfn) {
      const auto table = std::find_if(tables.begin(), tables.end(),
                                      [&](const Region& r) { return r.start == v >> 21 << 21; });
      const bool is_table = pfn >= tables_ && pfn < tables_ + table_count_;
      memory.store<std::uint64_t>(at(table->pfn) + paging64::index(v, 1) * std::uint64_t{8},
                                  at(pfn).value | (is_table ? kReadOnlyRights : kLeafRights));
    }
  }
}

template <class StartInfo>
void fill_start_info(StartInfo& info, std::uint64_t pages, std::uint64_t shared, Ring store,
                     Ring console) {
  using Word = decltype(info.nr_pages);
  info.nr_pages = static_cast<Word>(pages);
  info.shared_info = static_cast<Word>(shared);
  info.store_mfn = store.frame.number;
  info.store_evtchn = store.port;
  info.console.domU.mfn = console.frame.number;
  info.console.domU.evtchn = console.port;
}

void Builder::write_start_info() {
  const std::uint64_t list = image_.number(XEN_ELFNOTE_INIT_P2M).value_or(va(p2m_list_));
  const bool by_pfn = image_.number(XEN_ELFNOTE_MOD_START_PFN).value_or(0) != 0;
  const std::uint64_t ramdisk = by_pfn ? ramdisk_ : va(ramdisk_);
  const auto finish = [&](auto info, const char* magic) {
    using Word = decltype(info.nr_pages);
    std::strncpy(info.magic, magic, sizeof info.magic - 1);
    fill_start_info(info, pages_, base_of(domain_->shared_info).value, domain_->store,
                    domain_->console);
    info.flags = role_.privileged ? SIF_PRIVILEGED | SIF_INITDOMAIN : 0u;
    info.pt_base = static_cast<Word>(va(tables_));
    info.nr_pt_frames = static_cast<Word>(table_count_);
    info.mfn_list = static_cast<Word>(list);
    if (!config_.initrd.empty()) {
      info.mod_start = static_cast<Word>(ramdisk);
      info.mod_len = static_cast<Word>(config_.initrd.size());
      info.flags |= by_pfn ? kFlagModulePfn : 0u;
    }
    info.first_p2m_pfn = static_cast<Word>(p2m_list_);
    info.nr_p2m_frames = static_cast<Word>(p2m_pages_);
    std::memcpy(info.cmd_line, config_.command_line.c_str(), config_.command_line.size());
    xen_.memory().store(at(start_info_), info);
  };
  if (wide_) {
    finish(::start_info{}, "xen-3.0-x86_64");
  } else {
    finish(start_info_x86_32{}, "xen-3.0-x86_32p");
  }
}

void Builder::make_channels() {
  const auto make = [&](HostEnd end, std::uint64_t pfn) {
    const std::uint32_t number = *domain_->channels.allocate();
    Port& port = *domain_->channels.find(number);
    port.state = PortState::Interdomain;
    port.host = end;
    return Ring{p2m_[pfn], number};
  };
  domain_->store = make(HostEnd::Store, store_);
  domain_->console = make(HostEnd::Console, console_);
}

// The guest calls a slot of this page instead of executing the instruction itself.
void Builder::fill_hypercall_page() {
  const auto note = image_.number(XEN_ELFNOTE_HYPERCALL_PAGE);
  if (!note || *note < base_ || (*note - base_) / kPageSize >= pages_) {
    return;
  }
  std::uint8_t* page = xen_.memory().at(at((*note - base_) / kPageSize));
  constexpr std::uint8_t kCall64[] = {0x51, 0x41, 0x53, 0xb8, 0,    0,    0,
                                      0,    0x0f, 0x05, 0x41, 0x5b, 0x59, 0xc3};
  constexpr std::uint8_t kReturn64[] = {0x51, 0x41, 0x53, 0x50, 0xb8, 0, 0, 0, 0, 0x0f, 0x05};
  constexpr std::uint8_t kCall32[] = {0xb8, 0, 0, 0, 0, 0xcd, 0x82, 0xc3};
  constexpr std::uint8_t kReturn32[] = {0x50, 0xb8, 0, 0, 0, 0, 0xcd, 0x82};
  for (std::uint32_t number = 0; number < kPageSize / 32; ++number) {
    std::uint8_t* slot = page + number * 32;
    const bool leaves = number == __HYPERVISOR_iret;
    const auto put = [&](std::span<const std::uint8_t> code, std::size_t number_at) {
      std::memcpy(slot, code.data(), code.size());
      std::memcpy(slot + number_at, &number, sizeof number);
    };
    if (wide_) {
      leaves ? put(kReturn64, 5) : put(kCall64, 4);
    } else {
      leaves ? put(kReturn32, 2) : put(kCall32, 1);
    }
  }
}

Result<BuiltDomain> Builder::build(DomainId id) {
  domain_ = &xen_.add_domain(id, wide_ ? Width::Bits64 : Width::Bits32, role_.vcpus);
  domain_->privileged = role_.privileged;
  GV_TRY(lay_out());
  GV_TRY(take_frames());
  load_kernel();
  fill_hypercall_page();
  make_channels();
  write_p2m();
  make_tables();
  write_start_info();

  // The whole tree is checked, as it would be for a guest that had built it itself.
  const Mfn root = p2m_[tables_];
  const TableOwner owner = domain_->owner();
  if (xen_.page_tables().pin(root.number, PageTables::root_use(owner.width), owner) != 0 ||
      xen_.page_tables().acquire(root.number, PageTables::root_use(owner.width), owner) != 0) {
    return error("Xen refuses the page tables that were built for it; this is a bug of ours");
  }
  Vcpu& vcpu = *domain_->vcpus[0];
  vcpu.set_up(true);
  for (const auto& each : domain_->vcpus) {
    each->info = base_of(domain_->shared_info) + each->id() * sizeof(vcpu_info);
  }
  const std::size_t mask = offsetof(vcpu_info, evtchn_upcall_mask);
  for (std::uint32_t i = 0; i < XEN_LEGACY_MAX_VCPUS; ++i) {
    const std::size_t size = sizeof(vcpu_info);
    static_assert(sizeof(vcpu_info) == sizeof(vcpu_info_x86_32));
    xen_.memory().store<std::uint8_t>(base_of(domain_->shared_info) + i * size + mask, 1);
  }
  constexpr Cycles kFirstPeriod = 10'000'000;
  vcpu.period = vcpu.next_period = kFirstPeriod;
  xen_.start_clocks(*domain_);

  BuiltDomain built;
  built.domain = domain_;
  built.cpu.width = domain_->width;
  built.cpu.kernel_root = base_of(root);
  built.cpu.vcpu_info = vcpu.info;
  built.cpu.kernel_ss = vcpu.pages().kernel_ss;
  built.cpu.kernel_sp = va(stack_ + 1);
  built.entry.rip = entry_;
  built.entry[Gpr::Si] = va(start_info_);
  built.entry[Gpr::Sp] = va(stack_ + 1);
  const std::uint16_t data = wide_ ? std::uint16_t{0} : kRing1Ds;
  for (const SegmentName name :
       {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
    built.entry[name].selector = data;
  }
  return built;
}

}  // namespace

Result<BuiltDomain> build_pv_domain(Hypervisor& xen, DomainId id, const MachineConfig& config,
                                    const KernelImage& image, DomainRole role) {
  return Builder(xen, config, image, role).build(id);
}

}  // namespace gv::xen
