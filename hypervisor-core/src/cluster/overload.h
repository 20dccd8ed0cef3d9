// SPDX-License-Identifier: MIT
//
// overload.h - is this host overloaded, or about to be?
//
// Five published answers over one view of a host, so that a real monitor and
// the simulator ask the same function. THR compares with a fixed threshold;
// IQR and MAD lower the threshold as the load grows more erratic; LR and LRR
// extrapolate a line through the newest samples.
//
// Pure functions; any thread.
// Source: Beloglazov and Buyya 2012, "Host Overloading Detection".

#pragma once

#include <cstdint>
#include <span>

namespace gv {

enum class OverloadRule : std::uint8_t {
  Threshold,              // THR
  InterQuartileRange,     // IQR
  MedianDeviation,        // MAD
  LocalRegression,        // LR
  RobustLocalRegression,  // LRR
  OrdinaryRegression,     // what CloudSim 3.0.3 runs under the names LR and LRR: no weights
};

struct OverloadDetector {
  OverloadRule rule = OverloadRule::Threshold;
  double parameter = 0.8;  // THR: the threshold; IQR, MAD: safety; LR, LRR: factor on the forecast
};

// What a monitor sees of one host; fractions of its capacity.
struct HostLoad {
  double demand = 0;                // what its VMs ask for now
  std::span<const double> history;  // what they used, newest first
  // Sampling intervals that the longest migration off this host takes, rounded up.
  double migration_intervals = 1;
};

// Too short a history is judged by THR 0.7, as published.
bool is_overloaded(const OverloadDetector& detector, const HostLoad& host);

// The regression's forecast of the load when a migration begun now is over.
// Linear in `y` for LR, so a host's forecast is the sum of its VMs' forecasts.
double forecast(OverloadRule rule, std::span<const double> history, double migration_intervals);

// Samples that IQR and MAD, and that LR and LRR, need.
inline constexpr std::size_t kSpreadSamples = 12;
inline constexpr std::size_t kRegressionSamples = 10;

}  // namespace gv
