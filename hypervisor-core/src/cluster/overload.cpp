// SPDX-License-Identifier: MIT
//
// overload.cpp - THR, IQR, MAD, LR and LRR.

#include "cluster/overload.h"

#include "cluster/statistics.h"

#include <algorithm>
#include <array>

namespace gv {
namespace {

constexpr double kFallbackThreshold = 0.7;

// Zeros at the old end are times before there was anything to sample.
std::span<const double> without_old_zeros(std::span<const double> history) {
  while (history.size() > 1 && history.back() == 0)
    history = history.first(history.size() - 1);
  return history;
}

bool exceeds(const HostLoad& host, double threshold) { return host.demand > threshold; }

}  // namespace

double forecast(OverloadRule rule, std::span<const double> history, double migration_intervals) {
  std::array<double, kRegressionSamples> oldest_first{};
  std::reverse_copy(history.begin(), history.begin() + kRegressionSamples, oldest_first.begin());
  const double when = static_cast<double>(kRegressionSamples) + migration_intervals;
  if (rule == OverloadRule::OrdinaryRegression)
    return fit_line(oldest_first).at(when);
  static const std::vector<double> tricube = tricube_weights(kRegressionSamples);
  const Line line = fit_line(oldest_first, tricube);
  if (rule == OverloadRule::LocalRegression)
    return line.at(when);
  return fit_line(oldest_first, robust_weights(oldest_first, line)).at(when);
}

bool is_overloaded(const OverloadDetector& detector, const HostLoad& host) {
  const auto history = without_old_zeros(host.history);
  switch (detector.rule) {
    case OverloadRule::Threshold:
      return exceeds(host, detector.parameter);
    case OverloadRule::InterQuartileRange:
      if (history.size() < kSpreadSamples)
        break;
      return exceeds(host, 1 - detector.parameter * inter_quartile_range(history));
    case OverloadRule::MedianDeviation:
      if (history.size() < kSpreadSamples)
        break;
      return exceeds(host, 1 - detector.parameter * median_absolute_deviation(history));
    case OverloadRule::LocalRegression:
    case OverloadRule::RobustLocalRegression:
    case OverloadRule::OrdinaryRegression:
      if (history.size() < kRegressionSamples)
        break;
      return forecast(detector.rule, history, host.migration_intervals) * detector.parameter >= 1;
  }
  return exceeds(host, kFallbackThreshold);
}

}  // namespace gv
