// SPDX-License-Identifier: MIT
//
// centre.cpp - who gets how many MIPS, and when that is looked at.

#include "cluster/cloudsim/centre.h"

#include <algorithm>
#include <cmath>

namespace gv::cloudsim {
namespace {

template <class T>
bool contains(const std::vector<T>& list, const T& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

template <class T>
void remove_first(std::vector<T>& list, const T& value) {
  const auto found = std::find(list.begin(), list.end(), value);
  if (found != list.end())
    list.erase(found);
}

// A hair over full counts as full, so that the power curve is not left.
double clamped(double utilisation) {
  return utilisation > 1 && utilisation < 1.01 ? 1 : utilisation;
}

}  // namespace

std::vector<std::size_t> summing_order(std::span<const int> vms, const std::vector<VmState>& states,
                                       std::size_t buckets) {
  std::vector<std::uint32_t> hashes;
  hashes.reserve(vms.size());
  for (const int vm : vms)
    hashes.push_back(states[static_cast<std::size_t>(vm)].hash);
  return table_order(hashes, buckets);
}

double HostState::utilisation() const { return clamped(used / kind->capacity()); }
double HostState::utilisation_before() const { return clamped(used_before / kind->capacity()); }

Centre::Centre(const TraceSet& traces, std::size_t hosts)
    : traces_(traces), hosts_(hosts), vms_(traces.vms()), ledger_(hosts, traces.vms()) {
  for (std::size_t i = 0; i < hosts; ++i) {
    hosts_[i].kind = &kHostKinds[host_kind(i)];
    hosts_[i].available = hosts_[i].kind->capacity();
  }
  for (std::size_t i = 0; i < vms_.size(); ++i) {
    const VmKind& kind = kVmKinds[vm_kind(i, vms_.size())];
    vms_[i].mips = kind.mips;
    vms_[i].memory_mib = kind.memory_mib;
    vms_[i].utilisation = 1;
    vms_[i].requested = kind.mips;
    vms_[i].hash = table_hash(static_cast<int>(i));
  }
}

// Samples are instants five minutes apart, and the demand between two is on the line between them.
double Centre::demand_at(int vm, double time) const {
  const auto trace = traces_.of(static_cast<std::size_t>(vm));
  const auto sample = [&](std::size_t index) {
    return trace[std::min(index, trace.size() - 1)] / 100.0;  // the last one holds
  };
  if (std::fmod(time, kSampleSeconds) == 0)
    return sample(static_cast<std::size_t>(time / kSampleSeconds));
  const double before = std::floor(time / kSampleSeconds), after = std::ceil(time / kSampleSeconds);
  const double from = sample(static_cast<std::size_t>(before));
  const double to = sample(static_cast<std::size_t>(after));
  const double slope = (to - from) / ((after - before) * kSampleSeconds);
  return from + slope * (time - before * kSampleSeconds);
}

void Centre::refresh_vm(int index, double now) {
  VmState& vm = vms_[static_cast<std::size_t>(index)];
  if (vm.time != now) {
    vm.time = now;
    vm.utilisation = demand_at(index, now);
    vm.requested = vm.utilisation * vm.mips;
  }
  // Quirk: a sample is taken only where binary arithmetic hits the instant exactly.
  if (now > vm.history_time && std::fmod(now - 0.1, kSampleSeconds) == 0) {
    std::shift_right(vm.history.begin(), vm.history.end(), 1);
    vm.history[0] = vm.utilisation;
    vm.samples = std::min(vm.samples + 1, kHistorySamples);
    vm.history_time = now;
  }
}

// Too little for all: everybody's share is scaled down and, a quirk, cut to whole MIPS.
void Centre::share_out(HostState& host, std::size_t count) {
  double asked = 0;
  for (const std::size_t i : summing_order({host.vms.data(), count}, vms_, host.buckets)) {
    const double mips =
        std::min(vms_[static_cast<std::size_t>(host.vms[i])].requested, host.kind->core_mips);
    asked += contains(host.coming, host.vms[i]) ? mips * kMigrationShare : mips;
  }
  const double scale = host.kind->capacity() / asked;
  for (std::size_t i = 0; i < count; ++i) {
    const VmState& vm = vms_[static_cast<std::size_t>(host.vms[i])];
    double mips = std::min(vm.requested, host.kind->core_mips);
    if (contains(host.coming, host.vms[i])) {
      mips *= kMigrationShare;
      mips *= scale;
    } else {
      mips *= scale;
      if (vm.migrating)
        mips *= 0.9;
    }
    host.allocated[i] = std::floor(mips);
  }
}

void Centre::allocate(HostState& host) {
  host.available = host.kind->capacity();
  host.allocated.assign(host.vms.size(), 0);
  host.buckets = grown(host.buckets, host.vms.size());
  std::size_t scaled = 0;
  for (std::size_t i = 0; i < host.vms.size(); ++i) {
    const int index = host.vms[i];
    const VmState& vm = vms_[static_cast<std::size_t>(index)];
    const bool coming = contains(host.coming, index);
    const double mips = std::min(vm.requested, host.kind->core_mips);
    const double held = coming ? mips * kMigrationShare : mips;
    if (host.available >= held) {
      host.allocated[i] = vm.migrating && !coming ? mips * 0.9 : held;
      host.available -= held;
    } else {
      host.available = 0;
      scaled = i + 1;
    }
  }
  if (scaled > 0)
    share_out(host, scaled);
}

void Centre::refresh(HostState& host, double now) {
  for (const int vm : host.vms)
    refresh_vm(vm, now);
  host.used_before = host.used;
  allocate(host);
  double used = 0, requested = 0;
  for (std::size_t i = 0; i < host.vms.size(); ++i) {
    const VmState& vm = vms_[static_cast<std::size_t>(host.vms[i])];
    double allocated = host.allocated[i];
    if (!contains(host.coming, host.vms[i])) {
      ledger_.vm_state(static_cast<std::size_t>(host.vms[i]), now, allocated, vm.requested,
                       vm.migrating);
      if (vm.migrating)
        allocated /= 0.9;
    }
    used += allocated;
    // Quirk: a VM on its way is counted in full, so its destination seems to deny it 90 %.
    requested += vm.requested;
  }
  host.used = used;
  ledger_.host_state(static_cast<std::size_t>(&host - hosts_.data()), now, used, requested,
                     host.kind->capacity());
}

void Centre::create(const std::vector<Move>& places) {
  for (const Move& place : places) {
    vms_[static_cast<std::size_t>(place.vm)].host = place.to;
    hosts_[static_cast<std::size_t>(place.to)].vms.push_back(place.vm);
  }
}

void Centre::update(double now) {
  const double seconds = now - last_;
  for (HostState& host : hosts_)
    refresh(host, now);
  double energy = 0;
  for (const HostState& host : hosts_) {
    if (seconds <= 0 || host.utilisation_before() == 0)
      continue;  // quirk: a host that was idle draws nothing until it is looked at again
    const double from = host.kind->power.at(host.utilisation_before());
    const double to = host.kind->power.at(host.utilisation());
    energy += (from + (to - from) / 2) * seconds;
  }
  ledger_.energy += energy;
  // Quirk: a VM that asks for nothing at this instant is taken to be done, and is destroyed.
  for (HostState& host : hosts_) {
    for (std::size_t i = host.vms.size(); i-- > 0;) {
      VmState& vm = vms_[static_cast<std::size_t>(host.vms[i])];
      if (vm.migrating || vm.requested != 0)
        continue;
      vm.host = -1;
      host.vms.erase(host.vms.begin() + static_cast<std::ptrdiff_t>(i));
      host.allocated.erase(host.allocated.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  last_ = now;
}

void Centre::begin(const std::vector<Move>& moves, double now) {
  for (const Move& move : moves) {
    ++ledger_.migrations;
    VmState& vm = vms_[static_cast<std::size_t>(move.vm)];
    HostState& target = hosts_[static_cast<std::size_t>(move.to)];
    vm.migrating = true;
    target.coming.push_back(move.vm);
    target.vms.push_back(move.vm);
    refresh(target, now);
    refresh(hosts_[static_cast<std::size_t>(vm.host)], now);
  }
}

void Centre::finish(const std::vector<Move>& moves, double now) {
  if (now > last_)
    update(now);
  for (const Move& move : moves) {
    VmState& vm = vms_[static_cast<std::size_t>(move.vm)];
    HostState& target = hosts_[static_cast<std::size_t>(move.to)];
    if (vm.host >= 0)
      remove_first(hosts_[static_cast<std::size_t>(vm.host)].vms, move.vm);
    remove_first(target.coming, move.vm);
    remove_first(target.vms, move.vm);
    vm.migrating = false;
    target.vms.push_back(move.vm);
    vm.host = move.to;
  }
  update(now);
}

}  // namespace gv::cloudsim
