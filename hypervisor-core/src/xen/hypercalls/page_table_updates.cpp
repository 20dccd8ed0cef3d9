// SPDX-License-Identifier: MIT
//
// page_table_updates.cpp - hypercalls that change entries of a guest's page tables.
//
// The guest names an entry by its machine address (mmu_update) or by the virtual address that it
// maps (update_va_mapping). What may stand there is page_tables.h's business.

#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

namespace {

// The domain whose frames entries may lead to. Own name: DOMID_SELF is how one says that.
struct Target {
  Status status = 0;
  DomainId domain = 0;
};

Target target_named(Call& call, std::uint16_t id) {
  if (id == DOMID_SELF) {
    return {0, call.domain().id};
  }
  if (id == DOMID_XEN) {
    return {-XEN_EPERM, 0};
  }
  if (id == DOMID_IO) {
    return {0, id};  // devices' frames, and there are none
  }
  if (id == call.domain().id || call.xen().find(id) == nullptr) {
    return {-XEN_ESRCH, 0};
  }
  return {call.domain().privileged ? Status{0} : Status{-XEN_EPERM}, id};
}

Status update_one(Call& call, const ::mmu_update_t& request, Domain& tables, DomainId target) {
  Hypervisor& xen = call.xen();
  switch (request.ptr & 7) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_PRESERVE_AD:
    case 3: {  // MMU_PT_UPDATE_NO_TRANSLATE: only translated guests know the difference
      const AccessedDirty marks = (request.ptr & 7) == MMU_PT_UPDATE_PRESERVE_AD
                                      ? AccessedDirty::Kept
                                      : AccessedDirty::AsGiven;
      return xen.page_tables().update(request.ptr & ~std::uint64_t{7}, request.val, tables.owner(),
                                      target, marks);
    }
    case MMU_MACHPHYS_UPDATE: {
      const std::uint64_t mfn = request.ptr >> 12;
      if (!xen.frames().get(mfn, target)) {
        return -XEN_EINVAL;
      }
      const Mfn frame(static_cast<std::uint32_t>(mfn));
      xen.address_space().set_physical(frame, request.val);
      xen.frames().put(frame);
      return 0;
    }
    default:
      return -XEN_ENOSYS;
  }
}

bool flush_kind_known(std::uint64_t flags) { return (flags & UVMF_FLUSHTYPE_MASK) <= UVMF_INVLPG; }

Status update_mapping(Call& call, std::uint64_t address, std::uint64_t value, std::uint64_t flags,
                      DomainId target) {
  if (!is_guest_address(call.domain().width, address)) {
    return -XEN_EINVAL;
  }
  const auto leaf = call.xen().page_tables().find_leaf(call.guest().cpu().kernel_root, address,
                                                       call.domain().owner());
  if (!leaf) {
    return -XEN_EINVAL;
  }
  const Status status = call.xen().page_tables().update_leaf(*leaf, value, call.domain().owner(),
                                                             target, AccessedDirty::AsGiven);
  if (status != 0) {
    return status;
  }
  if (!flush_kind_known(flags)) {
    return -XEN_ENOSYS;
  }
  const std::uint64_t which = flags & ~std::uint64_t{UVMF_FLUSHTYPE_MASK};
  if ((flags & UVMF_FLUSHTYPE_MASK) != UVMF_NONE) {
    // A set of vCPUs is given by its address. There is one vCPU, and it flushes.
    if (which != UVMF_LOCAL && which != UVMF_ALL && !call.read_word(which)) {
      return -XEN_EFAULT;
    }
    call.xen().translation_changed();
  }
  return 0;
}

}  // namespace

Status mmu_update(Call& call) {
  std::uint32_t count = call.arg32(1);
  const std::uint64_t done_at = call.args[2];
  std::uint32_t done = 0;
  if ((count & kContinued) != 0) {
    count &= ~kContinued;
    done = call.read<std::uint32_t>(done_at).value_or(0);
  }
  const std::uint32_t domains = call.arg32(3);
  Domain* tables = &call.domain();
  if (domains >> 16 != 0) {
    tables = call.domain_named(static_cast<DomainId>((domains >> 16) - 1));
    if (tables == nullptr) {
      return -XEN_ESRCH;
    }
    if (tables != &call.domain() && !call.domain().privileged) {
      return -XEN_EPERM;
    }
  }
  const Target target = target_named(call, static_cast<std::uint16_t>(domains));
  if (target.status != 0) {
    return target.status;
  }
  Status status = 0;
  std::uint64_t at = call.args[0];
  std::uint32_t i = 0;
  for (; i < count && status == 0; ++i) {
    if (i == kMostEntriesAtOnce) {
      call.again = true;
      break;
    }
    const auto request = call.read<::mmu_update_t>(at);
    status = request ? update_one(call, *request, *tables, target.domain) : -XEN_EFAULT;
    if (status != 0) {
      break;
    }
    at += sizeof(::mmu_update_t);
  }
  if (done_at != 0) {
    call.write(done_at, done + i);
  }
  call.args[0] = at;
  call.args[1] = (count - i) | kContinued;
  return status;
}

Status update_va_mapping(Call& call) {
  const bool wide = call.wide();
  const std::uint64_t value = wide ? call.args[1] : call.args[1] | call.args[2] << 32;
  return update_mapping(call, call.args[0], value, call.args[wide ? 2 : 3], call.domain().id);
}

Status update_va_mapping_otherdomain(Call& call) {
  const bool wide = call.wide();
  const std::uint64_t value = wide ? call.args[1] : call.args[1] | call.args[2] << 32;
  const Target target = target_named(call, static_cast<std::uint16_t>(call.args[wide ? 3 : 4]));
  if (target.status != 0) {
    return target.status;
  }
  return update_mapping(call, call.args[0], value, call.args[wide ? 2 : 3], target.domain);
}

}  // namespace gv::xen
