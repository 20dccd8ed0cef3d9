// SPDX-License-Identifier: MIT
//
// simulation.h - a day of a cluster under the corrected semantics.
//
// Every five minutes the monitor reads what each VM asks for, a policy plans,
// and migrations begin; what a VM asks for holds until the next reading. Power,
// saturation and lost work are integrated exactly between the instants at which
// something changes. docs/consolidation.md has the model, and how CloudSim
// 3.0.3's differs.
//
// One thread.

#pragma once

#include "cluster/policy.h"
#include "cluster/traces.h"
#include "cluster/view.h"
#include "gv/cluster.h"

namespace gv {

// What a day comes to, kept up interval by interval.
struct DaySums {
  double energy = 0;                             // watt seconds
  double requested = 0, unserved = 0, lost = 0;  // MIPS seconds
  double on = 0, saturated = 0, used = 0;        // host seconds; the last weighted with use
  std::uint64_t migrations = 0, shutdowns = 0;
};

class Simulation {
 public:
  Simulation(const TraceSet& traces, std::size_t hosts, bool memory_limits);

  // Error: the fleet does not hold the VMs at their full size.
  Result<void> create_vms();
  // Reads the demand of this step and what a policy sees of it.
  void read(std::size_t step);
  ClusterView view() const { return {seen_hosts_, seen_vms_, memory_limits_}; }
  // Begins these migrations and lets the interval pass.
  void pass(const std::vector<PlannedMove>& moves);
  const DaySums& sums() const { return sums_; }

 private:
  struct Flight {
    std::uint32_t vm, from, to;
    double seconds;
  };
  void account(std::uint32_t host, double from, double seconds);

  const TraceSet& traces_;
  bool memory_limits_;
  std::vector<SeenVm> seen_vms_;
  std::vector<SeenHost> seen_hosts_;
  std::vector<double> histories_;  // newest first, a row a VM
  std::size_t samples_ = 0;
  std::vector<std::vector<std::uint32_t>> residents_;  // by host
  std::vector<std::vector<Flight>> leaving_, coming_;  // by host, while an interval passes
  DaySums sums_;
};

}  // namespace gv
