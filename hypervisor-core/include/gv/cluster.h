// SPDX-License-Identifier: MIT
//
// cluster.h - a day of a data centre under a consolidation policy.
//
// Trace-driven: no guest code runs here. What moves virtual machines is the
// policy code in hypervisor-core/src/cluster/, which sees what a monitor sees
// and nothing else. docs/consolidation.md says what the numbers mean and how
// the two semantics differ.
//
// One call, one thread; calls share nothing.

#pragma once

#include "gv/result.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gv {

enum class ClusterSemantics : std::uint8_t {
  Corrected,    // the published model
  CloudSim303,  // what CloudSim 3.0.3 computes, quirk by quirk
};

// Kinds of generated traces.
enum class Workload : std::uint8_t {
  Planetlab,  // many nearly idle machines, bursts, a few busy ones
  Diurnal,    // a shared day and night
  Bursty,     // long silence, sudden full load
  Steady,     // little changes: what is gained is gained at the start
};

struct ClusterRun {
  std::string traces;          // a folder or .tar.xz of trace files; empty: generate
  std::uint64_t generate = 0;  // this many VMs
  Workload workload = Workload::Planetlab;
  std::uint64_t hosts = 800;
  std::string policy = "ours";
  ClusterSemantics semantics = ClusterSemantics::Corrected;
  std::uint64_t seed = 1;      // of generated traces and of random selection
  bool memory_limits = false;  // a host's memory bounds what it takes; the literature leaves it out
  // Called after each step, if set.
  std::function<void(std::uint64_t step, std::uint64_t steps)> progress;
};

struct ClusterOutcome {
  std::string policy;
  std::uint64_t hosts = 0, vms = 0, steps = 0;
  double energy_kwh = 0;
  double lower_bound_kwh = 0;  // all demand at the best watts per MIPS that any host offers
  std::uint64_t migrations = 0;
  std::uint64_t host_shutdowns = 0;
  double slatah_percent = 0;    // time hosts were saturated while they were on
  double pdm_percent = 0;       // work lost to migrations
  double slav_percent = 0;      // the product of the two
  double unserved_percent = 0;  // demand that got no CPU, whatever the reason
  double mean_active_hosts = 0;
  double mean_utilisation_percent = 0;  // of the hosts that were on
};

Result<ClusterOutcome> simulate_cluster(const ClusterRun& run);

// One line for each policy name that simulate_cluster takes.
std::vector<std::string> cluster_policy_names();

Result<ClusterSemantics> cluster_semantics_from_name(const std::string& name);
Result<Workload> workload_from_name(const std::string& name);

}  // namespace gv
