// SPDX-License-Identifier: MIT
//
// tree.h - what one caller may do to the tree of nodes.
//
// Checks permissions and quotas, keeps parents' lists of children true, and
// notes each change so that watches can fire. The same on the store itself and
// inside a transaction: the view decides. Paths are absolute and valid.
//
// Source: Xen's docs/misc/xenstore.txt, "Database read, write and permissions
// operations"; the order of checks is xenstored's. Threads: the store's owner.

#pragma once

#include "xen/xenstore/node_table.h"
#include "xen/xenstore/quota.h"

namespace gv::xenstore {

template <class T>
struct Answer {
  T value{};
  Refusal refusal = Refusal::None;
};

enum class ChangeKind : std::uint8_t { Created, Written, Removed, PermissionsSet };
// A node that went away with its ancestor fires only the watches on itself: whoever watches from
// above hears of the ancestor.
enum class Reach : std::uint8_t { WatchesAbove, ExactWatches };

struct Change {
  std::string path;
  ChangeKind kind = ChangeKind::Written;
  Reach reach = Reach::WatchesAbove;
  // Whoever could read one of these may know of the change.
  std::vector<Permissions> readers;
};

class Tree {
 public:
  // `held`: what the caller's domain holds outside the tree: watches, transactions, messages.
  Tree(NodeView& nodes, const Caller& caller, const Quota& quota, std::size_t held)
      : nodes_(nodes), caller_(caller), quota_(quota), held_(held) {}

  // The node, if the caller has this access. Whether something that it may not see is there is
  // told only to a caller who has that access to the nearest ancestor.
  Answer<const Node*> look_up(const std::string& path, Access wanted);

  Refusal write(const std::string& path, std::string value);  // creates missing ancestors
  Refusal make(const std::string& path);                      // no change if it is there
  Refusal remove(const std::string& path);                    // with all below
  Refusal set_permissions(const std::string& path, Permissions permissions);

  std::vector<Change> take_changes() { return std::move(changes_); }

 private:
  Refusal create(const std::string& path, std::string value);
  Refusal check_record(const Node& node, std::size_t growth) const;
  void remove_below(const std::string& path, Reach reach);
  void note(const std::string& path, ChangeKind kind, Reach reach,
            std::vector<Permissions> readers);

  NodeView& nodes_;
  const Caller& caller_;
  const Quota& quota_;
  std::size_t held_;
  std::vector<Change> changes_;
};

}  // namespace gv::xenstore
