// SPDX-License-Identifier: MIT

#include "xen/xenstore/node_table.h"

#include "gv/result.h"

namespace gv::xenstore {

namespace {

// xenstored's record begins with a 64-bit generation and three 32-bit counts.
constexpr std::size_t kRecordHeader = 24, kPermissionBytes = 8;

}  // namespace

std::size_t Node::children_bytes() const {
  std::size_t bytes = 0;
  for (const std::string& name : children)
    bytes += name.size() + 1;
  return bytes;
}

std::size_t Node::record_bytes() const {
  return kRecordHeader + kPermissionBytes * permissions.entries().size() + value.size() +
         children_bytes();
}

const Node* NodeTable::find(const std::string& path) {
  const auto found = nodes_.find(path);
  return found == nodes_.end() ? nullptr : &found->second;
}

void NodeTable::count(const std::string& path, const Node& node) {
  Usage& usage = usage_[node.permissions.owner()];
  ++usage.nodes;
  usage.bytes += path.size() + node.record_bytes();
}

void NodeTable::uncount(const std::string& path, const Node& node) {
  const auto found = usage_.find(node.permissions.owner());
  GV_CHECK(found != usage_.end() && found->second.nodes > 0);
  --found->second.nodes;
  found->second.bytes -= path.size() + node.record_bytes();
  if (found->second.nodes == 0)
    usage_.erase(found);
}

void NodeTable::put(const std::string& path, Node node) {
  node.generation = ++generation_;
  const auto [place, created] = nodes_.try_emplace(path);
  if (!created)
    uncount(path, place->second);
  place->second = std::move(node);
  count(path, place->second);
}

void NodeTable::erase(const std::string& path) {
  const auto found = nodes_.find(path);
  GV_CHECK(found != nodes_.end());
  uncount(path, found->second);
  nodes_.erase(found);
}

Usage NodeTable::usage(DomainId owner) const {
  const auto found = usage_.find(owner);
  return found == usage_.end() ? Usage{} : found->second;
}

void NodeTable::restore(std::map<std::string, Node> nodes, std::uint64_t generation) {
  nodes_ = std::move(nodes);
  generation_ = generation;
  usage_.clear();
  for (const auto& [path, node] : nodes_)
    count(path, node);
}

}  // namespace gv::xenstore
