// SPDX-License-Identifier: MIT
//
// room_index.cpp - a sorted set of open hosts for each kind.

#include "cluster/room_index.h"

#include "cluster/headroom.h"

#include <algorithm>

namespace gv {
namespace {

// Hosts looked at that have the room for the VM's demand but may lack it for its restlessness.
constexpr int kTightHosts = 16;

}  // namespace

RoomIndex::RoomIndex(const ClusterView& view, const std::vector<double>& variances)
    : view_(view), variances_(variances), hosts_(view.hosts.size()) {
  for (std::uint32_t vm = 0; vm < view.vms.size(); ++vm) {
    if (view.vms[vm].host == kNoHost)
      continue;
    const auto host = static_cast<std::uint32_t>(view.vms[vm].host);
    hosts_[host].vms.push_back(vm);
    tally(host, vm, 1);
  }
  for (std::uint32_t host = 0; host < hosts_.size(); ++host) {
    if (view.hosts[host].on)
      open(host);
    else
      off_[rank(host)].insert({0, host});
  }
}

std::size_t RoomIndex::rank(std::uint32_t host) const {
  std::size_t better = 0;
  for (const HostKind& kind : kHostKinds)
    better += kind.watts_per_mips() < view_.hosts[host].kind->watts_per_mips() ? 1 : 0;
  return better;
}

double RoomIndex::room(std::uint32_t host) const {
  const double capacity = view_.hosts[host].kind->capacity();
  return capacity - hosts_[host].used - headroom(hosts_[host].variance, capacity);
}

void RoomIndex::tally(std::uint32_t host, std::uint32_t vm, double sign) {
  hosts_[host].used += sign * std::min(view_.vms[vm].demand, view_.hosts[host].kind->core_mips);
  hosts_[host].variance += sign * variances_[vm];
  hosts_[host].memory += sign * view_.vms[vm].memory_mib;
}

void RoomIndex::change(std::uint32_t host, std::uint32_t vm, double sign) {
  const bool was_open = hosts_[host].open;
  close(host);
  tally(host, vm, sign);
  auto& vms = hosts_[host].vms;
  if (sign > 0)
    vms.push_back(vm);
  else
    vms.erase(std::find(vms.begin(), vms.end(), vm));
  if (was_open)
    open(host);
}

void RoomIndex::close(std::uint32_t host) {
  if (hosts_[host].open)
    open_[rank(host)].erase({room(host), host});
  hosts_[host].open = false;
}

void RoomIndex::open(std::uint32_t host) {
  hosts_[host].open = true;
  open_[rank(host)].insert({room(host), host});
}

bool RoomIndex::holds(std::uint32_t host, std::uint32_t vm) const {
  const HostKind& kind = *view_.hosts[host].kind;
  const Host& with = hosts_[host];
  const SeenVm& seen = view_.vms[vm];
  if (seen.demand > kind.core_mips ||
      (view_.memory_limits && with.memory + seen.memory_mib > kind.memory_mib))
    return false;
  return with.used + seen.demand + headroom(with.variance + variances_[vm], kind.capacity()) <=
         kind.capacity();
}

std::optional<std::uint32_t> RoomIndex::least_room_for(std::uint32_t vm) const {
  for (const Sorted& hosts : open_) {
    if (hosts.empty())
      continue;
    auto at = hosts.lower_bound({view_.vms[vm].demand, 0});
    for (int looked = 0; at != hosts.end() && looked < kTightHosts; ++at, ++looked) {
      if (holds(at->second, vm))
        return at->second;
    }
    if (at == hosts.end())
      continue;
    // VMs together never need more headroom than apart, so with its own on top of its demand it
    // fits.
    const double capacity = view_.hosts[at->second].kind->capacity();
    const double sure = view_.vms[vm].demand + headroom(variances_[vm], capacity);
    const auto fitting = hosts.lower_bound({sure, 0});
    if (fitting == hosts.end() || *at < *fitting)
      at = fitting;
    for (; at != hosts.end(); ++at) {  // the first, unless memory binds
      if (holds(at->second, vm))
        return at->second;
    }
  }
  return std::nullopt;
}

std::optional<std::uint32_t> RoomIndex::wake_for(std::uint32_t vm) {
  for (Sorted& hosts : off_) {
    if (hosts.empty() || !holds(hosts.begin()->second, vm))
      continue;
    const std::uint32_t host = hosts.begin()->second;
    hosts.erase(hosts.begin());
    open(host);
    return host;
  }
  return std::nullopt;
}

}  // namespace gv
