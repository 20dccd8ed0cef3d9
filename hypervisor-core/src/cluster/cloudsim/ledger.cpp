// SPDX-License-Identifier: MIT
//
// ledger.cpp - sums over states, each weighted with the time it lasted.

#include "cluster/cloudsim/centre.h"

namespace gv::cloudsim {

// A second state at one instant replaces the first: only what lasted counts.
void Ledger::host_state(std::size_t host, double time, double allocated, double requested,
                        double capacity) {
  HostEntry& entry = hosts_[host];
  if (entry.time != time) {
    if (entry.time >= 0) {
      if (entry.active) {
        active_ += time - entry.time;
        used_ += entry.allocated * (time - entry.time);
        capacity_ += entry.capacity * (time - entry.time);
        if (entry.allocated < entry.requested)
          violated_ += time - entry.time;
      }
      shutdowns += entry.before && !entry.active ? 1 : 0;
      entry.before = entry.active;
    }
    entry.time = time;
  }
  entry.allocated = allocated;
  entry.requested = requested;
  entry.capacity = capacity;
  entry.active = allocated > 0;
}

void Ledger::close(VmEntry& entry, double until) {
  const double seconds = until - entry.time;
  entry.sum_allocated += entry.allocated * seconds;
  entry.sum_requested += entry.requested * seconds;
  if (entry.allocated < entry.requested && entry.migrating)
    entry.sum_lost += (entry.requested - entry.allocated) * seconds;
}

void Ledger::vm_state(std::size_t vm, double time, double allocated, double requested,
                      bool migrating) {
  VmEntry& entry = vms_[vm];
  if (entry.time != time && entry.time >= 0)
    close(entry, time);
  entry.time = time;
  entry.allocated = allocated;
  entry.requested = requested;
  entry.migrating = migrating;
}

// Quirk: every host starts as active, so one that is never used has been shut down once.
void Ledger::finish() {
  for (const HostEntry& entry : hosts_)
    shutdowns += entry.time >= 0 && entry.before && !entry.active ? 1 : 0;
  for (const VmEntry& entry : vms_) {
    allocated_ += entry.sum_allocated;
    requested_ += entry.sum_requested;
    lost_migrating_ += entry.sum_lost;
  }
}

}  // namespace gv::cloudsim
