// SPDX-License-Identifier: MIT
//
// console.cpp - the far end of a domain's console ring, served by the host, and console_io.
//
// The guest spins until its output is taken, so the ring is read whenever the guest notifies or
// yields. Source: Xen's public header io/console.h.

#include "xen/hypervisor.h"
#include "xen/public_headers.h"

#include <algorithm>

namespace gv::xen {

namespace {

// The indices run freely; a guest may write what it likes into them.
template <class T>
T field(const MachineMemory& memory, Mfn ring, std::size_t offset) {
  return memory.load<T>(base_of(ring) + offset);
}

}  // namespace

void Hypervisor::type(Domain& domain, std::uint8_t byte) {
  domain.console_input.push_back(byte);
  serve_console(domain);
  domain.vcpus[0]->guest().interrupt_from_outside();
}

void Hypervisor::serve_console(Domain& domain) {
  if (domain.console.port == 0) {
    return;
  }
  MachineMemory& machine = memory();
  const Mfn ring = domain.console.frame;
  using Interface = xencons_interface;
  bool moved = false;

  auto taken = field<std::uint32_t>(machine, ring, offsetof(Interface, out_cons));
  const auto written = field<std::uint32_t>(machine, ring, offsetof(Interface, out_prod));
  constexpr std::uint32_t kOut = sizeof(Interface::out), kIn = sizeof(Interface::in);
  if (written - taken > kOut) {
    taken = written - kOut;  // nonsense, or a ring that has run over: the last of it
  }
  for (; taken != written; ++taken) {
    const auto byte = field<std::uint8_t>(
        machine, ring, offsetof(Interface, out) + MASK_XENCONS_IDX(taken, Interface{}.out));
    for (const char shown : domain.twin_console.write(ConsoleKind::Ring, byte)) {
      host_.console_byte(domain.id, static_cast<std::uint8_t>(shown));
    }
    moved = true;
  }
  machine.store<std::uint32_t>(base_of(ring) + offsetof(Interface, out_cons), taken);

  auto filled = field<std::uint32_t>(machine, ring, offsetof(Interface, in_prod));
  const auto read = field<std::uint32_t>(machine, ring, offsetof(Interface, in_cons));
  while (!domain.console_input.empty() && filled - read < kIn) {
    machine.store<std::uint8_t>(
        base_of(ring) + offsetof(Interface, in) + MASK_XENCONS_IDX(filled, Interface{}.in),
        domain.console_input.front());
    domain.console_input.pop_front();
    ++filled;
    moved = true;
  }
  machine.store<std::uint32_t>(base_of(ring) + offsetof(Interface, in_prod), filled);
  if (moved) {
    raise(domain, domain.console.port);
  }
}

void Hypervisor::console_write(Domain& domain, const std::uint8_t* bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    for (const char shown : domain.twin_console.write(ConsoleKind::Hypercall, bytes[i])) {
      host_.console_byte(domain.id, static_cast<std::uint8_t>(shown));
    }
  }
}

}  // namespace gv::xen
