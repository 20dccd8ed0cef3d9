// SPDX-License-Identifier: MIT
//
// power_curve.cpp - straight lines between SPECpower's readings.

#include "cluster/power_curve.h"

#include <cmath>

namespace gv {

// The order of the operations is part of the contract: two hosts whose power
// differs in the last bit are no tie, and published results depend on ties.
double PowerCurve::at(double utilisation) const {
  if (utilisation >= 1)
    return full();
  // What was added and taken away again leaves a rounding error, on either side of zero.
  if (utilisation <= 0)
    return watts[0];
  if (std::fmod(utilisation, 0.1) == 0)
    return watts[static_cast<std::size_t>(utilisation * 10)];
  const auto below = static_cast<std::size_t>(std::floor(utilisation * 10));
  const auto above = static_cast<std::size_t>(std::ceil(utilisation * 10));
  const double rise = (watts[above] - watts[below]) / 10;
  return watts[below] + rise * (utilisation - static_cast<double>(below) / 10) * 100;
}

}  // namespace gv
