// SPDX-License-Identifier: MIT
//
// view.h - what a monitor sees of a cluster at one instant, and a plan of moves.
//
// Policies are functions from a view to a plan and keep nothing in between, so
// that the simulator's hosts and real domains can be driven by the same code.
// Nothing in it is knowledge of the future.
//
// Values; any thread.

#pragma once

#include "cluster/fleet.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gv {

inline constexpr std::int32_t kNoHost = -1;

struct SeenVm {
  double size_mips = 0;
  double memory_mib = 0;
  double demand = 0;                // MIPS asked for now
  std::span<const double> history;  // of its size, newest (now) first
  std::int32_t host = kNoHost;      // kNoHost: new, to be placed by its size
};

struct SeenHost {
  const HostKind* kind = nullptr;
  bool on = false;
};

struct ClusterView {
  std::span<const SeenHost> hosts;
  std::span<const SeenVm> vms;
  bool memory_limits = false;
};

struct PlannedMove {
  std::uint32_t vm = 0;
  std::uint32_t to = 0;
};

}  // namespace gv
