// SPDX-License-Identifier: MIT
//
// placement.h - which of the hosts that have room takes a VM.
//
// First-fit takes the first, best-fit the one left with least room, power-aware
// best-fit the one whose power rises least. Each is "decreasing" in that the
// planner hands it the VMs from the busiest down.
//
// Pure functions; any thread.
// Source: Beloglazov and Buyya 2012, "VM Placement".

#pragma once

#include "cluster/power_curve.h"

#include <cstdint>

namespace gv {

enum class PlacementRule : std::uint8_t { FirstFit, BestFit, PowerAwareBestFit };

// A host that could take the VM; MIPS.
struct HostRoom {
  const PowerCurve* power = nullptr;
  double capacity = 0;
  double used = 0;   // before the VM comes
  double watts = 0;  // drawn before the VM comes
};

// How much this host is to be avoided for a VM that asks for `demand`; the first least wins.
inline double aversion(PlacementRule rule, const HostRoom& host, double demand) {
  switch (rule) {
    case PlacementRule::FirstFit:
      return 0;
    case PlacementRule::BestFit:
      return host.capacity - host.used - demand;
    case PlacementRule::PowerAwareBestFit:
      break;
  }
  return host.power->at((host.used + demand) / host.capacity) - host.watts;
}

}  // namespace gv
