// SPDX-License-Identifier: MIT

#include "xen/event_channels.h"

namespace gv::xen {

Port* EventChannels::find(std::uint32_t port) {
  return port < ports_.size() && ports_[port].state != PortState::Free ? &ports_[port] : nullptr;
}

const Port* EventChannels::find(std::uint32_t port) const {
  return port < ports_.size() && ports_[port].state != PortState::Free ? &ports_[port] : nullptr;
}

std::optional<std::uint32_t> EventChannels::allocate() {
  for (std::uint32_t port = 1; port < most_; ++port) {
    if (port >= ports_.size()) {
      ports_.resize(port + 1);
    }
    if (ports_[port].state == PortState::Free) {
      ports_[port] = Port{};
      ports_[port].state = PortState::Reserved;
      return port;
    }
  }
  return std::nullopt;
}

void EventChannels::close(std::uint32_t port) {
  if (port < ports_.size()) {
    ports_[port] = Port{};
  }
}

std::optional<std::uint32_t> EventChannels::bound_to_virq(std::uint32_t virq,
                                                          std::uint32_t vcpu) const {
  for (std::uint32_t port = 0; port < ports_.size(); ++port) {
    if (ports_[port].state == PortState::Virq && ports_[port].virq == virq &&
        ports_[port].vcpu == vcpu) {
      return port;
    }
  }
  return std::nullopt;
}

void EventChannels::save(StateWriter& out) const {
  out.u32(most_);
  out.u32(static_cast<std::uint32_t>(ports_.size()));
  for (const Port& port : ports_) {
    out.u8(static_cast<std::uint8_t>(port.state));
    out.u8(static_cast<std::uint8_t>(port.host));
    out.u16(port.remote_domain);
    out.u32(port.remote_port);
    out.u32(port.virq);
    out.u32(port.vcpu);
  }
}

void EventChannels::restore(StateReader& in) {
  most_ = in.u32();
  ports_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Port& port = ports_.emplace_back();
    port.state = static_cast<PortState>(in.u8());
    port.host = static_cast<HostEnd>(in.u8());
    port.remote_domain = in.u16();
    port.remote_port = in.u32();
    port.virq = in.u32();
    port.vcpu = in.u32();
  }
}

}  // namespace gv::xen
