// SPDX-License-Identifier: MIT
//
// headroom.cpp - variances and what they cost.

#include "cluster/headroom.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gv {
namespace {

// Before anything is known, a VM is expected to stray by a tenth of its size.
constexpr double kUnknownVariance = 0.01;
// The cluster's mean weighs as much as this many samples of the VM's own.
constexpr double kPriorSamples = 5;

double squared_steps(std::span<const double> history) {
  double sum = 0;
  for (std::size_t i = 1; i < history.size(); ++i)
    sum += (history[i - 1] - history[i]) * (history[i - 1] - history[i]);
  return sum;
}

double steps_of(const SeenVm& vm) {
  return vm.history.empty() ? 0 : static_cast<double>(vm.history.size() - 1);
}

}  // namespace

double headroom(double variance, double capacity) {
  if (variance <= 0)
    return 0;
  const double sigma = std::sqrt(variance) / capacity;
  const double worth = kSaturationTrade / (sigma * std::sqrt(2 * std::numbers::pi));
  const double deviations = worth > 1 ? std::sqrt(2 * std::log(worth)) : 0;
  return std::max(deviations, kFewestDeviations) * sigma * capacity;
}

std::vector<double> restlessness(const ClusterView& view) {
  double all = 0, steps = 0;
  std::vector<double> variances;
  variances.reserve(view.vms.size());
  for (const SeenVm& vm : view.vms) {
    variances.push_back(squared_steps(vm.history));
    all += variances.back();
    steps += steps_of(vm);
  }
  const double prior = steps > 0 ? all / steps : kUnknownVariance;
  for (std::size_t i = 0; i < variances.size(); ++i) {
    const SeenVm& vm = view.vms[i];
    variances[i] = (variances[i] + kPriorSamples * prior) / (steps_of(vm) + kPriorSamples) *
                   vm.size_mips * vm.size_mips;
  }
  return variances;
}

}  // namespace gv
