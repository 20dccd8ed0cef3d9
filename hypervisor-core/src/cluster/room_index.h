// SPDX-License-Identifier: MIT
//
// room_index.h - hosts sorted by the room they have, while a plan is being made.
//
// Room is what is left of a host after its VMs' demands and its headroom. Every
// change moves the host to its new place, so that "the least room that holds
// this VM" is a search in a tree, however many hosts there are.
//
// Values; any thread.

#pragma once

#include "cluster/view.h"

#include <array>
#include <optional>
#include <set>
#include <vector>

namespace gv {

class RoomIndex {
 public:
  RoomIndex(const ClusterView& view, const std::vector<double>& variances);

  // The open host with the least room that holds the VM, efficient kinds first.
  std::optional<std::uint32_t> least_room_for(std::uint32_t vm) const;
  // Takes a host that is off, of the most efficient kind that holds the VM, and opens it.
  std::optional<std::uint32_t> wake_for(std::uint32_t vm);
  void add(std::uint32_t host, std::uint32_t vm) { change(host, vm, 1); }
  void remove(std::uint32_t host, std::uint32_t vm) { change(host, vm, -1); }
  // A closed host is not offered.
  void close(std::uint32_t host);
  void open(std::uint32_t host);

  bool is_open(std::uint32_t host) const { return hosts_[host].open; }
  double used(std::uint32_t host) const { return hosts_[host].used; }
  double variance(std::uint32_t host) const { return hosts_[host].variance; }
  double room(std::uint32_t host) const;
  const std::vector<std::uint32_t>& vms(std::uint32_t host) const { return hosts_[host].vms; }

 private:
  struct Host {
    double used = 0, variance = 0, memory = 0;
    bool open = false;
    std::vector<std::uint32_t> vms;
  };
  using Sorted = std::set<std::pair<double, std::uint32_t>>;

  std::size_t rank(std::uint32_t host) const;  // of its kind, the most efficient 0
  void tally(std::uint32_t host, std::uint32_t vm, double sign);
  void change(std::uint32_t host, std::uint32_t vm, double sign);
  bool holds(std::uint32_t host, std::uint32_t vm) const;

  ClusterView view_;
  const std::vector<double>& variances_;
  std::vector<Host> hosts_;
  std::array<Sorted, kHostKinds.size()> open_, off_;  // by rank
};

}  // namespace gv
