// SPDX-License-Identifier: MIT
//
// cluster_run.cpp - a request becomes traces, a policy and a day under one of the semantics.

#include "cluster/classic_planner.h"
#include "cluster/cloudsim/day.h"
#include "cluster/headroom_planner.h"
#include "cluster/simulation.h"
#include "gv/cluster.h"

#include <algorithm>

namespace gv {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
constexpr std::uint64_t kMostHosts = 1'000'000, kMostVms = 2'000'000;

Error bad(const std::string& what) { return {ErrorCode::InvalidInput, what}; }

Result<TraceSet> traces_of(const ClusterRun& run) {
  if (run.traces.empty() == (run.generate == 0))
    return bad("a cluster needs traces: give either --traces DIR or --generate N");
  if (run.hosts == 0 || run.hosts > kMostHosts)
    return bad("a cluster of " + std::to_string(run.hosts) +
               " hosts cannot be simulated; give --hosts from 1 to " + std::to_string(kMostHosts));
  if (run.generate > kMostVms)
    return bad(std::to_string(run.generate) + " VMs cannot be simulated; give --generate up to " +
               std::to_string(kMostVms));
  if (run.traces.empty())
    return generate_traces(run.workload, run.generate, run.seed);
  return read_traces(run.traces);
}

// Nothing that serves this demand can use less, since no host does more for a watt.
double lower_bound_joules(const TraceSet& traces, std::uint64_t hosts) {
  double mips = 0, best = kHostKinds[host_kind(0)].watts_per_mips();
  for (std::size_t vm = 0; vm < traces.vms(); ++vm) {
    const double size = kVmKinds[vm_kind(vm, traces.vms())].mips;
    for (const std::uint8_t percent : traces.of(vm))
      mips += percent / 100.0 * size;
  }
  for (std::uint64_t host = 1; host < std::min<std::uint64_t>(hosts, kHostKinds.size()); ++host)
    best = std::min(best, kHostKinds[host_kind(host)].watts_per_mips());
  return mips * kSampleSeconds * best;
}

void run_cloudsim(const TraceSet& traces, const ClusterRun& run, const Policy& policy,
                  ClusterOutcome& outcome) {
  cloudsim::Centre centre(traces, run.hosts);
  Random random(run.seed);
  cloudsim::run_day(centre, policy, random, traces.steps(), [&](std::size_t step) {
    if (run.progress)
      run.progress(step, traces.steps());
  });
  const cloudsim::Ledger& ledger = centre.ledger();
  outcome.energy_kwh = ledger.energy / kJoulesPerKwh;
  outcome.migrations = ledger.migrations;
  outcome.host_shutdowns = ledger.shutdowns;
  outcome.slatah_percent = ledger.slatah() * 100;
  outcome.pdm_percent = ledger.pdm() * 100;
  outcome.unserved_percent = ledger.unserved() * 100;
  outcome.mean_active_hosts =
      ledger.active_seconds() / (static_cast<double>(traces.steps()) * kSampleSeconds);
  outcome.mean_utilisation_percent = ledger.utilisation() * 100;
}

std::vector<PlannedMove> plan(const ClusterView& view, const Policy& policy, Random& random) {
  switch (policy.kind) {
    case PolicyKind::Static:
      return {};
    case PolicyKind::Classic:
      return plan_classic(view, policy, random);
    case PolicyKind::Headroom:
      return plan_headroom(view);
  }
  return {};
}

Result<void> run_corrected(const TraceSet& traces, const ClusterRun& run, const Policy& policy,
                           ClusterOutcome& outcome) {
  Simulation day(traces, run.hosts, run.memory_limits);
  GV_TRY(day.create_vms());
  Random random(run.seed);
  for (std::size_t step = 0; step < traces.steps(); ++step) {
    day.read(step);
    // The VMs have just been placed by their sizes; the first reading is for the next step.
    day.pass(step == 0 ? std::vector<PlannedMove>{} : plan(day.view(), policy, random));
    if (run.progress)
      run.progress(step + 1, traces.steps());
  }
  const DaySums& sums = day.sums();
  const double requested = std::max(sums.requested, 1e-9);
  outcome.energy_kwh = sums.energy / kJoulesPerKwh;
  outcome.migrations = sums.migrations;
  outcome.host_shutdowns = sums.shutdowns;
  outcome.slatah_percent = sums.saturated / sums.on * 100;
  outcome.pdm_percent = sums.lost / requested * 100;
  outcome.unserved_percent = sums.unserved / requested * 100;
  outcome.mean_active_hosts = sums.on / (static_cast<double>(traces.steps()) * kSampleSeconds);
  outcome.mean_utilisation_percent = sums.used / sums.on * 100;
  return {};
}

}  // namespace

Result<ClusterOutcome> simulate_cluster(const ClusterRun& run) {
  const auto policy = policy_from_name(run.policy);
  if (!policy)
    return policy.error();
  const auto traces = traces_of(run);
  if (!traces)
    return traces.error();
  ClusterOutcome outcome;
  outcome.policy = run.policy;
  outcome.hosts = run.hosts;
  outcome.vms = traces->vms();
  outcome.steps = traces->steps();
  outcome.lower_bound_kwh = lower_bound_joules(*traces, run.hosts) / kJoulesPerKwh;
  if (run.semantics == ClusterSemantics::Corrected)
    GV_TRY(run_corrected(*traces, run, *policy, outcome));
  else if (run.memory_limits)
    return bad("memory limits are not in CloudSim 3.0.3's semantics; leave one of the two out");
  else
    run_cloudsim(*traces, run, *policy, outcome);
  outcome.slav_percent = outcome.slatah_percent * outcome.pdm_percent / 100;
  return outcome;
}

Result<ClusterSemantics> cluster_semantics_from_name(const std::string& name) {
  if (name == "corrected")
    return ClusterSemantics::Corrected;
  if (name == "cloudsim-3.0.3")
    return ClusterSemantics::CloudSim303;
  return bad("semantics " + name + ": are unknown; take corrected or cloudsim-3.0.3");
}

Result<Workload> workload_from_name(const std::string& name) {
  if (name == "planetlab")
    return Workload::Planetlab;
  if (name == "diurnal")
    return Workload::Diurnal;
  if (name == "bursty")
    return Workload::Bursty;
  if (name == "steady")
    return Workload::Steady;
  return bad("workload " + name + ": is unknown; take planetlab, diurnal, bursty or steady");
}

}  // namespace gv
