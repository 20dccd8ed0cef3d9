// SPDX-License-Identifier: MIT
//
// plan.h - which VMs CloudSim 3.0.3 would move now, under a classic policy.
//
// The published algorithm with the simulator's own sequence and oversights. The
// corrected one is classic_planner.h; both ask the same detectors, selections
// and placements.
//
// Pure but for the random numbers; one thread.

#pragma once

#include "cluster/cloudsim/centre.h"
#include "cluster/policy.h"

namespace gv::cloudsim {

// Where the VMs are when the day begins. Quirk: one that no host takes is never run at all.
std::vector<Move> create(const Centre& centre, const Policy& policy, Random& random);

std::vector<Move> plan(const Centre& centre, const Policy& policy, Random& random);

}  // namespace gv::cloudsim
