// SPDX-License-Identifier: MIT
//
// node_table.h - the nodes, by path, and what each domain uses of them.
//
// A node's generation changes with every change to it, so that a transaction
// can tell whether what it saw is still so. A parent lists its children by
// name in the order of their creation; the table does not keep lists and nodes
// in step: that is Tree's work. Deliberately not a tree of pointers: a path is
// looked up whole, and a transaction lays single nodes over it.
//
// Threads: the thread that owns the store.

#pragma once

#include "xen/xenstore/permissions.h"

#include <map>

namespace gv::xenstore {

struct Node {
  std::string value;
  Permissions permissions;
  std::vector<std::string> children;
  std::uint64_t generation = 0;

  // The bytes of the names below, each with its NUL: what DIRECTORY sends.
  std::size_t children_bytes() const;
  // What xenstored's record of this node would take; the unit of the quotas.
  std::size_t record_bytes() const;
};

struct Usage {
  std::size_t nodes = 0;
  std::size_t bytes = 0;
  bool operator==(const Usage&) const = default;
};

// What an operation sees: the store, or the store through a transaction.
class NodeView {
 public:
  virtual ~NodeView() = default;
  // Null: there is none. Valid until the next change.
  virtual const Node* find(const std::string& path) = 0;
  virtual void put(const std::string& path, Node node) = 0;
  virtual void erase(const std::string& path) = 0;
  virtual Usage usage(DomainId owner) const = 0;
  // A transaction that saw too much: everything it answers from now on is refused.
  virtual bool full() const { return false; }
};

class NodeTable final : public NodeView {
 public:
  const Node* find(const std::string& path) override;
  void put(const std::string& path, Node node) override;  // gives it a new generation
  void erase(const std::string& path) override;
  Usage usage(DomainId owner) const override;

  const std::map<std::string, Node>& nodes() const { return nodes_; }
  std::uint64_t generation() const { return generation_; }
  // As they were, generations included.
  void restore(std::map<std::string, Node> nodes, std::uint64_t generation);

 private:
  void count(const std::string& path, const Node& node);
  void uncount(const std::string& path, const Node& node);
  std::map<std::string, Node> nodes_;
  std::map<DomainId, Usage> usage_;
  std::uint64_t generation_ = 0;
};

}  // namespace gv::xenstore
