// SPDX-License-Identifier: MIT
//
// saved_store.cpp - the store as bytes, so that time travel carries it along.
//
// Everything a domain can see is in it: nodes, generations, watches, open
// transactions, half-read requests, unsent replies. Read into a new store
// first and taken over only when all of it makes sense.

#include "xen/xenstore/store.h"
#include "xen/xenstore/store_path.h"

#include <cstdlib>

namespace gv::xenstore {

namespace {

constexpr std::uint32_t kFormat = 1;
constexpr std::int64_t kMostAdded = std::int64_t{1} << 40;  // bytes in one transaction

void put(StateWriter& out, const std::string& text) {
  out.bytes(std::vector<std::uint8_t>(text.begin(), text.end()));
}

std::string get_text(StateReader& in) {
  const auto bytes = in.bytes();
  return {bytes.begin(), bytes.end()};
}

void put(StateWriter& out, const Permissions& permissions) {
  out.u32(static_cast<std::uint32_t>(permissions.entries().size()));
  for (const Permission& entry : permissions.entries()) {
    out.u16(entry.domain);
    out.u8(static_cast<std::uint8_t>(entry.access));
  }
}

// As many as `count` says, as long as there are bytes for them.
template <class Each>
bool repeat(StateReader& in, std::uint64_t count, Each each) {
  while (count-- > 0) {
    if (!each() || !in.ok())
      return false;
  }
  return in.ok();
}

std::optional<Permissions> get_permissions(StateReader& in) {
  std::vector<Permission> entries;
  const bool good = repeat(in, in.u32(), [&] {
    const DomainId domain = in.u16();
    const std::uint8_t access = in.u8();
    entries.push_back({domain, static_cast<Access>(access)});
    return access <= static_cast<std::uint8_t>(Access::Both);
  });
  return good && !entries.empty() ? std::optional(Permissions(entries)) : std::nullopt;
}

void put(StateWriter& out, const Node& node) {
  put(out, node.value);
  put(out, node.permissions);
  out.u64(node.generation);
  out.u32(static_cast<std::uint32_t>(node.children.size()));
  for (const std::string& child : node.children)
    put(out, child);
}

std::optional<Node> get_node(StateReader& in) {
  Node node;
  node.value = get_text(in);
  auto permissions = get_permissions(in);
  node.generation = in.u64();
  const bool good = repeat(in, in.u32(), [&] {
    node.children.push_back(get_text(in));
    return is_valid_path("/" + node.children.back());
  });
  if (!good || !permissions)
    return std::nullopt;
  node.permissions = std::move(*permissions);
  return node;
}

void put(StateWriter& out, const Change& change) {
  put(out, change.path);
  out.u8(static_cast<std::uint8_t>(change.kind));
  out.flag(change.reach == Reach::ExactWatches);
  out.u32(static_cast<std::uint32_t>(change.readers.size()));
  for (const Permissions& permissions : change.readers)
    put(out, permissions);
}

std::optional<Change> get_change(StateReader& in) {
  Change change;
  change.path = get_text(in);
  const std::uint8_t kind = in.u8();
  change.kind = static_cast<ChangeKind>(kind);
  change.reach = in.flag() ? Reach::ExactWatches : Reach::WatchesAbove;
  const bool good = repeat(in, in.u32(), [&] {
    auto permissions = get_permissions(in);
    if (permissions)
      change.readers.push_back(std::move(*permissions));
    return permissions.has_value();
  });
  if (!good || kind > static_cast<std::uint8_t>(ChangeKind::PermissionsSet) ||
      !is_valid_path(change.path)) {
    return std::nullopt;
  }
  return change;
}

}  // namespace

// What Store, Connection and Transaction let see of their insides.
class SavedStore {
 public:
  static void save(const Store& store, StateWriter& out);
  static bool restore(Store& store, StateReader& in);

 private:
  static void save(const Connection& connection, StateWriter& out);
  static bool restore(Connection& connection, NodeTable& table, StateReader& in);
  static void save(const Transaction& transaction, StateWriter& out);
  static bool restore(Transaction& transaction, StateReader& in);
  static bool restore_nodes(NodeTable& table, StateReader& in);
};

void SavedStore::save(const Transaction& transaction, StateWriter& out) {
  out.flag(transaction.invalid_);
  out.u64(transaction.seen_.size());
  for (const auto& [path, node] : transaction.seen_) {
    put(out, path);
    out.flag(node.has_value());
    if (node)
      put(out, *node);
  }
  out.u64(transaction.overlay_.size());
  for (const auto& [path, node] : transaction.overlay_) {
    put(out, path);
    out.flag(node.has_value());
    if (node)
      put(out, *node);
  }
  out.u64(transaction.added_.size());
  for (const auto& [owner, added] : transaction.added_) {
    out.u16(owner);
    out.u64(static_cast<std::uint64_t>(added.first));
    out.u64(static_cast<std::uint64_t>(added.second));
  }
  out.u64(transaction.changes_.size());
  for (const Change& change : transaction.changes_)
    put(out, change);
}

bool SavedStore::restore(Transaction& transaction, StateReader& in) {
  transaction.invalid_ = in.flag();
  const auto nodes_into = [&](std::map<std::string, std::optional<Node>>& nodes) {
    return repeat(in, in.u64(), [&] {
      std::string path = get_text(in);
      std::optional<Node> node;
      if (in.flag()) {
        node = get_node(in);
        if (!node)
          return false;
      }
      const bool valid = is_valid_path(path);
      nodes[std::move(path)] = std::move(node);
      return valid;
    });
  };
  bool good = nodes_into(transaction.seen_) && nodes_into(transaction.overlay_);
  for (const auto& [path, node] : transaction.seen_)
    transaction.bytes_ += path.size() + (node ? node->record_bytes() : 0);
  for (const auto& [path, node] : transaction.overlay_)
    transaction.bytes_ += node ? path.size() + node->record_bytes() : 0;
  good = good && repeat(in, in.u64(), [&] {
           auto& added = transaction.added_[in.u16()];
           added.first = static_cast<std::int64_t>(in.u64());
           added.second = static_cast<std::int64_t>(in.u64());
           return std::abs(added.first / 2) < kMostAdded && std::abs(added.second / 2) < kMostAdded;
         });
  std::vector<Change> changes;
  good = good && repeat(in, in.u64(), [&] {
           auto change = get_change(in);
           if (change)
             changes.push_back(std::move(*change));
           return change.has_value();
         });
  transaction.note(std::move(changes));
  return good;
}

void SavedStore::save(const Connection& connection, StateWriter& out) {
  out.flag(connection.caller_.target.has_value());
  out.u16(connection.caller_.target.value_or(0));
  out.flag(connection.ignored_);
  put(out, connection.reader_.unfinished());
  out.u32(connection.next_transaction_);
  out.u64(connection.output_.size());
  for (const auto& outgoing : connection.output_) {
    put(out, outgoing.bytes);
    out.flag(outgoing.event);
  }
  out.u64(connection.sent_of_front_);
  out.u64(connection.watches_.size());
  for (const Watch& watch : connection.watches_) {
    put(out, watch.path);
    put(out, watch.token);
    out.u64(watch.hidden);
  }
  out.u64(connection.transactions_.size());
  for (const auto& [id, transaction] : connection.transactions_) {
    out.u32(id);
    save(*transaction, out);
  }
}

bool SavedStore::restore(Connection& connection, NodeTable& table, StateReader& in) {
  const bool has_target = in.flag();
  const DomainId target = in.u16();
  if (has_target)
    connection.caller_.target = target;
  connection.ignored_ = in.flag();
  bool good = connection.reader_.restore(get_text(in));
  connection.next_transaction_ = in.u32();
  good = good && repeat(in, in.u64(), [&] {
           std::string bytes = get_text(in);
           const bool event = in.flag();
           if (bytes.size() < kHeaderBytes || bytes.size() > kHeaderBytes + XENSTORE_PAYLOAD_MAX)
             return false;
           connection.queued_bytes_ += bytes.size();
           connection.queued_replies_ += event ? 0 : 1;
           connection.output_.push_back({std::move(bytes), event});
           return true;
         });
  connection.sent_of_front_ = in.u64();
  if (!good || connection.sent_of_front_ >=
                   (connection.output_.empty() ? 1 : connection.output_.front().bytes.size())) {
    return false;
  }
  for (std::size_t i = connection.sent_of_front_ > 0 ? 1 : 0; i < connection.output_.size(); ++i) {
    if (connection.output_[i].event)
      connection.unsent_events_.insert(connection.output_[i].bytes);
  }
  good = repeat(in, in.u64(), [&] {
    Watch watch{get_text(in), get_text(in), 0};
    watch.hidden = in.u64();
    const bool valid = is_valid_path(watch.path) && watch.hidden < watch.path.size();
    connection.watches_.push_back(std::move(watch));
    return valid;
  });
  return good && repeat(in, in.u64(), [&] {
           const std::uint32_t id = in.u32();
           auto transaction =
               std::make_unique<Transaction>(table, connection.caller_, connection.store_.quota());
           const bool valid = id != 0 && restore(*transaction, in);
           connection.transactions_[id] = std::move(transaction);
           return valid;
         });
}

bool SavedStore::restore_nodes(NodeTable& table, StateReader& in) {
  const std::uint64_t generation = in.u64();
  std::map<std::string, Node> nodes;
  const bool good = repeat(in, in.u64(), [&] {
    std::string path = get_text(in);
    auto node = get_node(in);
    if (!node || !is_valid_path(path) || node->generation > generation)
      return false;
    nodes.insert_or_assign(std::move(path), std::move(*node));
    return true;
  });
  for (const std::string_view needed : {std::string_view("/"), kIntroduceDomain, kReleaseDomain}) {
    if (!good || nodes.count(std::string(needed)) == 0)
      return false;
  }
  table.restore(std::move(nodes), generation);
  return true;
}

void SavedStore::save(const Store& store, StateWriter& out) {
  out.u32(kFormat);
  out.u64(store.table_.generation());
  out.u64(store.table_.nodes().size());
  for (const auto& [path, node] : store.table_.nodes()) {
    put(out, path);
    put(out, node);
  }
  out.u64(store.domains_.size());
  for (const auto& [id, domain] : store.domains_) {
    out.u16(id);
    out.u64(domain.frame);
    out.u32(domain.port);
    out.flag(domain.shut_down);
    save(*store.connections_.at(id), out);
  }
}

bool SavedStore::restore(Store& store, StateReader& in) {
  if (in.u32() != kFormat)
    return false;
  NodeTable table;
  if (!restore_nodes(table, in))
    return false;
  std::map<DomainId, Store::Domain> domains;
  std::map<ConnectionId, std::unique_ptr<Connection>> connections;
  const bool good = repeat(in, in.u64(), [&] {
    const DomainId id = in.u16();
    Store::Domain domain{in.u64(), in.u32(), false};
    domain.shut_down = in.flag();
    auto connection = std::make_unique<Connection>(store, id, Caller{id, {}}, domain_path(id));
    const bool valid = restore(*connection, store.table_, in);
    domains[id] = domain;
    connections[id] = std::move(connection);
    return valid;
  });
  if (!good)
    return false;
  for (auto& [id, connection] : store.connections_) {
    if (!connection->outside())
      continue;
    for (auto& [number, transaction] : connection->transactions_)
      transaction->invalidate();
    connections[id] = std::move(connection);
  }
  store.table_ = std::move(table);
  store.domains_ = std::move(domains);
  store.connections_ = std::move(connections);
  return true;
}

void Store::save(StateWriter& out) const { SavedStore::save(*this, out); }

// Inconsistent lists would be believed later, so they are looked for now.
bool Store::restore(StateReader& in) {
  StateWriter before;
  save(before);
  if (SavedStore::restore(*this, in) && inconsistency().empty())
    return true;
  const auto bytes = before.take();
  StateReader back(bytes);
  GV_CHECK(SavedStore::restore(*this, back));
  return false;
}

}  // namespace gv::xenstore
