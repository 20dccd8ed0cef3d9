// SPDX-License-Identifier: MIT
//
// headroom_planner.cpp - relieve, place, empty.

#include "cluster/headroom_planner.h"

#include "cluster/headroom.h"
#include "cluster/room_index.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace gv {
namespace {

// Emptying is given up for this round after as many hosts whose VMs fit nowhere.
constexpr int kFailuresAllowed = 3;

class Planner {
 public:
  explicit Planner(const ClusterView& view)
      : view_(view),
        variances_(restlessness(view)),
        index_(view, variances_),
        given_(view.hosts.size()) {}

  std::vector<PlannedMove> run() {
    std::vector<std::uint32_t> leaving;
    for (std::uint32_t host = 0; host < view_.hosts.size(); ++host) {
      if (index_.used(host) > capacity(host))
        relieve(host, leaving);
    }
    for (const std::uint32_t vm : busiest_first(leaving)) {
      auto host = index_.least_room_for(vm);
      if (!host)
        host = index_.wake_for(vm);
      if (host)
        put(vm, *host);
    }
    empty_hosts();
    return moves_;
  }

 private:
  double capacity(std::uint32_t host) const { return view_.hosts[host].kind->capacity(); }

  std::vector<std::uint32_t> busiest_first(std::vector<std::uint32_t> vms) const {
    std::stable_sort(vms.begin(), vms.end(), [&](std::uint32_t a, std::uint32_t b) {
      return view_.vms[a].demand > view_.vms[b].demand;
    });
    return vms;
  }

  void put(std::uint32_t vm, std::uint32_t host) {
    index_.add(host, vm);
    ++given_[host];
    moves_.push_back({vm, host});
  }

  void relieve(std::uint32_t host, std::vector<std::uint32_t>& leaving) {
    index_.close(host);
    while (index_.used(host) > capacity(host)) {
      const std::uint32_t vm = reliever(host, index_.used(host) - capacity(host));
      leaving.push_back(vm);
      index_.remove(host, vm);
    }
  }

  // The VM that moves soonest among those that suffice; if none does, the busiest.
  std::uint32_t reliever(std::uint32_t host, double excess) const {
    const auto preference = [&](std::uint32_t vm) {
      const SeenVm& seen = view_.vms[vm];
      const bool suffices = seen.demand >= excess;
      return std::tuple(!suffices, suffices ? seen.memory_mib : 0,
                        suffices ? seen.demand : -seen.demand);
    };
    const auto& vms = index_.vms(host);
    return *std::min_element(vms.begin(), vms.end(), [&](std::uint32_t a, std::uint32_t b) {
      return preference(a) < preference(b);
    });
  }

  void empty_hosts() {
    std::vector<std::uint32_t> candidates;
    double variance = 0, spare = 0;
    for (std::uint32_t host = 0; host < view_.hosts.size(); ++host) {
      variance += index_.variance(host);
      if (!index_.is_open(host))
        continue;
      spare += std::max(0.0, index_.room(host));
      if (given_[host] == 0 && !index_.vms(host).empty())
        candidates.push_back(host);
    }
    std::stable_sort(candidates.begin(), candidates.end(), [&](std::uint32_t a, std::uint32_t b) {
      const double worse_a = -view_.hosts[a].kind->watts_per_mips();
      const double worse_b = -view_.hosts[b].kind->watts_per_mips();
      return std::pair(worse_a, index_.used(a)) < std::pair(worse_b, index_.used(b));
    });
    const double reserve = std::sqrt(variance);
    int failures = 0;
    for (const std::uint32_t host : candidates) {
      const double others = spare - std::max(0.0, index_.room(host));
      if (failures == kFailuresAllowed || others < index_.used(host) + reserve)
        break;
      if (given_[host] > 0)
        continue;
      if (empty(host))
        spare = others - index_.used(host);
      else
        ++failures;
    }
  }

  // All of its VMs or none.
  bool empty(std::uint32_t host) {
    index_.close(host);
    const std::size_t before = moves_.size();
    for (const std::uint32_t vm : busiest_first(index_.vms(host))) {
      if (const auto target = index_.least_room_for(vm)) {
        put(vm, *target);
        continue;
      }
      for (; moves_.size() > before; moves_.pop_back()) {
        index_.remove(moves_.back().to, moves_.back().vm);
        --given_[moves_.back().to];
      }
      index_.open(host);
      return false;
    }
    return true;
  }

  const ClusterView& view_;
  std::vector<double> variances_;
  RoomIndex index_;
  std::vector<int> given_;  // VMs that each host was given in this plan
  std::vector<PlannedMove> moves_;
};

}  // namespace

std::vector<PlannedMove> plan_headroom(const ClusterView& view) { return Planner(view).run(); }

}  // namespace gv
