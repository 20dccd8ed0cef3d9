// SPDX-License-Identifier: MIT
//
// memory.cpp - hypercall memory_op: a domain gives frames back, takes new ones, asks how many.
//
// Not here: exchanging frames for contiguous ones, which devices need; physmaps, which
// paravirtual guests do not have.

#include "xen/compat.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

namespace {

struct Reservation {
  std::uint64_t extents = 0, count = 0;
  std::uint32_t order = 0;
  DomainId domain = 0;
};

std::optional<Reservation> reservation(Call& call, std::uint64_t from) {
  if (call.wide()) {
    const auto r = call.read<::xen_memory_reservation>(from);
    return r ? std::optional(Reservation{reinterpret_cast<std::uint64_t>(r->extent_start.p),
                                         r->nr_extents, r->extent_order, r->domid})
             : std::nullopt;
  }
  const auto r = call.read<compat::xen_memory_reservation>(from);
  return r ? std::optional(Reservation{r->extent_start, r->nr_extents, r->extent_order, r->domid})
           : std::nullopt;
}

bool give_back(Call& call, Domain& domain, std::uint64_t mfn) {
  FrameTable& frames = call.xen().frames();
  if (!frames.get(mfn, domain.id)) {
    return false;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  FrameRecord& record = frames[frame];
  const bool owned = record.has(frame_flag::kAllocated) && !record.has(frame_flag::kXenHeap);
  if (owned) {
    if (record.has(frame_flag::kPinned)) {
      call.xen().page_tables().unpin(mfn, domain.owner());
    }
    record.clear(frame_flag::kAllocated);
    frames.put(frame);  // it stays until nothing maps it
    --domain.pages;
    call.xen().address_space().set_physical(frame, AddressSpace::kNoPhysical);
  }
  frames.put(frame);
  return owned;
}

std::optional<Mfn> take_new(Call& call, Domain& domain) {
  if (domain.pages >= domain.most_pages) {
    return std::nullopt;
  }
  const auto frame = call.xen().frames().allocate(domain.id, Placement::Top);
  if (frame) {
    ++domain.pages;
    call.xen().host().memory_written(base_of(*frame), kPageSize);
  }
  return frame;
}

// The result is how many extents were done, even where it stops early.
Status change_reservation(Call& call, std::uint32_t command, std::uint64_t first) {
  const auto wanted = reservation(call, call.args[1]);
  if (!wanted) {
    return -XEN_EFAULT;
  }
  Domain* domain = call.domain_named(wanted->domain);
  if (domain == nullptr) {
    return -XEN_ESRCH;
  }
  if (domain != &call.domain() && !call.domain().privileged) {
    return -XEN_EPERM;
  }
  if (wanted->order > 0 || wanted->count > (std::uint64_t{1} << 32)) {
    return static_cast<Status>(first);  // single frames only: no extent was done
  }
  std::uint64_t i = first;
  for (; i < wanted->count; ++i) {
    if (i - first == kMostEntriesAtOnce) {
      call.again = true;
      break;
    }
    const std::uint64_t at = wanted->extents + i * call.word_bytes();
    const auto named = wanted->extents == 0 && command == XENMEM_increase_reservation
                           ? std::optional<std::uint64_t>(0)
                           : call.read_word(at);
    if (!named) {
      break;
    }
    if (command == XENMEM_decrease_reservation) {
      if (!give_back(call, *domain, *named)) {
        break;
      }
      continue;
    }
    const auto frame = take_new(call, *domain);
    if (!frame) {
      break;
    }
    if (command == XENMEM_populate_physmap) {
      call.xen().address_space().set_physical(*frame, *named);
    }
    if (wanted->extents != 0 && !call.write_word(at, frame->number)) {
      give_back(call, *domain, frame->number);
      break;
    }
  }
  // How far it came rides in the command's upper bits, as in Xen.
  constexpr int kProgressShift = 6;  // MEMOP_EXTENT_SHIFT
  call.args[0] = command | i << kProgressShift;
  return static_cast<Status>(i);
}

}  // namespace

Status memory_op(Call& call) {
  constexpr std::uint64_t kCommandMask = 63;
  const auto command = static_cast<std::uint32_t>(call.args[0] & kCommandMask);
  const std::uint64_t progress = call.args[0] >> 6;
  switch (command) {
    case XENMEM_increase_reservation:
    case XENMEM_decrease_reservation:
    case XENMEM_populate_physmap:
      return change_reservation(call, command, progress);
    case XENMEM_maximum_ram_page:
      return call.xen().frames().frames() - 1;
    case XENMEM_current_reservation:
    case XENMEM_maximum_reservation:
    case XENMEM_maximum_gpfn: {
      const auto id = call.read<std::uint16_t>(call.args[1]);
      if (!id) {
        return -XEN_EFAULT;
      }
      Domain* domain = call.domain_named(*id);
      if (domain == nullptr) {
        return -XEN_ESRCH;
      }
      if (domain != &call.domain() && !call.domain().privileged) {
        return -XEN_EPERM;
      }
      return command == XENMEM_current_reservation ? domain->pages
             : command == XENMEM_maximum_gpfn      ? domain->most_pages - Status{1}
                                                   : domain->most_pages;
    }
    case XENMEM_machphys_mapping: {
      const std::uint64_t start = AddressSpace::table_start(call.domain().width);
      const std::uint64_t last = call.xen().frames().frames() - 1;
      if (call.wide()) {
        ::xen_machphys_mapping mapping{};
        mapping.v_start = start;
        mapping.v_end = start + (std::uint64_t{1} << 30) * 256;
        mapping.max_mfn = last;
        return call.write(call.args[1], mapping) ? 0 : -XEN_EFAULT;
      }
      const compat::xen_machphys_mapping mapping{static_cast<std::uint32_t>(start), 0xfe000000,
                                                 static_cast<std::uint32_t>(last)};
      return call.write(call.args[1], mapping) ? 0 : -XEN_EFAULT;
    }
    case XENMEM_add_to_physmap:
    case XENMEM_remove_from_physmap:
      return -XEN_EACCES;  // a paravirtual guest keeps its own physmap
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace gv::xen
