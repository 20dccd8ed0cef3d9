// SPDX-License-Identifier: MIT
//
// regression.cpp - R^2 by Householder reflections.
//
// Near-collinear histories are the rule (idle VMs are constant), so the normal
// equations will not do; and the order of the sums decides ties between VMs.

#include "cluster/statistics.h"

#include <cmath>

namespace gv {
namespace {

using Column = std::vector<double>;

// Turns `columns` into the upper triangle, with the reflectors below; returns the diagonal.
std::vector<double> reflect(std::vector<Column>& columns) {
  std::vector<double> diagonal(columns.size());
  for (std::size_t k = 0; k < columns.size(); ++k) {
    Column& pivot = columns[k];
    double squares = 0;
    for (std::size_t row = k; row < pivot.size(); ++row)
      squares += pivot[row] * pivot[row];
    const double length = pivot[k] > 0 ? -std::sqrt(squares) : std::sqrt(squares);
    diagonal[k] = length;
    if (length == 0)
      continue;
    pivot[k] -= length;
    for (std::size_t next = k + 1; next < columns.size(); ++next) {
      Column& column = columns[next];
      double factor = 0;
      for (std::size_t row = k; row < column.size(); ++row)
        factor -= column[row] * pivot[row];
      factor /= length * pivot[k];
      for (std::size_t row = k; row < column.size(); ++row)
        column[row] -= factor * pivot[row];
    }
  }
  return diagonal;
}

Column solve(const std::vector<Column>& columns, const std::vector<double>& diagonal, Column y) {
  for (std::size_t k = 0; k < columns.size(); ++k) {
    const Column& pivot = columns[k];
    double factor = 0;
    for (std::size_t row = k; row < y.size(); ++row)
      factor += y[row] * pivot[row];
    factor /= diagonal[k] * pivot[k];
    for (std::size_t row = k; row < y.size(); ++row)
      y[row] += factor * pivot[row];
  }
  Column x(columns.size());
  for (std::size_t k = columns.size(); k-- > 0;) {
    x[k] = y[k] /= diagonal[k];
    for (std::size_t above = 0; above < k; ++above)
      y[above] -= x[k] * columns[k][above];
  }
  return x;
}

double squares_about_mean(std::span<const double> y) {
  double mean = 0, squares = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double n = static_cast<double>(i + 1), deviation = y[i] - mean;
    mean += deviation / n;
    squares += (n - 1) * deviation * (deviation / n);
  }
  return squares;
}

}  // namespace

std::optional<double> explained_share(std::span<const double> y,
                                      std::span<const std::span<const double>> predictors) {
  if (predictors.empty() || predictors.size() + 1 > y.size())
    return std::nullopt;
  std::vector<Column> design{Column(y.size(), 1.0)};
  for (const auto& predictor : predictors)
    design.emplace_back(predictor.begin(), predictor.end());
  std::vector<Column> reflected = design;
  const std::vector<double> diagonal = reflect(reflected);
  for (const double entry : diagonal) {
    if (entry == 0)
      return std::nullopt;
  }
  const Column factors = solve(reflected, diagonal, Column(y.begin(), y.end()));
  double unexplained = 0;
  for (std::size_t row = 0; row < y.size(); ++row) {
    double fitted = 0;
    for (std::size_t k = 0; k < design.size(); ++k)
      fitted += design[k][row] * factors[k];
    unexplained += (y[row] - fitted) * (y[row] - fitted);
  }
  return 1 - unexplained / squares_about_mean(y);
}

}  // namespace gv
