// SPDX-License-Identifier: MIT
//
// day.cpp - the instants at which something happens.

#include "cluster/cloudsim/day.h"

#include "cluster/cloudsim/plan.h"
#include "cluster/headroom_planner.h"

#include <algorithm>

namespace gv::cloudsim {
namespace {

// Quirk: VMs are created at 0, their work arrives a tenth of a second later, and the centre is
// looked at every five minutes from then on; the last five minutes are never looked at.
constexpr double kWorkArrives = 0.1;

std::vector<Move> plan_any(const Centre& centre, const Policy& policy, Random& random) {
  if (policy.kind == PolicyKind::Static)
    return {};
  if (policy.kind == PolicyKind::Classic)
    return plan(centre, policy, random);
  std::vector<SeenHost> hosts;
  std::vector<SeenVm> vms;
  std::vector<Move> moves;
  for (const PlannedMove& move : plan_headroom(view_of(centre, hosts, vms)))
    moves.push_back({static_cast<int>(move.vm), static_cast<int>(move.to)});
  return moves;
}

// Migrations end together if their memories are alike, the small ones first.
void finish_all(Centre& centre, const std::vector<Move>& moves, double begun) {
  std::vector<double> sizes;
  const auto size = [&](const Move& move) {
    return centre.vms()[static_cast<std::size_t>(move.vm)].memory_mib;
  };
  for (const Move& move : moves)
    sizes.push_back(size(move));
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  for (const double memory : sizes) {
    std::vector<Move> together;
    for (const Move& move : moves) {
      if (size(move) == memory)
        together.push_back(move);
    }
    centre.finish(together, begun + memory / kMigrationMibPerSecond);
  }
}

}  // namespace

ClusterView view_of(const Centre& centre, std::vector<SeenHost>& hosts, std::vector<SeenVm>& vms) {
  for (const HostState& host : centre.hosts())
    hosts.push_back({host.kind, !host.vms.empty()});
  for (const VmState& vm : centre.vms())
    vms.push_back({vm.mips, vm.memory_mib, vm.requested, vm.past(), vm.host});
  return {hosts, vms, false};
}

void run_day(Centre& centre, const Policy& policy, Random& random, std::size_t steps,
             const std::function<void(std::size_t)>& passed) {
  Policy first = policy;
  if (policy.kind == PolicyKind::Headroom)
    first.detector = {OverloadRule::Threshold, 0.7};
  centre.create(create(centre, first, random));
  double now = kWorkArrives + kSampleSeconds;
  for (std::size_t step = 1; step < steps; ++step) {
    centre.update(now);
    const std::vector<Move> moves = plan_any(centre, policy, random);
    centre.begin(moves, now);
    finish_all(centre, moves, now);
    now += kSampleSeconds;
    passed(step);
  }
  centre.ledger().finish();
}

}  // namespace gv::cloudsim
