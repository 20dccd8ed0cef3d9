// SPDX-License-Identifier: MIT
//
// day.h - a day as CloudSim 3.0.3 runs it: when it plans, when migrations end, when it stops.
//
// One thread.

#pragma once

#include "cluster/cloudsim/centre.h"
#include "cluster/policy.h"
#include "cluster/view.h"

#include <functional>

namespace gv::cloudsim {

// What any policy sees of this centre; refers into `hosts` and `vms`.
ClusterView view_of(const Centre& centre, std::vector<SeenHost>& hosts, std::vector<SeenVm>& vms);

// Runs the day; `passed` is told each step's number.
void run_day(Centre& centre, const Policy& policy, Random& random, std::size_t steps,
             const std::function<void(std::size_t)>& passed);

}  // namespace gv::cloudsim
