// SPDX-License-Identifier: MIT
//
// centre.h - a data centre as CloudSim 3.0.3 computes it, to the last digit.
//
// Published consolidation results come from this simulator, quirks included,
// so they can be compared with only by computing the same thing. All quirks
// are in this folder; policies (detectors, selection, power) are shared with
// the corrected semantics and know nothing of it. docs/consolidation.md lists
// the quirks. Deliberately not a CloudSim: no brokers, cloudlets or events, only
// the states that reach a result.
//
// One thread.
// Source: the behaviour of CloudSim 3.0.3's power package on PlanetLab traces.

#pragma once

#include "cluster/cloudsim/vm_table.h"
#include "cluster/fleet.h"
#include "cluster/traces.h"

#include <array>
#include <vector>

namespace gv::cloudsim {

struct VmState {
  double mips = 0, memory_mib = 0;
  double time = 0;         // of the last update
  double utilisation = 0;  // then, of its own size
  double requested = 0;    // then, in MIPS
  bool migrating = false;
  int host = -1;                                  // executes it; -1: destroyed
  std::array<double, kHistorySamples> history{};  // newest first
  std::size_t samples = 0;
  double history_time = 0;
  std::uint32_t hash = 0;  // of its name
  std::span<const double> past() const { return {history.data(), samples}; }
};

struct HostState {
  const HostKind* kind = nullptr;
  std::vector<int> vms;           // in the order they came; those on their way included
  std::vector<int> coming;        // of those, the ones still executed elsewhere
  std::vector<double> allocated;  // MIPS, beside `vms`
  double available = 0;           // MIPS not asked for
  double used = 0, used_before = 0;
  std::size_t buckets = kFewestBuckets;
  double utilisation() const;
  double utilisation_before() const;
};

struct Move {
  int vm = 0;
  int to = 0;
};

// Metrics as CloudSim's examples print them, from each state that lasted.
class Ledger {
 public:
  Ledger(std::size_t hosts, std::size_t vms) : hosts_(hosts), vms_(vms) {}
  void host_state(std::size_t host, double time, double allocated, double requested,
                  double capacity);
  void vm_state(std::size_t vm, double time, double allocated, double requested, bool migrating);
  void finish();

  double energy = 0;  // watt seconds
  std::uint64_t migrations = 0, shutdowns = 0;
  double slatah() const { return share(violated_, active_); }
  double pdm() const { return share(lost_migrating_, requested_); }
  double unserved() const { return share(requested_ - allocated_, requested_); }
  double active_seconds() const { return active_; }               // of all hosts together
  double utilisation() const { return share(used_, capacity_); }  // of the active ones

 private:
  struct HostEntry {
    double time = -1, allocated = 0, requested = 0, capacity = 0;
    bool active = true, before = true;
  };
  struct VmEntry {
    double time = -1, allocated = 0, requested = 0;
    bool migrating = false;
    double sum_allocated = 0, sum_requested = 0, sum_lost = 0;
  };
  static double share(double part, double whole) { return whole > 0 ? part / whole : 0; }
  void close(VmEntry& entry, double until);
  std::vector<HostEntry> hosts_;
  std::vector<VmEntry> vms_;
  double violated_ = 0, active_ = 0, lost_migrating_ = 0, requested_ = 0, allocated_ = 0, used_ = 0,
         capacity_ = 0;
};

// The host's VMs, as positions in `vms`, in the order in which they are added up.
std::vector<std::size_t> summing_order(std::span<const int> vms, const std::vector<VmState>& states,
                                       std::size_t buckets);

class Centre {
 public:
  Centre(const TraceSet& traces, std::size_t hosts);

  // Puts the VMs where they are at time 0.
  void create(const std::vector<Move>& places);
  // One processing of the whole centre: demands, allocation, energy, and VMs that are idle go.
  void update(double now);
  // Starts migrations at `now`; finish() ends those begun by `begin` that take as long as `memory`.
  void begin(const std::vector<Move>& moves, double now);
  void finish(const std::vector<Move>& moves, double now);

  const std::vector<HostState>& hosts() const { return hosts_; }
  const std::vector<VmState>& vms() const { return vms_; }
  Ledger& ledger() { return ledger_; }
  double demand_at(int vm, double time) const;  // of its own size

 private:
  void refresh(HostState& host, double now);
  void refresh_vm(int vm, double now);
  void allocate(HostState& host);
  void share_out(HostState& host, std::size_t count);

  const TraceSet& traces_;
  std::vector<HostState> hosts_;
  std::vector<VmState> vms_;
  Ledger ledger_;
  double last_ = 0;
};

}  // namespace gv::cloudsim
