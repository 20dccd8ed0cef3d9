// SPDX-License-Identifier: MIT
//
// store_observer.h - who is told what happens in the store.
//
// Events, panels and lessons see the store by this alone. Told after the fact;
// nothing an observer does changes the answer. Calls come on the store's thread
// and may not call back into the store.

#pragma once

#include "xen/xenstore/tree.h"

namespace gv::xenstore {

class StoreObserver {
 public:
  virtual ~StoreObserver() = default;
  // `by` is a domain, or Dom0 for a client outside. Inside a transaction: at its commit.
  virtual void node_changed(DomainId by, const std::string& path, ChangeKind kind) {
    static_cast<void>(by), static_cast<void>(path), static_cast<void>(kind);
  }
  virtual void watch_fired(DomainId to, const std::string& path, const std::string& token) {
    static_cast<void>(to), static_cast<void>(path), static_cast<void>(token);
  }
  // The domain does not fetch its messages and its memory quota is used up.
  virtual void event_lost(DomainId to, const std::string& path) {
    static_cast<void>(to), static_cast<void>(path);
  }
  virtual void request_refused(DomainId by, std::uint32_t type, Refusal refusal) {
    static_cast<void>(by), static_cast<void>(type), static_cast<void>(refusal);
  }
  virtual void domain_introduced(DomainId domain) { static_cast<void>(domain); }
  virtual void domain_released(DomainId domain) { static_cast<void>(domain); }
};

// Who maps a domain's ring and binds its event channel when the toolstack introduces it.
class DomainRings {
 public:
  virtual ~DomainRings() = default;
  // False: there is no such domain, page or port.
  virtual bool attach(DomainId domain, std::uint64_t frame, std::uint32_t port) = 0;
  virtual void detach(DomainId domain) = 0;
};

}  // namespace gv::xenstore
