// SPDX-License-Identifier: MIT

#include "xen/event_delivery.h"

#include "xen/public_headers.h"

#include <cstddef>

namespace gv::xen {

namespace {

struct Layout {
  std::uint32_t pending, mask, selector, word_bits;
};

Layout layout_of(const Domain& domain) {
  if (domain.wide()) {
    return {offsetof(shared_info, evtchn_pending), offsetof(shared_info, evtchn_mask),
            offsetof(vcpu_info, evtchn_pending_sel), 64};
  }
  return {offsetof(shared_info_x86_32, evtchn_pending), offsetof(shared_info_x86_32, evtchn_mask),
          offsetof(vcpu_info_x86_32, evtchn_pending_sel), 32};
}

bool test(const MachineMemory& memory, Mpa bits, std::uint32_t bit) {
  return (memory.load<std::uint8_t>(bits + bit / 8) >> (bit % 8) & 1) != 0;
}

// Whether it was set before.
bool set(MachineMemory& memory, Mpa bits, std::uint32_t bit) {
  const auto byte = memory.load<std::uint8_t>(bits + bit / 8);
  memory.store<std::uint8_t>(bits + bit / 8, static_cast<std::uint8_t>(byte | 1u << (bit % 8)));
  return (byte >> (bit % 8) & 1) != 0;
}

void clear(MachineMemory& memory, Mpa bits, std::uint32_t bit) {
  const auto byte = memory.load<std::uint8_t>(bits + bit / 8);
  memory.store<std::uint8_t>(bits + bit / 8, static_cast<std::uint8_t>(byte & ~(1u << (bit % 8))));
}

void select(MachineMemory& memory, Domain& domain, std::uint32_t port) {
  const Layout layout = layout_of(domain);
  const Port* channel = domain.channels.find(port);
  const std::uint32_t target = channel != nullptr ? channel->vcpu : 0;
  Vcpu& vcpu = *domain.vcpus[target < domain.vcpus.size() ? target : 0];
  if (!set(memory, vcpu.info + layout.selector, port / layout.word_bits)) {
    memory.store<std::uint8_t>(vcpu.info, 1);
  }
}

}  // namespace

bool is_pending(const MachineMemory& memory, const Domain& domain, std::uint32_t port) {
  return test(memory, base_of(domain.shared_info) + layout_of(domain).pending, port);
}

bool is_masked(const MachineMemory& memory, const Domain& domain, std::uint32_t port) {
  return test(memory, base_of(domain.shared_info) + layout_of(domain).mask, port);
}

void clear_pending(MachineMemory& memory, const Domain& domain, std::uint32_t port) {
  clear(memory, base_of(domain.shared_info) + layout_of(domain).pending, port);
}

void set_pending(MachineMemory& memory, Domain& domain, std::uint32_t port) {
  const Layout layout = layout_of(domain);
  if (set(memory, base_of(domain.shared_info) + layout.pending, port)) {
    return;
  }
  if (!test(memory, base_of(domain.shared_info) + layout.mask, port)) {
    select(memory, domain, port);
  }
}

void unmask(MachineMemory& memory, Domain& domain, std::uint32_t port) {
  const Layout layout = layout_of(domain);
  const Mpa masks = base_of(domain.shared_info) + layout.mask;
  if (!test(memory, masks, port)) {
    return;
  }
  clear(memory, masks, port);
  if (is_pending(memory, domain, port)) {
    select(memory, domain, port);
  }
}

void mark_everything(MachineMemory& memory, Domain& domain, Vcpu& vcpu) {
  const Layout layout = layout_of(domain);
  for (std::uint32_t bit = 0; bit < layout.word_bits; ++bit) {
    set(memory, vcpu.info + layout.selector, bit);
  }
  memory.store<std::uint8_t>(vcpu.info, 1);
}

}  // namespace gv::xen
