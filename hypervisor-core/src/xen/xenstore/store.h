// SPDX-License-Identifier: MIT
//
// store.h - XenStore: the nodes, the domains that meet in them, and their watches.
//
// What xenstored is on a Xen host, without a process around it: bytes come in
// through Connections and leave through them. No clock and no chance is in it;
// the same requests in the same order give the same store. Saves and restores
// whole, so that time travel carries it along.
//
// Source: Xen's docs/misc/xenstore.txt. Threads: whoever owns it; one at a time.

#pragma once

#include "gv/device.h"
#include "xen/xenstore/connection.h"
#include "xen/xenstore/store_observer.h"

namespace gv::xenstore {

class Store {
 public:
  // Holds the root, /tool/xenstored and the two special nodes, as xenstored's does at its start.
  explicit Store(Quota quota = {});
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // Null for nobody. Not owned.
  void observe(StoreObserver* observer) { observer_ = observer; }
  void attach_rings(DomainRings* rings) { rings_ = rings; }

  // --- clients ---------------------------------------------------------------------------------
  // A client from outside the lab, with Dom0's rights.
  Connection& connect_outside();
  void hang_up(ConnectionId id);
  // Null: no such client. A domain's is its number.
  Connection* connection(ConnectionId id);
  const Connection* connection(ConnectionId id) const;

  // --- domains: what the toolstack and the hypervisor tell ---------------------------------------
  // Connects the domain's ring; @introduceDomain fires. Again: its new port. InvalidArgument: no
  // such domain, page or port.
  Refusal introduce(DomainId domain, std::uint64_t frame, std::uint32_t port);
  // The domain is gone: so are its nodes, and its rights to others'. @releaseDomain fires.
  Refusal release(DomainId domain);
  // It has shut down and still exists: @releaseDomain fires, once until resume().
  void shut_down(DomainId domain);
  Refusal resume(DomainId domain);
  Refusal set_target(DomainId domain, DomainId target);
  bool introduced(DomainId domain) const { return domains_.count(domain) != 0; }

  // --- for the requests --------------------------------------------------------------------------
  NodeTable& table() { return table_; }
  const Quota& quota() const { return quota_; }
  StoreObserver& observer() { return observer_ != nullptr ? *observer_ : nobody_; }
  // Nodes, watches, transactions and undelivered messages.
  std::size_t bytes_of(DomainId domain) const;
  std::size_t held_by(DomainId domain) const;
  void fire(DomainId by, const std::vector<Change>& changes);
  void deliver(Connection& to, const Watch& watch, const std::string& path);
  // The first place where parents' lists and nodes disagree, in words; empty if none does.
  std::string inconsistency();

  // --- time travel -------------------------------------------------------------------------------
  void save(StateWriter& out) const;
  // False: these bytes are no store, and this one is as it was. Clients outside stay connected
  // with their watches; their open transactions will have to try again.
  bool restore(StateReader& in);

 private:
  friend class SavedStore;
  struct Domain {
    std::uint64_t frame = 0;
    std::uint32_t port = 0;
    bool shut_down = false;
  };
  void fire_special(std::string_view path);
  void remove_nodes_of(DomainId domain);

  Quota quota_;
  NodeTable table_;
  std::map<DomainId, Domain> domains_;
  std::map<ConnectionId, std::unique_ptr<Connection>> connections_;
  ConnectionId next_outside_ = 0x10000;
  StoreObserver nobody_;
  StoreObserver* observer_ = nullptr;
  DomainRings* rings_ = nullptr;
};

}  // namespace gv::xenstore
