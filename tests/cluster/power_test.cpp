// SPDX-License-Identifier: MIT
//
// SPECpower's readings, and the straight lines between them.

#include "cluster/power_curve.h"

#include "cluster/fleet.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TEST(PowerCurve, GivesTheReadingsAtTenths) {
  EXPECT_DOUBLE_EQ(kMl110G4.at(0), 86);
  EXPECT_DOUBLE_EQ(kMl110G5.at(1), 135);
  for (std::size_t i = 0; i <= 10; ++i)
    EXPECT_NEAR(kMl110G5.at(static_cast<double>(i) / 10), kMl110G5.watts[i], 1e-9) << i;
}

TEST(PowerCurve, IsStraightBetweenThem) {
  EXPECT_NEAR(kMl110G5.at(0.45), (110 + 116) / 2.0, 1e-9);
  EXPECT_NEAR(kMl110G4.at(0.025), 86 + 3.4 / 4, 1e-9);
}

TEST(PowerCurve, EndsAtFullLoad) { EXPECT_DOUBLE_EQ(kMl110G4.at(1.7), 117); }

TEST(PowerCurve, BeginsIdleWhateverRoundingLeftBelowZero) {
  EXPECT_DOUBLE_EQ(kMl110G4.at(0), 86);
  EXPECT_DOUBLE_EQ(kMl110G4.at(-1e-17), 86);
}

TEST(Fleet, HasTheNewerServerAsTheMoreEfficient) {
  EXPECT_LT(kHostKinds[host_kind(1)].watts_per_mips(), kHostKinds[host_kind(0)].watts_per_mips());
}

TEST(Fleet, GivesEachQuarterOfTheVmsItsSize) {
  EXPECT_EQ(vm_kind(0, 10), 0);
  EXPECT_EQ(vm_kind(2, 10), 0);
  EXPECT_EQ(vm_kind(3, 10), 1);
  EXPECT_EQ(vm_kind(9, 10), 3);
}

}  // namespace
}  // namespace gv
