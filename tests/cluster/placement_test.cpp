// SPDX-License-Identifier: MIT
//
// The published planner: relief of overloaded hosts, placement, and emptying underused ones.

#include "cluster/classic_planner.h"
#include "cluster_under_test.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::vector<PlannedMove> plan(const ClusterUnderTest& cluster, const std::string& policy,
                              bool memory_limits = false) {
  Random random(1);
  return plan_classic(cluster.view(memory_limits), *policy_from_name(policy), random);
}

TEST(Placement, PrefersTheHostByItsRule) {
  const HostRoom busy{&kMl110G5, 5320, 4000, kMl110G5.at(4000.0 / 5320)};
  const HostRoom idle{&kMl110G5, 5320, 100, kMl110G5.at(100.0 / 5320)};
  const HostRoom off{&kMl110G5, 5320, 0, 0};
  EXPECT_EQ(aversion(PlacementRule::FirstFit, busy, 500),
            aversion(PlacementRule::FirstFit, idle, 500));
  EXPECT_LT(aversion(PlacementRule::BestFit, busy, 500),
            aversion(PlacementRule::BestFit, idle, 500));
  EXPECT_LT(aversion(PlacementRule::PowerAwareBestFit, idle, 500),
            aversion(PlacementRule::PowerAwareBestFit, off, 500))
      << "waking a host costs what it draws when idle";
}

TEST(ClassicPlanner, RelievesAnOverloadedHostOfItsQuickestVm) {
  ClusterUnderTest cluster(4);
  cluster.vm(1, 2500, 0.9);
  cluster.vm(1, 2500, 0.9, 0, 12, 1740);
  const auto small = cluster.vm(1, 1000, 0.4, 0, 12, 613);
  cluster.vm(3, 2500, 0.5);
  const auto moves = plan(cluster, "thr-mmt-0.9");
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].vm, small);
  EXPECT_EQ(moves[0].to, 3u);
}

TEST(ClassicPlanner, WakesAHostOnlyWhenNoneHasRoom) {
  ClusterUnderTest cluster(4);
  for (int i = 0; i < 3; ++i)
    cluster.vm(1, 2500, 0.8);
  const auto moves = plan(cluster, "thr-mmt-0.8");
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_NE(moves[0].to, 1u);
}

TEST(ClassicPlanner, EmptiesAnUnderusedHost) {
  ClusterUnderTest cluster(4);
  cluster.vm(1, 2500, 0.5);
  const auto lone = cluster.vm(3, 2500, 0.1);
  for (const char* policy : {"thr-mmt-0.8", "lr-mmt-1.2", "lrr-mu-1.2", "iqr-rs-1.5", "mad-mc-2.5",
                             "thr-mmt-0.8-bfd", "thr-mmt-0.8-ffd"}) {
    const auto moves = plan(cluster, policy);
    ASSERT_EQ(moves.size(), 1u) << policy;
    EXPECT_EQ(moves[0].vm, lone) << policy;
    EXPECT_EQ(moves[0].to, 1u) << policy;
  }
}

TEST(ClassicPlanner, EmptiesAllOfAHostOrNothing) {
  ClusterUnderTest cluster(4);
  cluster.vm(1, 2500, 0.9);
  cluster.vm(1, 2500, 0.6);
  cluster.vm(3, 2500, 0.1);
  cluster.vm(3, 2500, 0.9);
  EXPECT_TRUE(plan(cluster, "thr-mmt-0.8").empty());
}

TEST(ClassicPlanner, MovesNoVmTwiceInOneRound) {
  ClusterUnderTest cluster(6);
  for (int i = 0; i < 4; ++i)
    cluster.vm(1, 2000, 0.7);
  cluster.vm(3, 1000, 0.1);
  cluster.vm(5, 1000, 0.2);
  std::vector<int> moved(cluster.vms.size());
  for (const PlannedMove& move : plan(cluster, "thr-mmt-0.8"))
    EXPECT_EQ(++moved[move.vm], 1);
}

TEST(ClassicPlanner, KeepsToMemoryWhereAsked) {
  ClusterUnderTest cluster(4);
  for (int i = 0; i < 4; ++i)
    cluster.vm(1, 1000, 0.1, 0, 12, 1000);
  cluster.vm(3, 1000, 0.05, 0, 12, 613);
  EXPECT_EQ(plan(cluster, "thr-mmt-0.8").size(), 1u);
  for (const PlannedMove& move : plan(cluster, "thr-mmt-0.8", true))
    EXPECT_NE(move.to, 1u) << "4,613 of 4,096 MiB";
}

TEST(FirstPlacement, PutsNewVmsOnEfficientHostsByTheirSize) {
  ClusterUnderTest cluster(4);
  for (int i = 0; i < 3; ++i)
    cluster.vm(kNoHost, 2500, 0);
  const auto moves = place_new(cluster.view());
  ASSERT_EQ(moves.size(), 3u);
  EXPECT_EQ(moves[0].to, 1u);
  EXPECT_EQ(moves[1].to, 1u);
  EXPECT_EQ(moves[2].to, 3u);
}

TEST(FirstPlacement, LeavesOutWhatFitsNowhere) {
  ClusterUnderTest cluster(1);  // one old server, whose cores are too slow
  cluster.vm(kNoHost, 2500, 0);
  EXPECT_TRUE(place_new(cluster.view()).empty());
}

}  // namespace
}  // namespace gv
