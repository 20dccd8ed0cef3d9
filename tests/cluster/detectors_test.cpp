// SPDX-License-Identifier: MIT
//
// Overload detection, on histories small enough to work out by hand.

#include "cluster/overload.h"
#include "cluster/policy.h"
#include "cluster/statistics.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace gv {
namespace {

std::vector<double> rising(double newest, double step, std::size_t samples) {
  std::vector<double> history;
  for (std::size_t i = 0; i < samples; ++i)
    history.push_back(newest - step * static_cast<double>(i));
  return history;
}

TEST(Statistics, FindTheMiddleAndTheSpreads) {
  const std::array<double, 5> samples{9, 1, 5, 3, 7};
  EXPECT_DOUBLE_EQ(median(samples), 5);
  EXPECT_DOUBLE_EQ(median_absolute_deviation(samples), 2);
  EXPECT_DOUBLE_EQ(inter_quartile_range(samples), 9 - 3);  // the 2nd and the 5th of five
}

TEST(Statistics, FitALineThroughPointsOnALine) {
  const std::array<double, 4> y{3, 5, 7, 9};
  const Line line = fit_line(y);
  EXPECT_DOUBLE_EQ(line.slope, 2);
  EXPECT_DOUBLE_EQ(line.intercept, 1);
}

TEST(Statistics, WeighTheNewestSampleMost) {
  const auto weights = tricube_weights(10);
  EXPECT_DOUBLE_EQ(weights.back(), 1);
  for (std::size_t i = 1; i < weights.size(); ++i)
    EXPECT_LT(weights[i - 1], weights[i]);
  const std::array<double, 10> bent{0, 0, 0, 0, 0, 0, 1, 2, 3, 4};
  EXPECT_GT(fit_line(bent, weights).at(11), fit_line(bent).at(11)) << "it follows the new trend";
}

TEST(Statistics, ExplainASeriesByAnother) {
  const std::array<double, 6> y{1, 2, 3, 4, 5, 7}, twice{2, 4, 6, 8, 10, 14},
      other{1, 0, 1, 0, 1, 0};
  const std::array<std::span<const double>, 1> by_twice{twice}, by_other{other};
  EXPECT_NEAR(*explained_share(y, by_twice), 1, 1e-12);
  EXPECT_LT(*explained_share(y, by_other), 0.2);
  EXPECT_FALSE(explained_share(std::span(y).first(1), by_twice)) << "too few samples";
}

TEST(Detector, ComparesWithAThreshold) {
  const OverloadDetector thr{OverloadRule::Threshold, 0.8};
  EXPECT_FALSE(is_overloaded(thr, {0.8, {}}));
  EXPECT_TRUE(is_overloaded(thr, {0.81, {}}));
}

TEST(Detector, TakesAShortHistoryAtSeventyPercent) {
  for (const auto rule : {OverloadRule::InterQuartileRange, OverloadRule::MedianDeviation,
                          OverloadRule::LocalRegression, OverloadRule::RobustLocalRegression}) {
    const auto history = rising(0.5, 0, 9);
    EXPECT_FALSE(is_overloaded({rule, 1.2}, {0.69, history}));
    EXPECT_TRUE(is_overloaded({rule, 1.2}, {0.71, history}));
  }
}

TEST(Detector, LowersItsThresholdAsLoadGrowsErratic) {
  std::vector<double> calm(12, 0.5), erratic;
  for (std::size_t i = 0; i < 12; ++i)
    erratic.push_back(i % 2 ? 0.3 : 0.7);
  for (const auto rule : {OverloadRule::InterQuartileRange, OverloadRule::MedianDeviation}) {
    EXPECT_FALSE(is_overloaded({rule, 1.5}, {0.9, calm}));
    EXPECT_TRUE(is_overloaded({rule, 1.5}, {0.9, erratic}));
  }
}

TEST(Detector, ExtrapolatesARise) {
  const auto steep = rising(0.8, 0.05, 12), flat = rising(0.8, 0, 12);
  for (const auto rule : {OverloadRule::LocalRegression, OverloadRule::RobustLocalRegression,
                          OverloadRule::OrdinaryRegression}) {
    EXPECT_TRUE(is_overloaded({rule, 1.2}, {0.8, steep})) << "0.85 forecast, times 1.2";
    EXPECT_FALSE(is_overloaded({rule, 1.2}, {0.8, flat})) << "0.8 forecast, times 1.2";
  }
}

TEST(Detector, IsNotMisledByOneOutlierWhenRobust) {
  auto history = rising(0.5, 0, 12);
  history[1] = 1;
  const double plain = forecast(OverloadRule::LocalRegression, history, 1);
  const double robust = forecast(OverloadRule::RobustLocalRegression, history, 1);
  EXPECT_GT(std::abs(plain - 0.5), std::abs(robust - 0.5));
}

TEST(Policy, IsReadFromItsName) {
  const auto policy = policy_from_name("mad-mc-2.5-bfd");
  ASSERT_TRUE(policy);
  EXPECT_EQ(policy->detector.rule, OverloadRule::MedianDeviation);
  EXPECT_EQ(policy->detector.parameter, 2.5);
  EXPECT_EQ(policy->selection, SelectionRule::MaximumCorrelation);
  EXPECT_EQ(policy->placement, PlacementRule::BestFit);
  EXPECT_EQ(policy_from_name("ours")->kind, PolicyKind::Headroom);
}

TEST(Policy, RefusesNamesThatMeanNothing) {
  for (const char* name : {"", "lr", "lr-mmt", "lr-mmt-", "lr-mmt-x", "lr-mmt-1.2-", "lr-mmt-1.2x",
                           "lr-mmt-0", "lr-mmt-nan", "ours-1", "mmt-lr-1.2", "thr-mmt-0.8-xfd"}) {
    EXPECT_FALSE(policy_from_name(name)) << name;
  }
}

}  // namespace
}  // namespace gv
