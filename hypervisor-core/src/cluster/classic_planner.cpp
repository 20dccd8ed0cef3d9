// SPDX-License-Identifier: MIT
//
// classic_planner.cpp - relief, then evacuation, on running sums of each host.

#include "cluster/classic_planner.h"

#include "cluster/host_sums.h"

#include <algorithm>
#include <limits>

namespace gv {
namespace {

class Planner {
 public:
  Planner(const ClusterView& view, const Policy& policy, Random& random)
      : view_(view), policy_(policy), random_(random), seen_(view, policy.detector) {
    for (std::uint32_t i = 0; i < view.hosts.size(); ++i) {
      hosts_.emplace_back(seen_, i);
      note_power(i);
    }
    for (std::uint32_t i = 0; i < view.vms.size(); ++i) {
      if (view.vms[i].host != kNoHost)
        hosts_[static_cast<std::size_t>(view.vms[i].host)].add(i);
    }
    state_.resize(hosts_.size());
  }

  std::vector<PlannedMove> run() {
    std::vector<std::uint32_t> leaving;
    for (const std::uint32_t host : on_) {
      state_[host].overloaded = hosts_[host].overloaded();
      if (state_[host].overloaded)
        relieve(hosts_[host], leaving);
    }
    place(leaving, Phase::Relief);
    evacuate();
    return moves_;
  }

 private:
  enum class Phase { Relief, Evacuation };
  struct State {
    bool overloaded = false, emptied = false, target = false;
  };

  void note_power(std::uint32_t host) {
    auto& off = off_[view_.hosts[host].kind == &kHostKinds[0] ? 0 : 1];
    (view_.hosts[host].on ? on_ : off).push_back(host);
  }

  void relieve(HostSums& host, std::vector<std::uint32_t>& leaving) {
    do {
      std::vector<VmLoad> loads;
      for (const std::uint32_t i : host.vms())
        loads.push_back({view_.vms[i].demand / view_.vms[i].size_mips, view_.vms[i].memory_mib,
                         view_.vms[i].history});
      const auto selected = select_vm(policy_.selection, loads, random_);
      if (!selected)
        return;
      const std::uint32_t vm = host.vms()[*selected];
      leaving.push_back(vm);
      host.remove(vm);
    } while (host.overloaded());
  }

  // The hosts that are off are alike by kind: the first of each stands for all.
  std::optional<std::uint32_t> host_for(std::uint32_t vm, Phase phase) {
    std::optional<std::uint32_t> best;
    double least = std::numeric_limits<double>::max();
    const auto consider = [&](std::uint32_t host) {
      const HostSums& sums = hosts_[host];
      if (state_[host].overloaded || state_[host].emptied)
        return;
      const double watts = sums.kind().power.at(sums.used() / sums.kind().capacity());
      const double cost = aversion(policy_.placement,
                                   {&sums.kind().power, sums.kind().capacity(), sums.used(), watts},
                                   view_.vms[vm].demand);
      if (cost < least && !sums.refuses(vm)) {
        best = host;
        least = cost;
      }
    };
    for (const std::uint32_t host : on_)
      consider(host);
    // Waking a host costs its idle power as well, so it is the last resort.
    if (!best && phase == Phase::Relief) {
      for (const auto& off : off_) {
        if (!off.empty())
          consider(off.front());
      }
    }
    return best;
  }

  void put(std::uint32_t vm, std::uint32_t host) {
    hosts_[host].add(vm);
    moves_.push_back({vm, host});
    for (auto& off : off_) {
      if (!off.empty() && off.front() == host) {
        off.erase(off.begin());
        on_.push_back(host);
      }
    }
  }

  bool place(std::vector<std::uint32_t>& leaving, Phase phase) {
    std::stable_sort(leaving.begin(), leaving.end(), [&](std::uint32_t a, std::uint32_t b) {
      return view_.vms[a].demand > view_.vms[b].demand;
    });
    const std::size_t before = moves_.size();
    for (const std::uint32_t vm : leaving) {
      if (const auto host = host_for(vm, phase)) {
        put(vm, *host);
      } else if (phase == Phase::Evacuation) {
        while (moves_.size() > before) {
          hosts_[moves_.back().to].remove(moves_.back().vm);
          moves_.pop_back();
        }
        return false;
      }
    }
    return true;
  }

  void evacuate() {
    for (const PlannedMove& move : moves_)
      state_[move.to].target = true;
    std::vector<std::uint32_t> order = on_;
    std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return hosts_[a].used() / hosts_[a].kind().capacity() <
             hosts_[b].used() / hosts_[b].kind().capacity();
    });
    for (const std::uint32_t host : order) {
      if (state_[host].overloaded || state_[host].target || hosts_[host].vms().empty())
        continue;
      state_[host].emptied = true;
      std::vector<std::uint32_t> leaving = hosts_[host].vms();
      const std::size_t before = moves_.size();
      if (!place(leaving, Phase::Evacuation))
        continue;  // as published: it takes no VM from others in this round either
      for (std::size_t i = before; i < moves_.size(); ++i)
        state_[moves_[i].to].target = true;
    }
  }

  const ClusterView& view_;
  const Policy& policy_;
  Random& random_;
  SeenSamples seen_;
  std::vector<HostSums> hosts_;
  std::vector<State> state_;
  std::vector<std::uint32_t> on_;
  std::array<std::vector<std::uint32_t>, kHostKinds.size()> off_;
  std::vector<PlannedMove> moves_;
};

}  // namespace

std::vector<PlannedMove> plan_classic(const ClusterView& view, const Policy& policy,
                                      Random& random) {
  if (policy.kind != PolicyKind::Classic)
    return {};
  return Planner(view, policy, random).run();
}

}  // namespace gv
