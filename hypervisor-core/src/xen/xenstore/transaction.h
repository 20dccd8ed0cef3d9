// SPDX-License-Identifier: MIT
//
// transaction.h - changes laid over the store, to be committed all or not at all.
//
// Keeps each node as it saw it first. When one of them is another at the
// commit, or is gone, or has come, somebody interfered: EAGAIN, and the
// client does it all again. Nothing is locked: a guest cannot hold up another.
//
// Source: Xen's docs/misc/xenstore.txt, "Transactions". Threads: the store's owner.

#pragma once

#include "xen/xenstore/tree.h"

namespace gv::xenstore {

class Transaction final : public NodeView {
 public:
  Transaction(NodeTable& table, const Caller& caller, const Quota& quota)
      : table_(table), limited_(!caller.privileged()), quota_(quota) {}

  const Node* find(const std::string& path) override;
  void put(const std::string& path, Node node) override;
  void erase(const std::string& path) override;
  Usage usage(DomainId owner) const override;
  bool full() const override;

  // Watches fire for these at the commit; of several changes to one node the last counts.
  void note(std::vector<Change> changes);
  // None: done. TryAgain: somebody interfered. NoSpace: full, or an owner's quota is exceeded by
  // what others have created meanwhile.
  Refusal commit();
  std::vector<Change> take_changes() { return std::move(changes_); }
  // The store it began on is another one now: the commit will fail.
  void invalidate() { invalid_ = true; }
  // What it takes of its domain's memory quota.
  std::size_t bytes() const { return bytes_; }

 private:
  friend class SavedStore;
  void lay_over(const std::string& path, std::optional<Node> node);

  NodeTable& table_;
  bool limited_;
  const Quota& quota_;
  // As they were at the first look, whatever became of them since; empty: was not there.
  std::map<std::string, std::optional<Node>> seen_;
  std::map<std::string, std::optional<Node>> overlay_;               // empty: removed
  std::map<DomainId, std::pair<std::int64_t, std::int64_t>> added_;  // nodes, bytes by owner
  std::vector<Change> changes_;                   // in the order of their first occurrence
  std::map<std::string, std::size_t> change_of_;  // by path, into changes_
  std::size_t bytes_ = 0;
  bool invalid_ = false;
};

}  // namespace gv::xenstore
