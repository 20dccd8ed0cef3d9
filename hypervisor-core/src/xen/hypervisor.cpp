// SPDX-License-Identifier: MIT

#include "xen/hypervisor.h"

#include "xen/event_delivery.h"
#include "xen/public_headers.h"

#include <algorithm>

namespace gv::xen {

namespace {

// Tables, own pages and what each domain needs besides its memory: shared pages, grant frames,
// descriptor windows.
constexpr std::uint32_t kOwnPages = 96;

std::uint32_t most_ports(Width width) { return width == Width::Bits64 ? 64 * 64 : 32 * 32; }

}  // namespace

std::uint32_t Hypervisor::own_frames(std::uint32_t machine_frames, std::uint32_t domains) {
  // Machine-to-physical twice, with 8 and 4 bytes for each frame, and the tables that map it.
  const std::uint32_t to_physical = machine_frames / 512 + machine_frames / 1024 + 2;
  return FrameTable::frames_needed(machine_frames) + to_physical + to_physical / 512 + 4 +
         kOwnPages * std::max(domains, 1u);
}

Hypervisor::Hypervisor(MachineMemory& memory, HypervisorHost& host, Ledger& ledger,
                       const CostModel& cost, SchedulerKind scheduler)
    : host_(host),
      ledger_(ledger),
      cost_(cost),
      frames_(memory),
      space_(frames_),
      tables_(frames_, space_, *this),
      scheduler_(scheduler) {}

Hypervisor::~Hypervisor() = default;

Domain& Hypervisor::add_domain(DomainId id, Width width, unsigned vcpus) {
  Domain& domain = *domains_.emplace_back(std::make_unique<Domain>());
  domain.id = id;
  domain.width = width;
  domain.slots = space_.make_slots(width, vcpus);
  domain.channels = EventChannels(most_ports(width));
  for (unsigned i = 0; i < vcpus; ++i) {
    domain.vcpus.push_back(std::make_unique<Vcpu>(*this, domain, i, space_.pages_for(width, i)));
    domain.vcpus.back()->scheduled_as = scheduler_.add(id);
  }
  return domain;
}

Domain* Hypervisor::find(DomainId id) {
  for (const auto& domain : domains_) {
    if (domain->id == id) {
      return domain.get();
    }
  }
  return nullptr;
}

Status Hypervisor::set_root(Vcpu& vcpu, std::uint64_t mfn) {
  Domain& domain = vcpu.domain();
  const Mfn old = frame_of(vcpu.guest().cpu().kernel_root);
  if (mfn != old.number) {
    if (const Status status =
            tables_.acquire(mfn, PageTables::root_use(domain.width), domain.owner());
        status != 0) {
      return status;
    }
    vcpu.guest().cpu().kernel_root = base_of(Mfn(static_cast<std::uint32_t>(mfn)));
    tables_.release(old, domain.owner());
  }
  vcpu.guest().load_root();
  flush_due_ = true;
  return 0;
}

Status Hypervisor::set_user_root(Vcpu& vcpu, std::uint64_t mfn) {
  Domain& domain = vcpu.domain();
  const Mfn old = frame_of(vcpu.guest().cpu().user_root);
  if (!domain.wide()) {
    return -XEN_EINVAL;
  }
  if (mfn == old.number) {
    return 0;
  }
  if (mfn != 0) {
    if (const Status status = tables_.acquire(mfn, FrameUse::L4Table, domain.owner());
        status != 0) {
      return status;
    }
  }
  vcpu.guest().cpu().user_root = base_of(Mfn(static_cast<std::uint32_t>(mfn)));
  if (old.number != 0) {
    tables_.release(old, domain.owner());
  }
  return 0;
}

Status Hypervisor::set_gdt(Vcpu& vcpu, const std::vector<std::uint64_t>& frames,
                           std::uint32_t entries) {
  if (entries > kGuestGdtEntries || frames.size() != (entries + 511) / 512) {
    return -XEN_EINVAL;
  }
  Domain& domain = vcpu.domain();
  std::vector<Mfn> pages;
  for (const std::uint64_t mfn : frames) {
    if (tables_.acquire(mfn, FrameUse::Segments, domain.owner()) != 0) {
      for (const Mfn page : pages) {
        tables_.release(page, domain.owner());
      }
      return -XEN_EINVAL;
    }
    pages.emplace_back(static_cast<std::uint32_t>(mfn));
  }
  for (const Mfn page : vcpu.gdt) {
    tables_.release(page, domain.owner());
  }
  vcpu.gdt = pages;
  space_.map_guest_gdt(domain.slots, domain.width, vcpu.id(), pages);
  flush_due_ = true;
  return 0;
}

Mfn Hypervisor::share_page(Domain& domain) {
  const auto frame = frames_.allocate(domain.id, Placement::Bottom);
  GV_CHECK(frame.has_value());  // own_frames() has room for every domain's
  FrameRecord& record = frames_[*frame];
  record.use = FrameUse::Writable;
  record.use_references = 1;
  record.set(frame_flag::kXenHeap | frame_flag::kValidated);
  space_.set_physical(*frame, AddressSpace::kSharedPhysical);
  return *frame;
}

bool Hypervisor::grow_grant_table(Domain& domain, std::uint32_t frames) {
  if (frames > kMostGrantFrames) {
    return false;
  }
  while (domain.grants.frames.size() < frames) {
    if (frames_.free_frames() == 0) {
      return false;
    }
    domain.grants.frames.push_back(share_page(domain));
  }
  return true;
}

void Hypervisor::flush_if_changed(Vcpu& vcpu) {
  if (std::exchange(flush_due_, false)) {
    ++vcpu.domain().table_generation;
    vcpu.guest().tables_changed();
  }
}

void Hypervisor::note_page_table_write() {
  ++ledger_.page_table_writes;
  host_.charge(cost_.page_table_write);
  work_ += cost_.page_table_write;
}

void Hypervisor::entry_written(Mpa at, std::uint64_t value, int level) {
  host_.memory_written(at, sizeof value);
  if (level > 0) {
    note_page_table_write();
    host_.record(PageTableWritten{at, value, static_cast<std::uint8_t>(level)});
  }
}

void Hypervisor::use_changed(Mfn frame, DomainId owner, FrameUse use) {
  host_.record(FrameUseChanged{frame, owner, use});
}

void Hypervisor::raise(Domain& domain, std::uint32_t port) { set_pending(memory(), domain, port); }

Status Hypervisor::send(Domain& domain, std::uint32_t port) {
  Port* local = domain.channels.find(port);
  if (local == nullptr) {
    return -XEN_EINVAL;
  }
  switch (local->state) {
    case PortState::Interdomain: {
      host_.record(EventSent{domain.id, local->remote_domain, port, local->remote_port});
      if (local->host == HostEnd::Console) {
        serve_console(domain);
      } else if (local->host == HostEnd::Store) {
        serve_store();
      } else if (Domain* remote = find(local->remote_domain)) {
        raise(*remote, local->remote_port);
      }
      return 0;
    }
    case PortState::Ipi:
      host_.record(EventSent{domain.id, domain.id, port, port});
      raise(domain, port);
      return 0;
    case PortState::Unbound:
      return 0;  // silently dropped
    default:
      return -XEN_EINVAL;
  }
}

void Hypervisor::raise_virq(Domain& domain, std::uint32_t virq, std::uint32_t vcpu) {
  if (const auto port = domain.channels.bound_to_virq(virq, vcpu)) {
    raise(domain, *port);
  }
}

void Hypervisor::shut_down(Domain& domain, ShutdownReason reason, const std::string& why) {
  if (domain.shutdown) {
    return;
  }
  serve_console(domain);  // its last words
  domain.shutdown = reason;
  if (store_ != nullptr) {
    store_->shut_down(domain.id);
  }
  host_.record(DomainShutDown{domain.id, reason});
  host_.domain_shut_down(domain.id, reason, why);
}

// Virtual time is nanoseconds and so is the virtual TSC: the conversion is the identity.
void Hypervisor::start_clocks(Domain& domain) {
  MachineMemory& machine = memory();
  constexpr std::uint32_t kBootSecond = 1767225600;  // 2026-01-01, as the PC's clock starts
  const Mpa page = base_of(domain.shared_info);
  const auto put = [&](std::size_t version, std::size_t seconds) {
    machine.store<std::uint32_t>(page + version, 2);
    machine.store<std::uint32_t>(page + seconds, kBootSecond);
    machine.store<std::uint32_t>(page + seconds + 4, 0);
  };
  if (domain.wide()) {
    put(offsetof(shared_info, wc_version), offsetof(shared_info, wc_sec));
  } else {
    put(offsetof(shared_info_x86_32, wc_version), offsetof(shared_info_x86_32, wc_sec));
  }
  for (const auto& vcpu : domain.vcpus) {
    vcpu_time_info time{};
    time.version = 2;
    time.tsc_to_system_mul = 0x80000000;
    time.tsc_shift = 1;
    time.flags = XEN_PVCLOCK_TSC_STABLE_BIT;
    static_assert(offsetof(vcpu_info, time) == offsetof(vcpu_info_x86_32, time));
    machine.store(vcpu->info + offsetof(vcpu_info, time), time);
  }
}

void Hypervisor::save(StateWriter& out) const {
  const FrameTable::State frames = frames_.state();
  out.u32(frames.bottom);
  out.u32(frames.top);
  out.u32(frames.free);
  out.flag(flush_due_);
  scheduler_.save(out);
  for (const auto& domain : domains_) {
    domain->save(out);
  }
}

bool Hypervisor::restore(StateReader& in) {
  FrameTable::State frames;
  frames.bottom = in.u32();
  frames.top = in.u32();
  frames.free = in.u32();
  frames_.restore(frames);
  flush_due_ = in.flag();
  scheduler_.restore(in);
  for (const auto& domain : domains_) {
    domain->restore(in);
  }
  return in.ok();
}

}  // namespace gv::xen
