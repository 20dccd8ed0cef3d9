// SPDX-License-Identifier: MIT
//
// event_channels.h - a domain's ports: who is at the other end.
//
// A port is one end of a channel, or bound to a virtual interrupt or to another vCPU. Whether it
// is pending or masked is not here: those bits lie in the shared page, where the guest reads and
// writes them (event_delivery.h). The two-level format: 4096 ports for a 64-bit guest, 1024 for
// a 32-bit one.
//
// A value. Source: Xen's public header event_channel.h. Control thread only.

#pragma once

#include "gv/device.h"
#include "xen/identity.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gv::xen {

enum class PortState : std::uint8_t { Free, Reserved, Unbound, Interdomain, Virq, Ipi };

// What a port's far end is, where no domain is there: the host that runs Xen serves it.
enum class HostEnd : std::uint8_t { None, Console, Store };

struct Port {
  PortState state = PortState::Free;
  HostEnd host = HostEnd::None;
  DomainId remote_domain = 0;  // Unbound: who may bind to it. Interdomain: whose end is there
  std::uint32_t remote_port = 0;
  std::uint32_t virq = 0;
  std::uint32_t vcpu = 0;  // that is notified
};

class EventChannels {
 public:
  explicit EventChannels(std::uint32_t most = 0) : most_(most) {}

  std::uint32_t most() const { return most_; }
  // Null: no such port, or it is free.
  Port* find(std::uint32_t port);
  const Port* find(std::uint32_t port) const;
  // The lowest free port, never 0; it is Reserved until the caller says more. Empty: none left.
  std::optional<std::uint32_t> allocate();
  void close(std::uint32_t port);
  std::optional<std::uint32_t> bound_to_virq(std::uint32_t virq, std::uint32_t vcpu) const;
  std::uint32_t used() const { return static_cast<std::uint32_t>(ports_.size()); }

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  std::uint32_t most_;
  std::vector<Port> ports_;  // as many as were ever in use
};

}  // namespace gv::xen
