// SPDX-License-Identifier: MIT
//
// classic_planner.h - the published consolidation: relieve overloaded hosts, empty underused ones.
//
// A detector says which hosts are overloaded, a selection which of their VMs
// leave, a placement where they go. Then hosts are emptied, least used first,
// as long as the others take all of their VMs. Each placement is seen by the
// next one, and a host that has just been given a VM is not emptied: see
// docs/consolidation.md for where CloudSim 3.0.3 does otherwise.
//
// Pure but for the random numbers; any thread.
// Source: Beloglazov and Buyya 2012, algorithms 1 and 2.

#pragma once

#include "cluster/policy.h"
#include "cluster/view.h"

namespace gv {

std::vector<PlannedMove> plan_classic(const ClusterView& view, const Policy& policy,
                                      Random& random);

// Places VMs that have no host yet by their full size; one that fits nowhere is left out.
std::vector<PlannedMove> place_new(const ClusterView& view);

}  // namespace gv
