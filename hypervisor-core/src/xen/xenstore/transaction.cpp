// SPDX-License-Identifier: MIT

#include "xen/xenstore/transaction.h"

#include <algorithm>

namespace gv::xenstore {

namespace {

std::optional<std::uint64_t> generation_of(const Node* node) {
  return node != nullptr ? std::optional(node->generation) : std::nullopt;
}

}  // namespace

bool Transaction::full() const {
  return limited_ && (seen_.size() > quota_.transaction_nodes || bytes_ > quota_.memory);
}

const Node* Transaction::find(const std::string& path) {
  if (const auto laid = overlay_.find(path); laid != overlay_.end())
    return laid->second ? &*laid->second : nullptr;
  auto seen = seen_.find(path);
  if (seen == seen_.end()) {
    if (full())
      return nullptr;
    const Node* const node = table_.find(path);
    seen = seen_.emplace(path, node != nullptr ? std::optional(*node) : std::nullopt).first;
    bytes_ += path.size() + (node != nullptr ? node->record_bytes() : 0);
  }
  return seen->second && !full() ? &*seen->second : nullptr;
}

void Transaction::lay_over(const std::string& path, std::optional<Node> node) {
  const auto account = [&](const Node& which, std::int64_t sign) {
    auto& [nodes, bytes] = added_[which.permissions.owner()];
    nodes += sign;
    bytes += sign * static_cast<std::int64_t>(path.size() + which.record_bytes());
  };
  if (const Node* const before = find(path))
    account(*before, -1);
  if (const auto laid = overlay_.find(path); laid != overlay_.end() && laid->second)
    bytes_ -= path.size() + laid->second->record_bytes();
  if (node) {
    account(*node, 1);
    bytes_ += path.size() + node->record_bytes();
  }
  overlay_.insert_or_assign(path, std::move(node));
}

void Transaction::put(const std::string& path, Node node) { lay_over(path, std::move(node)); }
void Transaction::erase(const std::string& path) { lay_over(path, std::nullopt); }

Usage Transaction::usage(DomainId owner) const {
  Usage usage = table_.usage(owner);
  if (const auto found = added_.find(owner); found != added_.end()) {
    const auto sum = [](std::size_t base, std::int64_t delta) {
      return static_cast<std::size_t>(
          std::max<std::int64_t>(0, static_cast<std::int64_t>(base) + delta));
    };
    usage.nodes = sum(usage.nodes, found->second.first);
    usage.bytes = sum(usage.bytes, found->second.second);
  }
  return usage;
}

void Transaction::note(std::vector<Change> changes) {
  for (Change& change : changes) {
    const auto [known, fresh] = change_of_.try_emplace(change.path, changes_.size());
    if (fresh)
      changes_.push_back(std::move(change));
    else
      changes_[known->second] = std::move(change);
  }
}

Refusal Transaction::commit() {
  if (invalid_)
    return Refusal::TryAgain;
  for (const auto& [path, node] : seen_) {
    if (generation_of(table_.find(path)) != generation_of(node ? &*node : nullptr))
      return Refusal::TryAgain;
  }
  if (full())
    return Refusal::NoSpace;
  for (const auto& [owner, added] : added_) {
    if (limited_ && added.first > 0 && usage(owner).nodes > quota_.nodes)
      return Refusal::NoSpace;
  }
  for (auto& [path, node] : overlay_) {
    if (node)
      table_.put(path, std::move(*node));
    else if (table_.find(path) != nullptr)
      table_.erase(path);
  }
  return Refusal::None;
}

}  // namespace gv::xenstore
