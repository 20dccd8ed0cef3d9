// SPDX-License-Identifier: MIT

#include "xen/xenstore/store.h"

#include "xen/xenstore/store_path.h"

#include <algorithm>
#include <utility>

namespace gv::xenstore {

namespace {

constexpr DomainId kFirstReserved = 0x7ff0;  // xen.h: DOMID_FIRST_RESERVED

// What xenstored makes before anybody connects.
void furnish(NodeTable& table) {
  Node root, tool;
  root.children = {"tool"};
  tool.children = {"xenstored"};
  table.put("/", root);
  table.put("/tool", tool);
  table.put("/tool/xenstored", Node{});
  table.put(std::string(kIntroduceDomain), Node{});
  table.put(std::string(kReleaseDomain), Node{});
}

bool may_hear(const Caller& caller, const Change& change) {
  return std::any_of(change.readers.begin(), change.readers.end(), [&](const Permissions& p) {
    return includes(p.granted(caller), Access::Read);
  });
}

bool matches(const Watch& watch, const Change& change) {
  return change.reach == Reach::ExactWatches ? watch.path == change.path
                                             : is_below(change.path, watch.path);
}

}  // namespace

Store::Store(Quota quota) : quota_(quota) { furnish(table_); }

Connection& Store::connect_outside() {
  const ConnectionId id = next_outside_++;
  return *connections_.emplace(id, std::make_unique<Connection>(*this, id, Caller{}, ""))
              .first->second;
}

void Store::hang_up(ConnectionId id) { connections_.erase(id); }

const Connection* Store::connection(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second.get();
}

Connection* Store::connection(ConnectionId id) {
  return const_cast<Connection*>(std::as_const(*this).connection(id));
}

std::size_t Store::held_by(DomainId domain) const {
  const auto found = connections_.find(domain);
  return found == connections_.end() ? 0 : found->second->held_bytes();
}

std::size_t Store::bytes_of(DomainId domain) const {
  return table_.usage(domain).bytes + held_by(domain);
}

void Store::deliver(Connection& to, const Watch& watch, const std::string& path) {
  switch (to.send_event(watch, path)) {
    case Connection::Delivery::Queued:
      observer().watch_fired(to.caller().domain, path, watch.token);
      break;
    case Connection::Delivery::AlreadyQueued:
      break;
    case Connection::Delivery::Lost:
      observer().event_lost(to.caller().domain, path);
      break;
  }
}

void Store::fire(DomainId by, const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    observer().node_changed(by, change.path, change.kind);
    for (const auto& [id, connection] : connections_) {
      // By index: a client that never reads loses its watches while it is told.
      for (std::size_t i = 0; i < connection->watches().size(); ++i) {
        const Watch& watch = connection->watches()[i];
        if (matches(watch, change) && may_hear(connection->caller(), change))
          deliver(*connection, Watch(watch), change.path);
      }
    }
  }
}

void Store::fire_special(std::string_view path) {
  const std::string name(path);
  const Node* const node = table_.find(name);
  GV_CHECK(node != nullptr);
  const Change change{name, ChangeKind::Written, Reach::ExactWatches, {node->permissions}};
  for (const auto& [id, connection] : connections_) {
    for (std::size_t i = 0; i < connection->watches().size(); ++i) {
      const Watch watch = connection->watches()[i];
      if (matches(watch, change) && may_hear(connection->caller(), change))
        deliver(*connection, watch, name);
    }
  }
}

Refusal Store::introduce(DomainId domain, std::uint64_t frame, std::uint32_t port) {
  if (domain >= kFirstReserved || port == 0)
    return Refusal::InvalidArgument;
  if (rings_ != nullptr && !rings_->attach(domain, frame, port))
    return Refusal::InvalidArgument;
  const bool again = introduced(domain);
  domains_[domain] = {frame, port, false};
  if (again)
    return Refusal::None;
  connections_[domain] =
      std::make_unique<Connection>(*this, domain, Caller{domain, {}}, domain_path(domain));
  observer().domain_introduced(domain);
  fire_special(kIntroduceDomain);
  return Refusal::None;
}

void Store::remove_nodes_of(DomainId domain) {
  if (domain == kDom0)
    return;
  std::vector<std::string> owned, listing;
  for (const auto& [path, node] : table_.nodes()) {
    if (node.permissions.owner() == domain)
      owned.push_back(path);
    else if (Permissions rest = node.permissions; rest.forget(domain))
      listing.push_back(path);
  }
  for (const std::string& path : listing) {
    Node node = *table_.find(path);
    node.permissions.forget(domain);
    table_.put(path, std::move(node));
  }
  const Caller administrator;
  for (const std::string& path : owned) {
    Tree tree(table_, administrator, quota_, 0);
    if (table_.find(path) == nullptr || tree.remove(path) != Refusal::None)
      continue;  // gone with its parent; and nobody but Dom0 owns the root
    // As xenstored: watches do not fire for these, @releaseDomain says it.
    for (const Change& change : tree.take_changes())
      observer().node_changed(kDom0, change.path, change.kind);
  }
}

Refusal Store::release(DomainId domain) {
  if (!introduced(domain))
    return Refusal::NoEntry;
  if (rings_ != nullptr)
    rings_->detach(domain);
  connections_.erase(domain);
  domains_.erase(domain);
  for (const auto& [id, connection] : connections_) {
    if (connection->caller().target == domain)
      connection->set_target(std::nullopt);
  }
  remove_nodes_of(domain);
  observer().domain_released(domain);
  fire_special(kReleaseDomain);
  return Refusal::None;
}

void Store::shut_down(DomainId domain) {
  const auto found = domains_.find(domain);
  if (found == domains_.end() || found->second.shut_down)
    return;
  found->second.shut_down = true;
  fire_special(kReleaseDomain);
}

Refusal Store::resume(DomainId domain) {
  const auto found = domains_.find(domain);
  if (found == domains_.end())
    return Refusal::NoEntry;
  found->second.shut_down = false;
  return Refusal::None;
}

Refusal Store::set_target(DomainId domain, DomainId target) {
  if (domain == kDom0 || target == kDom0)
    return Refusal::InvalidArgument;  // Dom0's rights are not lent
  if (!introduced(domain) || !introduced(target))
    return Refusal::NoEntry;
  connections_.at(domain)->set_target(target);
  return Refusal::None;
}

std::string Store::inconsistency() {
  for (const auto& [path, node] : table_.nodes()) {
    for (const std::string& child : node.children) {
      if (table_.find(child_path(path, child)) == nullptr)
        return path + " lists " + child + ", which is not there";
      if (std::count(node.children.begin(), node.children.end(), child) != 1)
        return path + " lists " + child + " twice";
    }
    const auto above = parent_path(path);
    if (!above)
      continue;
    const Node* const parent = table_.find(*above);
    if (parent == nullptr)
      return path + " has no parent";
    const auto& names = parent->children;
    if (std::find(names.begin(), names.end(), leaf_name(path)) == names.end())
      return *above + " does not list " + std::string(leaf_name(path));
  }
  return {};
}

}  // namespace gv::xenstore
