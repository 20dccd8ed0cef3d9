// SPDX-License-Identifier: MIT
//
// store_service.cpp - the hypervisor's rings of XenStore, served whenever a guest gives a sign.

#include "xen/hypervisor.h"
#include "xen/xenstore/ring.h"

namespace gv::xen {

namespace {

xenstore::RingPage page_of(MachineMemory& memory, const Ring& ring) {
  return xenstore::RingPage(memory.at(base_of(ring.frame)), xenstore::kRingPageBytes);
}

}  // namespace

void Hypervisor::attach_store(xenstore::Store& store) {
  store_ = &store;
  store.attach_rings(this);
}

bool Hypervisor::attach(DomainId id, std::uint64_t frame, std::uint32_t port) {
  Domain* domain = find(id);
  if (domain == nullptr || domain->store.port != port || domain->store.frame.number != frame) {
    return false;
  }
  xenstore::announce_features(page_of(memory(), domain->store));
  return true;
}

// What one domain writes may fire another's watches, and that one's ring may have room.
void Hypervisor::serve_store() {
  if (store_ == nullptr) {
    return;
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (const auto& domain : domains_) {
      xenstore::Connection* connection = store_->connection(domain->id);
      if (connection == nullptr || domain->shutdown) {
        continue;
      }
      if (xenstore::exchange(page_of(memory(), domain->store), *connection).notify()) {
        moved = true;
        raise(*domain, domain->store.port);
      }
    }
  }
}

}  // namespace gv::xen
