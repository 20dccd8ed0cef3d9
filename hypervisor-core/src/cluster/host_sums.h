// SPDX-License-Identifier: MIT
//
// host_sums.h - a host as it would be while a plan is being made.
//
// Sums over its VMs, kept up as VMs come and go. Regression is linear in the
// samples, so a host's forecast is a sum too, and to look at one more VM costs
// the same however many there are; the spreads (IQR, MAD) have to be redone.
//
// Values; any thread.

#pragma once

#include "cluster/overload.h"
#include "cluster/view.h"

#include <array>

namespace gv {

// The view, with what the detector needs to know of each VM worked out once.
struct SeenSamples {
  SeenSamples(const ClusterView& seen, const OverloadDetector& detector);
  const ClusterView* view;
  OverloadDetector detector;
  bool linear = false;
  std::size_t samples = 0;
  std::vector<double> forecasts;  // MIPS, where the detector is linear
};

class HostSums {
 public:
  HostSums(const SeenSamples& seen, std::uint32_t host);

  void add(std::uint32_t vm);
  void remove(std::uint32_t vm);
  bool overloaded() const { return overloaded_with(nullptr, 0); }
  // Whether it cannot take this VM: no room, no memory, or overloaded then.
  bool refuses(std::uint32_t vm) const;

  const std::vector<std::uint32_t>& vms() const { return vms_; }
  const HostKind& kind() const { return *kind_; }
  double used() const { return used_; }  // MIPS that its VMs can use

 private:
  void change(std::uint32_t vm, double sign);
  bool overloaded_with(const SeenVm* vm, double forecast) const;

  const SeenSamples* seen_;
  const HostKind* kind_;
  std::vector<std::uint32_t> vms_;
  double demand_ = 0, used_ = 0, forecast_ = 0, memory_ = 0;
  std::vector<double> history_;  // MIPS, newest first, where the detector is not linear
};

}  // namespace gv
