// SPDX-License-Identifier: MIT
//
// statistics.cpp - medians, spreads and lines.

#include "cluster/statistics.h"

#include <algorithm>
#include <cmath>

namespace gv {

double median(std::span<const double> samples) {
  if (samples.empty())
    return 0;
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  const std::size_t n = sorted.size();
  if (n == 1)
    return sorted[0];
  const double position = 50.0 * static_cast<double>(n + 1) / 100;
  const auto below = static_cast<std::size_t>(position);
  const double between = position - static_cast<double>(below);
  return sorted[below - 1] + between * (sorted[below] - sorted[below - 1]);
}

double median_absolute_deviation(std::span<const double> samples) {
  const double middle = median(samples);
  std::vector<double> deviations;
  deviations.reserve(samples.size());
  for (const double sample : samples)
    deviations.push_back(std::abs(middle - sample));
  return median(deviations);
}

double inter_quartile_range(std::span<const double> samples) {
  std::vector<double> sorted(samples.begin(), samples.end());
  std::sort(sorted.begin(), sorted.end());
  const double n = static_cast<double>(sorted.size() + 1);
  const auto lower = static_cast<std::size_t>(std::floor(0.25 * n + 0.5)) - 1;
  const auto upper = static_cast<std::size_t>(std::floor(0.75 * n + 0.5)) - 1;
  return sorted[upper] - sorted[lower];
}

// One pass with running means: it loses no digits to large sums.
Line fit_line(std::span<const double> y, std::span<const double> weights) {
  double x_mean = 0, y_mean = 0, xx = 0, xy = 0, x_sum = 0, y_sum = 0, total = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double x = static_cast<double>(i + 1);
    const double weight = weights.empty() ? 1 : weights[i];
    if (weight <= 0)
      continue;
    const double dx = x - x_mean, dy = y[i] - y_mean;
    const double share = total / (weight + total);
    xx += dx * dx * share * weight;
    xy += dx * dy * share * weight;
    total += weight;
    x_mean += total == weight ? dx : dx * weight / total;
    y_mean += total == weight ? dy : dy * weight / total;
    x_sum += weight * x;
    y_sum += weight * y[i];
  }
  if (xx <= 0)
    return {total > 0 ? y_sum / total : 0, 0};
  const double slope = xy / xx;
  return {(y_sum - slope * x_sum) / total, slope};
}

std::vector<double> tricube_weights(std::size_t n) {
  std::vector<double> weights(n);
  const double reach = static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double distance = static_cast<double>(n - 1 - i) / reach;
    weights[i] = std::pow(1 - std::pow(distance, 3), 3);
  }
  return weights;
}

std::vector<double> robust_weights(std::span<const double> y, const Line& line) {
  std::vector<double> residuals, weights = tricube_weights(y.size());
  for (std::size_t i = 0; i < y.size(); ++i)
    residuals.push_back(std::abs(y[i] - line.at(static_cast<double>(i + 1))));
  const double reach = 6 * median(residuals);
  for (std::size_t i = 0; i < y.size() && reach > 0; ++i) {
    const double part = residuals[i] / reach;
    weights[i] *= part < 1 ? std::pow(1 - part * part, 2) : 0;
  }
  return weights;
}

}  // namespace gv
