// SPDX-License-Identifier: MIT

#include "xen/xenstore/tree.h"

#include "gv/result.h"
#include "xen/xenstore/store_path.h"

#include <algorithm>
#include <utility>

namespace gv::xenstore {

Answer<const Node*> Tree::look_up(const std::string& path, Access wanted) {
  if (const Node* const node = nodes_.find(path)) {
    if (includes(node->permissions.granted(caller_), wanted))
      return {node, Refusal::None};
    return {nullptr, Refusal::AccessDenied};
  }
  for (auto above = parent_path(path); above; above = parent_path(*above)) {
    if (const Node* const ancestor = nodes_.find(*above)) {
      return {nullptr, includes(ancestor->permissions.granted(caller_), wanted)
                           ? Refusal::NoEntry
                           : Refusal::AccessDenied};
    }
  }
  return {nullptr, Refusal::NoEntry};
}

Refusal Tree::check_record(const Node& node, std::size_t growth) const {
  if (caller_.privileged())
    return Refusal::None;
  if (node.record_bytes() >= quota_.node_bytes)
    return Refusal::NoSpace;
  return nodes_.usage(caller_.domain).bytes + held_ + growth >= quota_.memory ? Refusal::NoMemory
                                                                              : Refusal::None;
}

void Tree::note(const std::string& path, ChangeKind kind, Reach reach,
                std::vector<Permissions> readers) {
  changes_.push_back({path, kind, reach, std::move(readers)});
}

Refusal Tree::write(const std::string& path, std::string value) {
  const auto [found, refusal] = look_up(path, Access::Write);
  if (refusal == Refusal::NoEntry)
    return create(path, std::move(value));
  if (refusal != Refusal::None)
    return refusal;
  Node node = *found;
  const std::size_t growth =
      value.size() > node.value.size() ? value.size() - node.value.size() : 0;
  node.value = std::move(value);
  if (const Refusal full = check_record(node, growth); full != Refusal::None)
    return full;
  note(path, ChangeKind::Written, Reach::WatchesAbove, {node.permissions});
  nodes_.put(path, std::move(node));
  return Refusal::None;
}

Refusal Tree::make(const std::string& path) {
  const Refusal refusal = look_up(path, Access::Write).refusal;
  return refusal == Refusal::NoEntry ? create(path, "") : refusal;
}

// look_up() has found that `path` is not there and that its nearest ancestor may be written to.
Refusal Tree::create(const std::string& path, std::string value) {
  if (is_special(path))
    return Refusal::InvalidArgument;
  std::vector<std::string> missing = {path};
  std::string above = *parent_path(path);
  const Node* found = nodes_.find(above);
  for (; found == nullptr; found = nodes_.find(above)) {
    missing.push_back(above);
    const auto next = parent_path(above);
    if (!next)
      return Refusal::NoEntry;  // a view that is full answers that nothing is there
    above = *next;
  }
  Node ancestor = *found;
  Node fresh;
  fresh.permissions = ancestor.permissions;
  if (!caller_.privileged()) {
    fresh.permissions.set_owner(caller_.domain);
    if (nodes_.usage(caller_.domain).nodes + missing.size() > quota_.nodes)
      return Refusal::NoSpace;
  }
  ancestor.children.emplace_back(leaf_name(missing.back()));
  Node last = fresh;
  last.value = std::move(value);
  std::size_t growth = last.value.size();
  for (const std::string& each : missing)
    growth += each.size() + fresh.record_bytes() + leaf_name(each).size() + 1;
  for (const Node* const node : {&std::as_const(ancestor), &std::as_const(last)}) {
    if (const Refusal full = check_record(*node, growth); full != Refusal::None)
      return full;
  }
  const Permissions inherited = ancestor.permissions;
  nodes_.put(above, std::move(ancestor));
  for (std::size_t i = missing.size(); i-- > 1;) {
    Node between = fresh;
    between.children.emplace_back(leaf_name(missing[i - 1]));
    nodes_.put(missing[i], std::move(between));
  }
  note(path, ChangeKind::Created, Reach::WatchesAbove, {fresh.permissions, inherited});
  nodes_.put(path, std::move(last));
  return Refusal::None;
}

void Tree::remove_below(const std::string& path, Reach reach) {
  const Node* const found = nodes_.find(path);
  if (found == nullptr)
    return;  // the view is full: whatever this leaves behind is never committed
  const std::vector<std::string> children = found->children;
  std::vector<Permissions> readers = {found->permissions};
  for (const std::string& child : children)
    remove_below(child_path(path, child), Reach::ExactWatches);
  if (const auto above = parent_path(path)) {
    if (const Node* const parent = nodes_.find(*above))
      readers.push_back(parent->permissions);
  }
  note(path, ChangeKind::Removed, reach, std::move(readers));
  nodes_.erase(path);
}

Refusal Tree::remove(const std::string& path) {
  const auto above = parent_path(path);
  const Refusal refusal = look_up(path, Access::Write).refusal;
  if (refusal == Refusal::NoEntry)
    return above && nodes_.find(*above) != nullptr ? Refusal::None : Refusal::NoEntry;
  if (refusal != Refusal::None)
    return refusal;
  if (!above)
    return Refusal::InvalidArgument;  // the root, and the special nodes
  const Node* const found = nodes_.find(*above);
  if (found == nullptr)
    return Refusal::NoSpace;  // the view is full
  Node parent = *found;
  std::erase(parent.children, leaf_name(path));
  remove_below(path, Reach::WatchesAbove);
  nodes_.put(*above, std::move(parent));
  return Refusal::None;
}

Refusal Tree::set_permissions(const std::string& path, Permissions permissions) {
  const auto [found, refusal] = look_up(path, Access::Write);
  if (refusal != Refusal::None)
    return refusal;
  if (!found->permissions.owned_by(caller_))
    return Refusal::AccessDenied;
  if (!caller_.privileged() && permissions.owner() != found->permissions.owner())
    return Refusal::NotPermitted;  // a gift would be paid from the other's quota
  Node node = *found;
  // Whoever could read it before learns that it changed, even if that was the last time.
  note(path, ChangeKind::PermissionsSet, Reach::WatchesAbove, {node.permissions, permissions});
  node.permissions = std::move(permissions);
  if (const Refusal full = check_record(node, 0); full != Refusal::None) {
    changes_.pop_back();
    return full;
  }
  nodes_.put(path, std::move(node));
  return Refusal::None;
}

}  // namespace gv::xenstore
