// SPDX-License-Identifier: MIT
//
// Our own policy: headroom by restlessness, and plans that follow from it.

#include "cluster/headroom.h"
#include "cluster/headroom_planner.h"
#include "cluster_under_test.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TEST(Headroom, IsNothingForVmsThatNeverChange) { EXPECT_EQ(headroom(0, 5320), 0); }

TEST(Headroom, IsNeverMoreForVmsTogetherThanApart) {
  for (int i = 1; i <= 60; ++i) {
    EXPECT_GE(headroom((i + 1) * 30'000.0, 5320), headroom(i * 30'000.0, 5320)) << i;
    for (int j = 1; j <= 60; ++j)
      EXPECT_LE(headroom((i + j) * 30'000.0, 5320),
                headroom(i * 30'000.0, 5320) + headroom(j * 30'000.0, 5320) + 1e-9)
          << i << " and " << j;
  }
}

TEST(Headroom, IsMoreDeviationsForTheCalm) {
  EXPECT_GT(headroom(100 * 100, 5320) / 100, headroom(800 * 800, 5320) / 800);
  EXPECT_NEAR(headroom(2000.0 * 2000, 5320), 2000, 1e-9) << "never below one deviation";
}

TEST(Restlessness, IsMeasuredFromSampleToSample) {
  ClusterUnderTest cluster(2);
  cluster.vm(1, 1000, 0.5, 0, 30);
  cluster.vm(1, 1000, 0.5, 0.2, 30);
  const auto variances = restlessness(cluster.view());
  EXPECT_LT(variances[0], variances[1]);
  EXPECT_NEAR(variances[1], 1e6 * 0.04, 1e6 * 0.01);
}

TEST(HeadroomPlanner, LeavesAFullHostAloneUntilItIsAskedForMore) {
  ClusterUnderTest cluster(2);
  cluster.vm(1, 2660, 1);
  cluster.vm(1, 2660, 0.999);
  EXPECT_TRUE(plan_headroom(cluster.view()).empty());
  cluster.vm(1, 1000, 0.1);
  EXPECT_EQ(plan_headroom(cluster.view()).size(), 1u);
}

TEST(HeadroomPlanner, RelievesByTheQuickestVmThatSuffices) {
  ClusterUnderTest cluster(4);
  cluster.vm(1, 2500, 0.9, 0, 12, 1740);
  cluster.vm(1, 2500, 0.9, 0, 12, 870);
  cluster.vm(1, 1000, 0.1, 0, 12, 613);
  cluster.vm(1, 1000, 0.9, 0, 12, 1740);
  cluster.vm(3, 1000, 0.5);
  const auto moves = plan_headroom(cluster.view());  // 5,500 asked of 5,320
  ASSERT_FALSE(moves.empty());
  EXPECT_EQ(moves[0].vm, 1u) << "613 MiB moves sooner, but is not enough";
}

TEST(HeadroomPlanner, PacksCalmVmsTighterThanRestlessOnes) {
  const auto moves = [](double swing) {
    ClusterUnderTest cluster(4);
    for (int i = 0; i < 7; ++i)
      cluster.vm(1, 1000, 0.6, swing, 30);
    cluster.vm(3, 1000, 0.3, swing, 30);
    return plan_headroom(cluster.view()).size();
  };
  EXPECT_EQ(moves(0.0), 1u) << "4,500 of 5,320 MIPS, and nothing stirs";
  EXPECT_EQ(moves(0.4), 0u) << "the same demand, but it swings";
}

TEST(HeadroomPlanner, PrefersTheEfficientServers) {
  ClusterUnderTest cluster(4);
  for (int i = 0; i < 3; ++i)
    cluster.vm(0, 1500, 0.9);
  const auto moves = plan_headroom(cluster.view());
  ASSERT_FALSE(moves.empty());
  EXPECT_EQ(moves[0].to % 2, 1u) << "odd hosts are the efficient ones";
}

TEST(HeadroomPlanner, KeepsToMemoryWhereAsked) {
  ClusterUnderTest cluster(4);
  for (int i = 0; i < 4; ++i)
    cluster.vm(1, 1000, 0.1, 0, 30, 1000);
  cluster.vm(3, 1000, 0.05, 0, 30, 613);
  EXPECT_EQ(plan_headroom(cluster.view()).size(), 1u);
  EXPECT_TRUE(plan_headroom(cluster.view(true)).empty());
}

TEST(HeadroomPlanner, IgnoresVmsThatRunNowhere) {
  ClusterUnderTest cluster(2);
  cluster.vm(kNoHost, 2500, 1);
  EXPECT_TRUE(plan_headroom(cluster.view()).empty());
  EXPECT_TRUE(plan_headroom(ClusterUnderTest(0).view()).empty());
}

}  // namespace
}  // namespace gv
