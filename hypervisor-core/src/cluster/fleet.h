// SPDX-License-Identifier: MIT
//
// fleet.h - the machines of the published experiment: hosts and VM sizes.
//
// Two kinds of server, every other one each, and four sizes of VM, a quarter
// of the traces each. Numbers only; who runs where is the simulation's.
//
// Source: Beloglazov and Buyya 2012, "Experiment Setup".

#pragma once

#include "cluster/power_curve.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gv {

struct HostKind {
  double core_mips = 0;
  int cores = 2;
  double memory_mib = 4096;
  PowerCurve power;
  double capacity() const { return core_mips * cores; }
  double watts_per_mips() const { return power.full() / capacity(); }
};

struct VmKind {
  double mips = 0;
  double memory_mib = 0;
};

inline constexpr std::array<HostKind, 2> kHostKinds{
    {{1860, 2, 4096, kMl110G4}, {2660, 2, 4096, kMl110G5}}};
inline constexpr std::array<VmKind, 4> kVmKinds{
    {{2500, 870}, {2000, 1740}, {1000, 1740}, {500, 613}}};

constexpr std::uint8_t host_kind(std::size_t host) {
  return static_cast<std::uint8_t>(host % kHostKinds.size());
}

// Consecutive quarters of the fleet.
constexpr std::uint8_t vm_kind(std::size_t vm, std::size_t vms) {
  const std::size_t quarter = (vms + kVmKinds.size() - 1) / kVmKinds.size();
  return static_cast<std::uint8_t>(vm / quarter);
}

// A gigabit link, half of it for migrations: 62.5 MiB a second.
inline constexpr double kMigrationMibPerSecond = 1'000'000.0 / (2 * 8000);

// While a VM migrates it runs at 90 % at its source, and its destination holds 10 % for it.
inline constexpr double kMigrationShare = 0.1;

// CPU use is sampled for the newest 30 intervals.
inline constexpr std::size_t kHistorySamples = 30;

}  // namespace gv
