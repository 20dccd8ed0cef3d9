// SPDX-License-Identifier: MIT
//
// cluster_under_test.h - a small cluster as a monitor would see it, for tests of planners.

#pragma once

#include "cluster/view.h"

#include <deque>

namespace gv {

struct ClusterUnderTest {
  std::vector<SeenHost> hosts;
  std::vector<SeenVm> vms;
  std::deque<std::vector<double>> histories;

  // Hosts of the fleet's kinds in turn, the efficient ones the odd numbers; all off.
  explicit ClusterUnderTest(std::size_t count) : hosts(count) {
    for (std::size_t i = 0; i < count; ++i)
      hosts[i].kind = &kHostKinds[host_kind(i)];
  }

  // Puts a VM there and switches the host on. Its history is `level` +- `swing`, `samples` long.
  std::uint32_t vm(std::int32_t host, double size_mips, double level, double swing = 0,
                   std::size_t samples = 12, double memory_mib = 870) {
    std::vector<double> history;
    for (std::size_t i = 0; i < samples; ++i)
      history.push_back(level + (i % 2 == 1 ? swing : 0));
    histories.push_back(history);
    vms.push_back({size_mips, memory_mib, level * size_mips, histories.back(), host});
    if (host >= 0)
      hosts[static_cast<std::size_t>(host)].on = true;
    return static_cast<std::uint32_t>(vms.size() - 1);
  }

  ClusterView view(bool memory_limits = false) const { return {hosts, vms, memory_limits}; }
};

}  // namespace gv
