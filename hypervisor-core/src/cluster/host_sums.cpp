// SPDX-License-Identifier: MIT
//
// host_sums.cpp - sums, and the detector's answer on them.

#include "cluster/host_sums.h"

#include <algorithm>

namespace gv {
namespace {

// Every memory size moves within one sampling interval.
constexpr double kMigrationIntervals = 1;

}  // namespace

SeenSamples::SeenSamples(const ClusterView& seen, const OverloadDetector& rule)
    : view(&seen), detector(rule) {
  linear =
      rule.rule == OverloadRule::LocalRegression || rule.rule == OverloadRule::OrdinaryRegression;
  samples = kHistorySamples;
  for (const SeenVm& vm : seen.vms)
    samples = std::min(samples, vm.history.size());
  if (!linear || samples < kRegressionSamples)
    return;
  for (const SeenVm& vm : seen.vms)
    forecasts.push_back(vm.size_mips * forecast(rule.rule, vm.history, kMigrationIntervals));
}

HostSums::HostSums(const SeenSamples& seen, std::uint32_t host)
    : seen_(&seen), kind_(seen.view->hosts[host].kind) {}

void HostSums::change(std::uint32_t index, double sign) {
  const SeenVm& vm = seen_->view->vms[index];
  demand_ += sign * vm.demand;
  used_ += sign * std::min(vm.demand, kind_->core_mips);
  memory_ += sign * vm.memory_mib;
  if (!seen_->forecasts.empty())
    forecast_ += sign * seen_->forecasts[index];
  if (seen_->linear || seen_->detector.rule == OverloadRule::Threshold)
    return;
  history_.resize(seen_->samples);
  for (std::size_t i = 0; i < seen_->samples; ++i)
    history_[i] += sign * vm.size_mips * vm.history[i];
}

void HostSums::add(std::uint32_t vm) {
  change(vm, 1);
  vms_.push_back(vm);
}

void HostSums::remove(std::uint32_t vm) {
  change(vm, -1);
  vms_.erase(std::find(vms_.begin(), vms_.end(), vm));
}

bool HostSums::overloaded_with(const SeenVm* vm, double forecast) const {
  const double demand = (demand_ + (vm ? vm->demand : 0)) / kind_->capacity();
  if (!seen_->forecasts.empty())
    return (forecast_ + forecast) / kind_->capacity() * seen_->detector.parameter >= 1;
  std::array<double, kHistorySamples> shares{};
  for (std::size_t i = 0; i < history_.size(); ++i)
    shares[i] = (history_[i] + (vm ? vm->size_mips * vm->history[i] : 0)) / kind_->capacity();
  return is_overloaded(seen_->detector,
                       {demand, std::span(shares).first(history_.size()), kMigrationIntervals});
}

bool HostSums::refuses(std::uint32_t index) const {
  const SeenVm& vm = seen_->view->vms[index];
  if (vm.demand > kind_->core_mips || used_ + vm.demand > kind_->capacity())
    return true;
  if (seen_->view->memory_limits && memory_ + vm.memory_mib > kind_->memory_mib)
    return true;
  return overloaded_with(&vm, seen_->forecasts.empty() ? 0 : seen_->forecasts[index]);
}

}  // namespace gv
