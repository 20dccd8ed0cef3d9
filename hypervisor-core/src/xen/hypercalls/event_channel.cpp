// SPDX-License-Identifier: MIT
//
// event_channel.cpp - hypercall event_channel_op: ports are made, bound, used and closed.

#include "xen/event_delivery.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

namespace {

constexpr std::uint32_t kVirqs = 24;

bool is_per_vcpu(std::uint32_t virq) {
  return virq == VIRQ_TIMER || virq == VIRQ_DEBUG || virq == VIRQ_XENOPROF;
}

Status alloc_unbound(Call& call, ::evtchn_alloc_unbound& op) {
  Domain* domain = call.domain_named(op.dom);
  if (domain == nullptr) {
    return -XEN_ESRCH;
  }
  if (domain != &call.domain() && !call.domain().privileged) {
    return -XEN_EPERM;
  }
  const auto port = domain->channels.allocate();
  if (!port) {
    return -XEN_ENOSPC;
  }
  Port& channel = *domain->channels.find(*port);
  channel.state = PortState::Unbound;
  channel.remote_domain = op.remote_dom == DOMID_SELF ? call.domain().id : op.remote_dom;
  op.port = *port;
  return 0;
}

Status bind_interdomain(Call& call, ::evtchn_bind_interdomain& op) {
  Domain& local = call.domain();
  Domain* remote = call.domain_named(op.remote_dom);
  if (remote == nullptr) {
    return -XEN_ESRCH;
  }
  const auto port = local.channels.allocate();
  if (!port) {
    return -XEN_ENOSPC;
  }
  Port* far = remote->channels.find(op.remote_port);
  if (far == nullptr || far->state != PortState::Unbound || far->remote_domain != local.id) {
    local.channels.close(*port);
    return -XEN_EINVAL;
  }
  far->state = PortState::Interdomain;
  far->remote_port = *port;
  Port& near = *local.channels.find(*port);
  near.state = PortState::Interdomain;
  near.remote_domain = remote->id;
  near.remote_port = op.remote_port;
  op.local_port = *port;
  // What was sent before the binding is not lost.
  call.xen().raise(local, *port);
  return 0;
}

Status bind_virq(Call& call, ::evtchn_bind_virq& op) {
  Domain& domain = call.domain();
  if (op.virq >= kVirqs || (!is_per_vcpu(op.virq) && op.vcpu != 0)) {
    return -XEN_EINVAL;
  }
  if (op.vcpu >= domain.vcpus.size()) {
    return -XEN_ENOENT;
  }
  if (domain.channels.bound_to_virq(op.virq, op.vcpu)) {
    return -XEN_EEXIST;
  }
  const auto port = domain.channels.allocate();
  if (!port) {
    return -XEN_ENOSPC;
  }
  Port& channel = *domain.channels.find(*port);
  channel.state = PortState::Virq;
  channel.virq = op.virq;
  channel.vcpu = op.vcpu;
  op.port = *port;
  return 0;
}

Status bind_ipi(Call& call, ::evtchn_bind_ipi& op) {
  Domain& domain = call.domain();
  if (op.vcpu >= domain.vcpus.size()) {
    return -XEN_ENOENT;
  }
  const auto port = domain.channels.allocate();
  if (!port) {
    return -XEN_ENOSPC;
  }
  Port& channel = *domain.channels.find(*port);
  channel.state = PortState::Ipi;
  channel.vcpu = op.vcpu;
  op.port = *port;
  return 0;
}

Status close_port(Hypervisor& xen, Domain& domain, std::uint32_t number) {
  const Port* port = domain.channels.find(number);
  if (port == nullptr || port->state == PortState::Reserved) {
    return -XEN_EINVAL;
  }
  if (port->state == PortState::Interdomain && port->host == HostEnd::None) {
    if (Domain* remote = xen.find(port->remote_domain)) {
      if (Port* far = remote->channels.find(port->remote_port)) {
        far->state = PortState::Unbound;  // and waits for us to come back
        far->remote_domain = domain.id;
        far->remote_port = 0;
      }
    }
  }
  domain.channels.close(number);
  clear_pending(xen.memory(), domain, number);
  return 0;
}

Status status_of(Call& call, ::evtchn_status& op) {
  Domain* domain = call.domain_named(op.dom);
  if (domain == nullptr) {
    return -XEN_ESRCH;
  }
  if (domain != &call.domain() && !call.domain().privileged) {
    return -XEN_EPERM;
  }
  if (op.port >= domain->channels.most()) {
    return -XEN_EINVAL;
  }
  const Port* port = domain->channels.find(op.port);
  op.vcpu = port != nullptr ? port->vcpu : 0;
  op.status = EVTCHNSTAT_closed;
  if (port == nullptr) {
    return 0;
  }
  switch (port->state) {
    case PortState::Unbound:
      op.status = EVTCHNSTAT_unbound;
      op.u.unbound.dom = port->remote_domain;
      break;
    case PortState::Interdomain:
      op.status = EVTCHNSTAT_interdomain;
      op.u.interdomain.dom = port->remote_domain;
      op.u.interdomain.port = port->remote_port;
      break;
    case PortState::Virq:
      op.status = EVTCHNSTAT_virq;
      op.u.virq = port->virq;
      break;
    case PortState::Ipi:
      op.status = EVTCHNSTAT_ipi;
      break;
    case PortState::Free:
    case PortState::Reserved:
      break;
  }
  return 0;
}

Status bind_vcpu(Call& call, const ::evtchn_bind_vcpu& op) {
  Domain& domain = call.domain();
  if (op.vcpu >= domain.vcpus.size()) {
    return -XEN_ENOENT;
  }
  Port* port = domain.channels.find(op.port);
  const bool movable =
      port != nullptr &&
      (port->state == PortState::Unbound || port->state == PortState::Interdomain ||
       (port->state == PortState::Virq && !is_per_vcpu(port->virq)));
  if (!movable) {
    return -XEN_EINVAL;
  }
  port->vcpu = op.vcpu;
  return 0;
}

Status reset(Call& call, const ::evtchn_reset& op) {
  if (!call.is_self(op.dom)) {
    return call.xen().find(op.dom) == nullptr ? -XEN_ESRCH : -XEN_EPERM;
  }
  Domain& domain = call.domain();
  for (std::uint32_t port = 0; port < domain.channels.used(); ++port) {
    if (domain.channels.find(port) != nullptr) {
      close_port(call.xen(), domain, port);
    }
  }
  return 0;
}

// Reads the argument, lets `act` fill it in, and writes it back when that went well.
template <class Op, class Act>
Status with(Call& call, Act act) {
  auto op = call.read<Op>(call.args[1]);
  if (!op) {
    return -XEN_EFAULT;
  }
  const Status status = act(*op);
  return status == 0 && !call.write(call.args[1], *op) ? -XEN_EFAULT : status;
}

}  // namespace

Status event_channel_op(Call& call) {
  switch (call.arg32(0)) {
    case EVTCHNOP_alloc_unbound:
      return with<::evtchn_alloc_unbound>(call, [&](auto& op) { return alloc_unbound(call, op); });
    case EVTCHNOP_bind_interdomain:
      return with<::evtchn_bind_interdomain>(call,
                                             [&](auto& op) { return bind_interdomain(call, op); });
    case EVTCHNOP_bind_virq:
      return with<::evtchn_bind_virq>(call, [&](auto& op) { return bind_virq(call, op); });
    case EVTCHNOP_bind_ipi:
      return with<::evtchn_bind_ipi>(call, [&](auto& op) { return bind_ipi(call, op); });
    case EVTCHNOP_bind_pirq:
      return call.read<::evtchn_bind_pirq>(call.args[1]) ? -XEN_EINVAL : -XEN_EFAULT;
    case EVTCHNOP_close: {
      const auto op = call.read<::evtchn_close>(call.args[1]);
      return op ? close_port(call.xen(), call.domain(), op->port) : -XEN_EFAULT;
    }
    case EVTCHNOP_send: {
      const auto op = call.read<::evtchn_send>(call.args[1]);
      return op ? call.xen().send(call.domain(), op->port) : -XEN_EFAULT;
    }
    case EVTCHNOP_status:
      return with<::evtchn_status>(call, [&](auto& op) { return status_of(call, op); });
    case EVTCHNOP_bind_vcpu: {
      const auto op = call.read<::evtchn_bind_vcpu>(call.args[1]);
      return op ? bind_vcpu(call, *op) : -XEN_EFAULT;
    }
    case EVTCHNOP_unmask: {
      const auto op = call.read<::evtchn_unmask>(call.args[1]);
      if (!op) {
        return -XEN_EFAULT;
      }
      if (call.domain().channels.find(op->port) == nullptr) {
        return -XEN_EINVAL;
      }
      unmask(call.xen().memory(), call.domain(), op->port);
      return 0;
    }
    case EVTCHNOP_reset: {
      const auto op = call.read<::evtchn_reset>(call.args[1]);
      return op ? reset(call, *op) : -XEN_EFAULT;
    }
    default:
      return -XEN_ENOSYS;  // the FIFO format included: guests fall back to two levels
  }
}

}  // namespace gv::xen
