// SPDX-License-Identifier: MIT
//
// simulation.cpp - readings, migrations, and what an interval costs.

#include "cluster/simulation.h"

#include "cluster/classic_planner.h"

#include <algorithm>

namespace gv {

Simulation::Simulation(const TraceSet& traces, std::size_t hosts, bool memory_limits)
    : traces_(traces),
      memory_limits_(memory_limits),
      seen_vms_(traces.vms()),
      seen_hosts_(hosts),
      histories_(traces.vms() * kHistorySamples),
      residents_(hosts),
      leaving_(hosts),
      coming_(hosts) {
  for (std::size_t i = 0; i < hosts; ++i)
    seen_hosts_[i].kind = &kHostKinds[host_kind(i)];
  for (std::size_t i = 0; i < seen_vms_.size(); ++i) {
    const VmKind& kind = kVmKinds[vm_kind(i, seen_vms_.size())];
    seen_vms_[i].size_mips = kind.mips;
    seen_vms_[i].memory_mib = kind.memory_mib;
  }
}

Result<void> Simulation::create_vms() {
  const auto places = place_new(view());
  if (places.size() < seen_vms_.size())
    return Error{ErrorCode::InvalidInput, std::to_string(seen_hosts_.size()) + " hosts hold only " +
                                              std::to_string(places.size()) + " of " +
                                              std::to_string(seen_vms_.size()) +
                                              " VMs at their full size; give more with --hosts"};
  for (const PlannedMove& place : places) {
    seen_vms_[place.vm].host = static_cast<std::int32_t>(place.to);
    residents_[place.to].push_back(place.vm);
    seen_hosts_[place.to].on = true;
  }
  return {};
}

void Simulation::read(std::size_t step) {
  samples_ = std::min(samples_ + 1, kHistorySamples);
  for (std::size_t i = 0; i < seen_vms_.size(); ++i) {
    double* row = &histories_[i * kHistorySamples];
    std::shift_right(row, row + kHistorySamples, 1);
    row[0] = traces_.of(i)[step] / 100.0;
    seen_vms_[i].demand = row[0] * seen_vms_[i].size_mips;
    seen_vms_[i].history = {row, samples_};
  }
}

// A host's share of the interval from `from` on, for as long as nothing changes on it.
void Simulation::account(std::uint32_t index, double from, double seconds) {
  const HostKind& kind = *seen_hosts_[index].kind;
  const double core = kind.core_mips;
  double asked = 0, usable = 0, held = 0, moving = 0;
  bool on = false;
  const auto execute = [&](std::uint32_t vm) {
    asked += seen_vms_[vm].demand;
    usable += std::min(seen_vms_[vm].demand, core);
    on = true;
  };
  for (const std::uint32_t vm : residents_[index])
    execute(vm);
  for (const Flight& flight : leaving_[index]) {
    if (flight.seconds <= from)
      continue;
    execute(flight.vm);
    moving += std::min(seen_vms_[flight.vm].demand, core);
  }
  for (const Flight& flight : coming_[index]) {
    if (flight.seconds <= from) {
      execute(flight.vm);
    } else {
      held += std::min(seen_vms_[flight.vm].demand, core) * kMigrationShare;
      on = true;
    }
  }
  if (!on)
    return;
  const double scale = std::min(1.0, kind.capacity() / std::max(usable + held, 1e-9));
  const double use = std::min(1.0, (usable + held) / kind.capacity());
  const double lost = moving * scale * kMigrationShare;
  sums_.energy += kind.power.at(use) * seconds;
  sums_.on += seconds;
  sums_.used += use * seconds;
  sums_.saturated += usable + held > kind.capacity() ? seconds : 0;
  sums_.requested += asked * seconds;
  sums_.unserved += (asked - usable * scale + lost) * seconds;
  sums_.lost += lost * seconds;
}

void Simulation::pass(const std::vector<PlannedMove>& moves) {
  std::vector<Flight> flights;
  for (const PlannedMove& move : moves) {
    SeenVm& vm = seen_vms_[move.vm];
    const auto from = static_cast<std::uint32_t>(vm.host);
    if (from == move.to)
      continue;
    const Flight flight{move.vm, from, move.to, vm.memory_mib / kMigrationMibPerSecond};
    flights.push_back(flight);
    leaving_[from].push_back(flight);
    coming_[move.to].push_back(flight);
    auto& there = residents_[from];
    there.erase(std::find(there.begin(), there.end(), move.vm));
    vm.host = static_cast<std::int32_t>(move.to);
  }
  sums_.migrations += flights.size();
  for (std::uint32_t host = 0; host < residents_.size(); ++host) {
    std::vector<double> changes{0, kSampleSeconds};
    for (const auto* list : {&leaving_[host], &coming_[host]}) {
      for (const Flight& flight : *list)
        changes.push_back(std::min(flight.seconds, kSampleSeconds));
    }
    std::sort(changes.begin(), changes.end());
    for (std::size_t i = 0; i + 1 < changes.size(); ++i) {
      if (changes[i + 1] > changes[i])
        account(host, changes[i], changes[i + 1] - changes[i]);
    }
  }
  for (const Flight& flight : flights) {
    residents_[flight.to].push_back(flight.vm);
    leaving_[flight.from].clear();
    coming_[flight.to].clear();
  }
  for (std::uint32_t host = 0; host < residents_.size(); ++host) {
    const bool on = !residents_[host].empty();
    sums_.shutdowns += seen_hosts_[host].on && !on ? 1 : 0;
    seen_hosts_[host].on = on;
  }
}

}  // namespace gv
