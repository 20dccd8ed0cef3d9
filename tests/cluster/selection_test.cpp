// SPDX-License-Identifier: MIT
//
// Which VM leaves first.

#include "cluster/selection.h"

#include <gtest/gtest.h>

#include <array>

namespace gv {
namespace {

constexpr std::array<double, 6> kUp{1, 2, 3, 4, 5, 7}, kUpToo{2, 4, 6, 8, 10, 13},
    kZigzag{1, 5, 1, 5, 1, 5};
const std::array<VmLoad, 3> kVms{{{0.5, 1740, kZigzag}, {0.9, 870, kUp}, {0.1, 1740, kUpToo}}};

TEST(Selection, MovesTheOneThatIsCopiedSoonest) {
  Random random(1);
  EXPECT_EQ(select_vm(SelectionRule::MinimumMigrationTime, kVms, random), 1u);
}

TEST(Selection, MovesTheLeastBusy) {
  Random random(1);
  EXPECT_EQ(select_vm(SelectionRule::MinimumUtilisation, kVms, random), 2u);
}

TEST(Selection, MovesOneThatFollowsAnother) {
  Random random(1);
  const auto chosen = select_vm(SelectionRule::MaximumCorrelation, kVms, random);
  EXPECT_TRUE(chosen == 1u || chosen == 2u);
}

TEST(Selection, FallsBackOnMigrationTimeWithoutACorrelation) {
  Random random(1);
  EXPECT_EQ(select_vm(SelectionRule::MaximumCorrelation, std::span(kVms).first(1), random), 0u);
  const std::array<VmLoad, 2> new_vms{{{0.5, 1740, {}}, {0.9, 870, {}}}};
  EXPECT_EQ(select_vm(SelectionRule::MaximumCorrelation, new_vms, random), 1u);
}

TEST(Selection, DrawsTheSameFromTheSameSeed) {
  Random a(7), b(7);
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(select_vm(SelectionRule::Random, kVms, a), select_vm(SelectionRule::Random, kVms, b));
}

TEST(Selection, HasNothingToMoveFromAnEmptyHost) {
  Random random(1);
  EXPECT_FALSE(select_vm(SelectionRule::MinimumUtilisation, {}, random));
}

}  // namespace
}  // namespace gv
