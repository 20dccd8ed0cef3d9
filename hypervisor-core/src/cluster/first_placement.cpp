// SPDX-License-Identifier: MIT
//
// first_placement.cpp - new VMs, of which nothing is known but their size.

#include "cluster/classic_planner.h"

#include <algorithm>
#include <map>

namespace gv {

// Best-fit decreasing by size, on the most efficient hosts first; memory binds where it is new.
// Hosts of a kind that are still empty are alike, so each kind needs only its next empty one.
std::vector<PlannedMove> place_new(const ClusterView& view) {
  std::vector<PlannedMove> moves;
  std::vector<std::uint32_t> vms, hosts;
  for (std::uint32_t i = 0; i < view.vms.size(); ++i) {
    if (view.vms[i].host == kNoHost)
      vms.push_back(i);
  }
  for (std::uint32_t i = 0; i < view.hosts.size(); ++i)
    hosts.push_back(i);
  std::stable_sort(vms.begin(), vms.end(), [&](std::uint32_t a, std::uint32_t b) {
    return view.vms[a].size_mips > view.vms[b].size_mips;
  });
  std::stable_sort(hosts.begin(), hosts.end(), [&](std::uint32_t a, std::uint32_t b) {
    return view.hosts[a].kind->watts_per_mips() < view.hosts[b].kind->watts_per_mips();
  });
  std::multimap<double, std::pair<std::uint32_t, double>> open;  // MIPS left: host, memory left
  std::size_t next = 0;
  for (const std::uint32_t index : vms) {
    const SeenVm& vm = view.vms[index];
    const auto fits = [&](const auto& entry) {
      return view.hosts[entry.second.first].kind->core_mips >= vm.size_mips &&
             entry.second.second >= vm.memory_mib;
    };
    auto chosen = std::find_if(open.lower_bound(vm.size_mips), open.end(), fits);
    for (std::size_t at = next; chosen == open.end() && at < hosts.size(); ++at) {
      const HostKind& kind = *view.hosts[hosts[at]].kind;
      if (kind.core_mips < vm.size_mips || kind.memory_mib < vm.memory_mib)
        continue;
      std::swap(hosts[next], hosts[at]);
      chosen = open.insert({kind.capacity(), {hosts[next++], kind.memory_mib}});
    }
    if (chosen == open.end())
      continue;
    const auto [host, memory] = chosen->second;
    const double left = chosen->first - vm.size_mips;
    open.erase(chosen);
    open.insert({left, {host, memory - vm.memory_mib}});
    moves.push_back({index, host});
  }
  return moves;
}

}  // namespace gv
