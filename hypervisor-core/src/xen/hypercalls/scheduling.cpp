// SPDX-License-Identifier: MIT
//
// scheduling.cpp - hypercall sched_op: a vCPU gives the CPU away, or its domain ends.

#include "xen/compat.h"
#include "xen/event_delivery.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

namespace {

// Who would serve the rings meanwhile has the CPU now.
void let_others_run(Call& call) {
  call.xen().serve_console(call.domain());
  call.xen().serve_store();
}

struct Poll {
  std::uint64_t ports = 0;
  std::uint32_t count = 0;
  std::uint64_t timeout = 0;
};

std::optional<Poll> poll_at(Call& call, std::uint64_t from) {
  if (call.wide()) {
    const auto p = call.read<::sched_poll>(from);
    return p ? std::optional(
                   Poll{reinterpret_cast<std::uint64_t>(p->ports.p), p->nr_ports, p->timeout})
             : std::nullopt;
  }
  const auto p = call.read<compat::sched_poll>(from);
  return p ? std::optional(Poll{p->ports, p->nr_ports, p->timeout}) : std::nullopt;
}

Status poll(Call& call) {
  constexpr std::uint32_t kMostPorts = 128;
  const auto wanted = poll_at(call, call.args[1]);
  if (!wanted) {
    return -XEN_EFAULT;
  }
  if (wanted->count > kMostPorts) {
    return -XEN_EINVAL;
  }
  let_others_run(call);
  std::vector<std::uint32_t> ports;
  bool found = false;
  for (std::uint32_t i = 0; i < wanted->count; ++i) {
    const auto port = call.read<std::uint32_t>(wanted->ports + i * sizeof(std::uint32_t));
    if (!port) {
      return -XEN_EFAULT;
    }
    if (*port >= call.domain().channels.most()) {
      return -XEN_EINVAL;
    }
    ports.push_back(*port);
    found = found || is_pending(call.xen().memory(), call.domain(), *port);
  }
  if (found) {
    return 0;
  }
  Vcpu& vcpu = call.vcpu;
  vcpu.polling = true;
  vcpu.polled = std::move(ports);
  vcpu.poll_until = wanted->timeout != 0 ? std::optional(wanted->timeout) : std::nullopt;
  call.guest().context().machine.halt();
  return 0;
}

}  // namespace

Status sched_op(Call& call) {
  switch (call.arg32(0)) {
    case SCHEDOP_yield:
      let_others_run(call);
      call.xen().scheduler().yield(call.vcpu.scheduled_as);
      return 0;
    case SCHEDOP_block:
      let_others_run(call);
      call.guest().mask_events(false);
      if (!call.vcpu.event_pending()) {
        call.guest().context().machine.halt();
      }
      return 0;
    case SCHEDOP_shutdown: {
      const auto wanted = call.read<::sched_shutdown>(call.args[1]);
      if (!wanted) {
        return -XEN_EFAULT;
      }
      if (wanted->reason > SHUTDOWN_soft_reset) {
        return -XEN_EINVAL;
      }
      call.xen().shut_down(call.domain(), static_cast<ShutdownReason>(wanted->reason),
                           wanted->reason == SHUTDOWN_crash ? "it says so itself" : "");
      return 0;
    }
    case SCHEDOP_poll:
      return poll(call);
    case SCHEDOP_remote_shutdown: {
      const auto wanted = call.read<::sched_remote_shutdown>(call.args[1]);
      if (!wanted) {
        return -XEN_EFAULT;
      }
      if (call.xen().find(wanted->domain_id) == nullptr) {
        return -XEN_ESRCH;
      }
      return -XEN_EPERM;
    }
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace gv::xen
