// SPDX-License-Identifier: MIT
//
// power_curve.h - what a server draws at which CPU utilisation.
//
// SPECpower_ssj2008 publishes eleven readings per server, idle to full load in
// steps of a tenth; between two of them the curve is a straight line. The two
// servers here are the ones that the consolidation literature is measured on.
//
// Pure values; any thread.
// Source: SPECpower_ssj2008 results; Beloglazov and Buyya 2012, "Power Model".

#pragma once

#include <array>

namespace gv {

struct PowerCurve {
  std::array<double, 11> watts{};  // at 0, 10, ... 100 %

  // At a utilisation of 0 to 1; more counts as 1, less as 0.
  double at(double utilisation) const;
  double idle() const { return watts.front(); }
  double full() const { return watts.back(); }
};

// HP ProLiant ML110 G4 (Xeon 3040) and G5 (Xeon 3075).
inline constexpr PowerCurve kMl110G4{{86, 89.4, 92.6, 96, 99.5, 102, 106, 108, 112, 114, 117}};
inline constexpr PowerCurve kMl110G5{{93.7, 97, 101, 105, 110, 116, 121, 125, 129, 133, 135}};

}  // namespace gv
