// SPDX-License-Identifier: MIT
//
// headroom_planner.h - our own policy: pack to a stated risk, and move little.
//
// The published policies watch a host's past and react; this one plans for the
// next reading. Each host keeps just the headroom that its own VMs' restlessness
// is worth (headroom.h), so calm VMs are packed tight and restless ones are not,
// with no threshold to tune. Four decisions follow from it:
//
//   - A host is relieved when its VMs ask for more than it has, not before, and
//     of as little as stops that: the VM that moves soonest among those that suffice.
//   - A VM goes where the least room is left that holds it and its restlessness,
//     on the most efficient kind of host that has such room; a host is woken
//     only if none has.
//   - A host is emptied if the others take all its VMs and still keep room for
//     the whole cluster's restlessness, so that it need not be woken at once.
//   - Inefficient hosts are emptied first.
//
// Hosts are kept sorted by the room that they have, so a VM is placed in the
// logarithm of their number.
//
// Pure; any thread. It sees demand now and recent samples, nothing to come.

#pragma once

#include "cluster/view.h"

namespace gv {

std::vector<PlannedMove> plan_headroom(const ClusterView& view);

}  // namespace gv
