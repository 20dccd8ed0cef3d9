// SPDX-License-Identifier: MIT
//
// grant_table_op.cpp - hypercall grant_table_op: a domain reaches frames that another has granted
// it.
//
// The granter may change its table while Xen reads it, so an entry is read once. What it says is
// believed only as far as the granter itself could go: the frame has to be its own.

#include "x86/page_table_entry.h"
#include "xen/compat.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

#include <cstring>

namespace gv::xen {

using namespace x86;

namespace {

void change_flags(Call& call, Domain& granter, std::uint32_t reference, std::uint16_t set,
                  std::uint16_t clear) {
  const Mpa at = granter.grants.entry(reference);
  const auto flags = call.xen().memory().load<std::uint16_t>(at);
  call.xen().memory().store<std::uint16_t>(at, static_cast<std::uint16_t>((flags | set) & ~clear));
}

// The frame behind a grant, with references taken: to it, and to write it. Else a GNTST error.
struct Granted {
  std::int16_t status = GNTST_okay;
  Mfn frame;
};

Granted acquire_grant(Call& call, Domain& granter, std::uint32_t reference, bool writable) {
  if (reference >= granter.grants.entries()) {
    return {GNTST_bad_gntref, {}};
  }
  const auto entry = call.xen().memory().load<::grant_entry_v1>(granter.grants.entry(reference));
  const bool for_us =
      (entry.flags & GTF_type_mask) == GTF_permit_access && entry.domid == call.domain().id;
  if (!for_us || (writable && (entry.flags & GTF_readonly) != 0)) {
    return {GNTST_general_error, {}};
  }
  FrameTable& frames = call.xen().frames();
  if (!frames.get(entry.frame, granter.id)) {
    return {GNTST_general_error, {}};
  }
  const Mfn frame(entry.frame);
  if (writable &&
      call.xen().page_tables().acquire_use(frame, FrameUse::Writable, granter.owner()) != 0) {
    frames.put(frame);
    return {GNTST_general_error, {}};
  }
  change_flags(call, granter, reference,
               static_cast<std::uint16_t>(GTF_reading | (writable ? GTF_writing : 0)), 0);
  return {GNTST_okay, frame};
}

void release_grant(Call& call, Domain& granter, Mfn frame, bool writable) {
  if (writable) {
    call.xen().page_tables().release(frame, granter.owner());
  } else {
    call.xen().frames().put(frame);
  }
}

// When nobody reads or writes through a grant any more, its owner may take it back.
void settle_flags(Call& call, Domain& granter, std::uint32_t reference) {
  const auto active = granter.grants.active.find(reference);
  const bool writers = active != granter.grants.active.end() && active->second.writers > 0;
  const bool any = active != granter.grants.active.end() && (writers || active->second.readers > 0);
  change_flags(call, granter, reference, 0,
               static_cast<std::uint16_t>((writers ? 0 : GTF_writing) | (any ? 0 : GTF_reading)));
  if (!any && active != granter.grants.active.end()) {
    granter.grants.active.erase(active);
  }
}

std::optional<Mpa> leaf_named(Call& call, std::uint64_t address, bool contains_entry) {
  if (contains_entry) {
    return Mpa(address);
  }
  if (!is_guest_address(call.domain().width, address)) {
    return std::nullopt;
  }
  return call.xen().page_tables().find_leaf(call.guest().cpu().kernel_root, address,
                                            call.domain().owner());
}

void map_grant(Call& call, ::gnttab_map_grant_ref& op) {
  if ((op.flags & (GNTMAP_host_map | GNTMAP_device_map)) == 0) {
    op.status = GNTST_bad_gntref;
    return;
  }
  Domain* granter = call.domain_named(op.dom);
  if (granter == nullptr) {
    op.status = GNTST_bad_domain;
    return;
  }
  const bool writable = (op.flags & GNTMAP_readonly) == 0;
  const Granted granted = acquire_grant(call, *granter, op.ref, writable);
  op.status = granted.status;
  if (granted.status != GNTST_okay) {
    return;
  }
  if ((op.flags & GNTMAP_host_map) != 0) {
    const auto leaf = leaf_named(call, op.host_addr, (op.flags & GNTMAP_contains_pte) != 0);
    const std::uint64_t entry = base_of(granted.frame).value | pte::P | pte::A | pte::D |
                                (writable ? pte::RW : 0u) |
                                ((op.flags & GNTMAP_application_map) != 0 ? pte::US : 0u);
    if (!leaf || !call.xen().page_tables().map_granted(*leaf, entry, call.domain().owner())) {
      release_grant(call, *granter, granted.frame, writable);
      settle_flags(call, *granter, op.ref);
      op.status = GNTST_general_error;
      return;
    }
  }
  ActiveGrant& active = granter->grants.active[op.ref];
  active.user = call.domain().id;
  active.frame = granted.frame;
  ++(writable ? active.writers : active.readers);
  GrantTable& mine = call.domain().grants;
  op.handle = mine.next_handle++;
  mine.mappings[op.handle] = {granter->id, op.ref, writable};
  op.dev_bus_addr = base_of(granted.frame).value;
  call.xen().record(
      GrantUsed{granter->id, call.domain().id, op.ref, granted.frame, GrantUse::Map, writable});
}

void unmap_grant(Call& call, ::gnttab_unmap_grant_ref& op) {
  GrantTable& mine = call.domain().grants;
  const auto found = mine.mappings.find(op.handle);
  if (found == mine.mappings.end()) {
    op.status = GNTST_bad_handle;
    return;
  }
  const GrantMapping mapping = found->second;
  Domain* granter = call.xen().find(mapping.granter);
  if (granter == nullptr) {
    op.status = GNTST_bad_domain;
    return;
  }
  const auto active = granter->grants.active.find(mapping.reference);
  GV_CHECK(active != granter->grants.active.end());
  const Mfn frame = active->second.frame;
  if (op.host_addr != 0) {
    // An address that maps the frame; or the entry's own, where it was mapped so.
    PageTables& tables = call.xen().page_tables();
    auto leaf = leaf_named(call, op.host_addr, false);
    if (!leaf || !tables.unmap_granted(*leaf, frame, call.domain().owner())) {
      leaf = Mpa(op.host_addr);
      if (!tables.unmap_granted(*leaf, frame, call.domain().owner())) {
        op.status = GNTST_general_error;
        return;
      }
    }
  }
  release_grant(call, *granter, frame, mapping.writable);
  --(mapping.writable ? active->second.writers : active->second.readers);
  settle_flags(call, *granter, mapping.reference);
  mine.mappings.erase(found);
  op.status = GNTST_okay;
  call.xen().record(GrantUsed{granter->id, call.domain().id, mapping.reference, frame,
                              GrantUse::Unmap, mapping.writable});
}

struct CopyEnd {
  bool by_reference = false;
  std::uint64_t name = 0;  // a reference or a frame
  DomainId domain = 0;
  std::uint16_t offset = 0;
};
struct Copy {
  CopyEnd source, dest;
  std::uint16_t length = 0;
};

// One end of a copy, held while it lasts.
struct HeldEnd {
  std::int16_t status = GNTST_okay;
  Domain* domain = nullptr;
  Mfn frame;
};

HeldEnd hold(Call& call, const CopyEnd& end, bool writable) {
  Domain* domain = call.domain_named(end.domain);
  if (domain == nullptr) {
    return {GNTST_bad_domain, nullptr, {}};
  }
  if (end.by_reference) {
    if (end.name > UINT32_MAX) {
      return {GNTST_bad_gntref, nullptr, {}};
    }
    const auto reference = static_cast<std::uint32_t>(end.name);
    const Granted granted = acquire_grant(call, *domain, reference, writable);
    return {granted.status, domain, granted.frame};
  }
  if (domain != &call.domain() && !call.domain().privileged) {
    return {GNTST_permission_denied, nullptr, {}};
  }
  if (!call.xen().frames().get(end.name, domain->id)) {
    return {GNTST_bad_page, nullptr, {}};
  }
  const Mfn frame(static_cast<std::uint32_t>(end.name));
  if (writable &&
      call.xen().page_tables().acquire_use(frame, FrameUse::Writable, domain->owner()) != 0) {
    call.xen().frames().put(frame);
    return {GNTST_bad_page, nullptr, {}};
  }
  return {GNTST_okay, domain, frame};
}

void let_go(Call& call, const CopyEnd& end, const HeldEnd& held, bool writable) {
  release_grant(call, *held.domain, held.frame, writable);
  if (end.by_reference) {
    settle_flags(call, *held.domain, static_cast<std::uint32_t>(end.name));
    call.xen().record(GrantUsed{held.domain->id, call.domain().id,
                                static_cast<std::uint32_t>(end.name), held.frame, GrantUse::Copy,
                                writable});
  }
}

std::int16_t copy(Call& call, const Copy& op) {
  if (op.source.offset + op.length > static_cast<int>(kPageSize) ||
      op.dest.offset + op.length > static_cast<int>(kPageSize)) {
    return GNTST_bad_copy_arg;
  }
  const HeldEnd source = hold(call, op.source, false);
  if (source.status != GNTST_okay) {
    return source.status;
  }
  const HeldEnd dest = hold(call, op.dest, true);
  if (dest.status == GNTST_okay) {
    const Mpa to = base_of(dest.frame) + op.dest.offset;
    std::memmove(call.xen().memory().at(to),
                 call.xen().memory().at(base_of(source.frame) + op.source.offset), op.length);
    call.xen().host().memory_written(to, op.length);
    let_go(call, op.dest, dest, true);
  }
  let_go(call, op.source, source, false);
  return dest.status;
}

Status setup_table(Call& call) {
  std::uint16_t id = 0;
  std::uint32_t wanted = 0;
  std::uint64_t list = 0;
  auto wide = std::optional<::gnttab_setup_table>();
  auto narrow = std::optional<compat::gnttab_setup_table>();
  if (call.wide()) {
    wide = call.read<::gnttab_setup_table>(call.args[1]);
    if (wide) {
      id = wide->dom;
      wanted = wide->nr_frames;
      list = reinterpret_cast<std::uint64_t>(wide->frame_list.p);
    }
  } else {
    narrow = call.read<compat::gnttab_setup_table>(call.args[1]);
    if (narrow) {
      id = narrow->dom;
      wanted = narrow->nr_frames;
      list = narrow->frame_list;
    }
  }
  if (!wide && !narrow) {
    return -XEN_EFAULT;
  }
  if (call.arg32(2) != 1) {
    return -XEN_EINVAL;
  }
  Domain* domain = call.domain_named(id);
  std::int16_t status = GNTST_okay;
  if (domain == nullptr) {
    status = GNTST_bad_domain;
  } else if (domain != &call.domain() && !call.domain().privileged) {
    status = GNTST_permission_denied;
  } else if (!call.xen().grow_grant_table(*domain, wanted)) {
    status = GNTST_general_error;
  } else {
    for (std::uint32_t i = 0; i < wanted; ++i) {
      if (!call.write_word(list + i * call.word_bytes(), domain->grants.frames[i].number)) {
        return -XEN_EFAULT;
      }
    }
  }
  if (wide) {
    wide->status = status;
    return call.write(call.args[1], *wide) ? 0 : -XEN_EFAULT;
  }
  narrow->status = status;
  return call.write(call.args[1], *narrow) ? 0 : -XEN_EFAULT;
}

// Runs `act` on each element of the guest's array, which it fills in.
template <class Op, class Act>
Status for_each(Call& call, Act act) {
  std::uint64_t at = call.args[1];
  const std::uint32_t count = call.arg32(2);
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i == kMostEntriesAtOnce) {
      call.again = true;
      call.args[1] = at;
      call.args[2] = count - i;
      return 0;
    }
    auto op = call.read<Op>(at);
    if (!op) {
      return -XEN_EFAULT;
    }
    act(*op);
    if (!call.write(at, *op)) {
      return -XEN_EFAULT;
    }
    at += sizeof(Op);
  }
  return 0;
}

template <class Op>
Copy copy_of(const Op& op) {
  Copy c;
  c.source.by_reference = (op.flags & GNTCOPY_source_gref) != 0;
  c.dest.by_reference = (op.flags & GNTCOPY_dest_gref) != 0;
  if constexpr (std::is_same_v<Op, ::gnttab_copy>) {
    c.source.name = c.source.by_reference ? op.source.u.ref : op.source.u.gmfn;
    c.dest.name = c.dest.by_reference ? op.dest.u.ref : op.dest.u.gmfn;
  } else {
    c.source.name = op.source.u;
    c.dest.name = op.dest.u;
  }
  c.source.domain = op.source.domid;
  c.source.offset = op.source.offset;
  c.dest.domain = op.dest.domid;
  c.dest.offset = op.dest.offset;
  c.length = op.len;
  return c;
}

}  // namespace

Status grant_table_op(Call& call) {
  switch (call.arg32(0)) {
    case GNTTABOP_map_grant_ref:
      return for_each<::gnttab_map_grant_ref>(call, [&](auto& op) { map_grant(call, op); });
    case GNTTABOP_unmap_grant_ref:
      return for_each<::gnttab_unmap_grant_ref>(call, [&](auto& op) { unmap_grant(call, op); });
    case GNTTABOP_copy:
      return call.wide() ? for_each<::gnttab_copy>(
                               call, [&](auto& op) { op.status = copy(call, copy_of(op)); })
                         : for_each<compat::gnttab_copy>(
                               call, [&](auto& op) { op.status = copy(call, copy_of(op)); });
    case GNTTABOP_setup_table:
      return setup_table(call);
    case GNTTABOP_query_size: {
      auto op = call.read<::gnttab_query_size>(call.args[1]);
      if (!op) {
        return -XEN_EFAULT;
      }
      if (call.arg32(2) != 1) {
        return -XEN_EINVAL;
      }
      Domain* domain = call.domain_named(op->dom);
      const bool allowed = domain == &call.domain() || call.domain().privileged;
      op->status = domain == nullptr ? GNTST_bad_domain
                   : !allowed        ? GNTST_permission_denied
                                     : GNTST_okay;
      if (op->status == GNTST_okay) {
        op->nr_frames = static_cast<std::uint32_t>(domain->grants.frames.size());
        op->max_nr_frames = kMostGrantFrames;
      }
      return call.write(call.args[1], *op) ? 0 : -XEN_EFAULT;
    }
    case GNTTABOP_set_version: {
      auto op = call.read<::gnttab_set_version>(call.args[1]);
      if (!op) {
        return -XEN_EFAULT;
      }
      const Status status = op->version == 1   ? Status{0}
                            : op->version == 2 ? -XEN_ENOSYS
                                               : -XEN_EINVAL;
      op->version = 1;
      return call.write(call.args[1], *op) ? status : -XEN_EFAULT;
    }
    case GNTTABOP_get_version: {
      auto op = call.read<::gnttab_get_version>(call.args[1]);
      if (!op) {
        return -XEN_EFAULT;
      }
      if (!call.is_self(op->dom) && !call.domain().privileged) {
        return call.xen().find(op->dom) == nullptr ? -XEN_ESRCH : -XEN_EPERM;
      }
      op->version = 1;
      return call.write(call.args[1], *op) ? 0 : -XEN_EFAULT;
    }
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace gv::xen
