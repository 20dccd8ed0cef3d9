// SPDX-License-Identifier: MIT
//
// statistics.h - the few estimates that overload detection and VM selection rest on.
//
// Robust spreads (inter-quartile range, median absolute deviation), a line
// through recent samples, and how well some series explain another. Not a
// statistics library: only what a policy here asks for.
//
// Pure functions; any thread.
// Source: Beloglazov and Buyya 2012, "Host Overloading Detection" and "VM
// Selection"; Cleveland 1979 for the weights of local regression.

#pragma once

#include <optional>
#include <span>
#include <vector>

namespace gv {

double median(std::span<const double> samples);
double median_absolute_deviation(std::span<const double> samples);
// Needs at least two samples.
double inter_quartile_range(std::span<const double> samples);

struct Line {
  double intercept = 0;
  double slope = 0;
  double at(double x) const { return intercept + slope * x; }
};

// Least squares through (1, y[0]), (2, y[1]), ...; weights, if any, one a sample.
Line fit_line(std::span<const double> y, std::span<const double> weights = {});

// Weights of local regression at the newest (last) of n samples: tricube of the distance.
std::vector<double> tricube_weights(std::size_t n);
// The same, less for samples far from the line: Cleveland's bisquare of the residuals.
std::vector<double> robust_weights(std::span<const double> y, const Line& line);

// R^2 of explaining `y` by `predictors` (as many samples each) and a constant.
// None if there are fewer samples than unknowns, or a predictor says nothing new.
std::optional<double> explained_share(std::span<const double> y,
                                      std::span<const std::span<const double>> predictors);

}  // namespace gv
