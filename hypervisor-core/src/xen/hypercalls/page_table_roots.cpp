// SPDX-License-Identifier: MIT
//
// page_table_roots.cpp - hypercall mmuext_op: pinning tables, changing roots, flushing.

#include "xen/compat.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

#include <cstring>

namespace gv::xen {

namespace {

struct Operation {
  std::uint32_t cmd = 0;
  std::uint64_t first = 0;   // a frame or an address
  std::uint64_t second = 0;  // a frame, a count or an address
};

std::optional<Operation> operation_at(Call& call, std::uint64_t from) {
  if (call.wide()) {
    const auto op = call.read<::mmuext_op>(from);
    return op ? std::optional(Operation{op->cmd, op->arg1.mfn, op->arg2.src_mfn}) : std::nullopt;
  }
  const auto op = call.read<compat::mmuext_op>(from);
  return op ? std::optional(Operation{op->cmd, op->arg1, op->arg2}) : std::nullopt;
}

Status fill_page(Call& call, Domain& owner, std::uint64_t to, std::optional<std::uint64_t> from) {
  FrameTable& frames = call.xen().frames();
  PageTables& tables = call.xen().page_tables();
  if (from && !frames.get(*from, owner.id)) {
    return -XEN_EINVAL;
  }
  const auto put_source = [&] {
    if (from) {
      frames.put(Mfn(static_cast<std::uint32_t>(*from)));
    }
  };
  if (tables.acquire(to, FrameUse::Writable, owner.owner()) != 0) {
    put_source();
    return -XEN_EINVAL;
  }
  const Mfn target(static_cast<std::uint32_t>(to));
  std::uint8_t* bytes = call.xen().memory().at(base_of(target));
  if (from) {
    std::memmove(bytes, call.xen().memory().at(base_of(Mfn(static_cast<std::uint32_t>(*from)))),
                 kPageSize);
  } else {
    std::memset(bytes, 0, kPageSize);
  }
  call.xen().host().memory_written(base_of(target), kPageSize);
  tables.release(target, owner.owner());
  put_source();
  return 0;
}

Status flush_these(Call& call, const Operation& op) {
  if (!call.read_word(op.second)) {
    return -XEN_EINVAL;
  }
  call.xen().translation_changed();
  return 0;
}

Status perform(Call& call, const Operation& op, Domain& owner) {
  Hypervisor& xen = call.xen();
  const bool self = &owner == &call.domain();
  switch (op.cmd) {
    case MMUEXT_PIN_L1_TABLE:
    case MMUEXT_PIN_L2_TABLE:
    case MMUEXT_PIN_L3_TABLE:
    case MMUEXT_PIN_L4_TABLE:
      if (op.cmd == MMUEXT_PIN_L4_TABLE && !owner.wide()) {
        return 0;  // it has no such level
      }
      return xen.page_tables().pin(
          op.first, PageTables::table_of(static_cast<int>(op.cmd - MMUEXT_PIN_L1_TABLE) + 1),
          owner.owner());
    case MMUEXT_UNPIN_TABLE:
      return xen.page_tables().unpin(op.first, owner.owner());
    case MMUEXT_CLEAR_PAGE:
      return fill_page(call, owner, op.first, std::nullopt);
    case MMUEXT_COPY_PAGE:
      return fill_page(call, owner, op.first, op.second);
    default:
      break;
  }
  if (!self) {
    return op.cmd <= MMUEXT_FLUSH_CACHE_GLOBAL ? -XEN_EPERM : -XEN_ENOSYS;
  }
  switch (op.cmd) {
    case MMUEXT_NEW_BASEPTR:
      return xen.set_root(call.vcpu, op.first);
    case MMUEXT_NEW_USER_BASEPTR:
      return xen.set_user_root(call.vcpu, op.first);
    case MMUEXT_TLB_FLUSH_LOCAL:
    case MMUEXT_TLB_FLUSH_ALL:
    case MMUEXT_INVLPG_LOCAL:
    case MMUEXT_INVLPG_ALL:
      xen.translation_changed();
      return 0;
    case MMUEXT_TLB_FLUSH_MULTI:
    case MMUEXT_INVLPG_MULTI:
      return flush_these(call, op);
    case MMUEXT_FLUSH_CACHE:
      return -XEN_EACCES;  // of domains with devices alone
    case MMUEXT_FLUSH_CACHE_GLOBAL:
      return -XEN_EINVAL;
    case MMUEXT_SET_LDT:
      if (op.second > 8192 || (op.second != 0 && ((op.first & kPageOffsetMask) != 0 ||
                                                  !is_guest_address(owner.width, op.first)))) {
        return -XEN_EINVAL;
      }
      return op.second == 0 ? 0 : -XEN_EOPNOTSUPP;  // no engine here can be given an LDT
    case MMUEXT_MARK_SUPER:
    case MMUEXT_UNMARK_SUPER:
      return -XEN_EOPNOTSUPP;
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace

Status mmuext_op(Call& call) {
  std::uint32_t count = call.arg32(1);
  const std::uint64_t done_at = call.args[2];
  std::uint32_t done = 0;
  if ((count & kContinued) != 0) {
    count &= ~kContinued;
    done = call.read<std::uint32_t>(done_at).value_or(0);
  }
  const auto id = static_cast<DomainId>(call.args[3]);
  Domain* owner = id == DOMID_SELF ? &call.domain() : call.xen().find(id);
  if (owner == nullptr || id == call.domain().id) {
    return -XEN_ESRCH;
  }
  if (owner != &call.domain() && !call.domain().privileged) {
    return -XEN_EPERM;
  }
  const std::size_t entry_bytes = call.wide() ? sizeof(::mmuext_op) : sizeof(compat::mmuext_op);
  std::uint64_t at = call.args[0];
  Status status = 0;
  std::uint32_t i = 0;
  for (; i < count; ++i) {
    if (i == kMostEntriesAtOnce) {
      call.again = true;
      break;
    }
    const auto op = operation_at(call, at);
    status = op ? perform(call, *op, *owner) : -XEN_EFAULT;
    if (status != 0) {
      break;
    }
    at += entry_bytes;
  }
  if (done_at != 0) {
    call.write(done_at, done + i);
  }
  call.args[0] = at;
  call.args[1] = (count - i) | kContinued;
  return status;
}

}  // namespace gv::xen
