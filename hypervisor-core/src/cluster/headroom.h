// SPDX-License-Identifier: MIT
//
// headroom.h - how much of a host to leave free, given how restless its VMs are.
//
// A VM is an expected demand (what it asks for now) and a variance (how far a
// sample strays from the one before). Independent VMs add up: demands in full,
// restlessness only as the root of the summed variances, which is why many
// small VMs need less headroom together than apart.
//
// Pure functions; any thread.

#pragma once

#include "cluster/view.h"

#include <vector>

namespace gv {

// One saturated interval is as bad as half a host left idle for as long. That trade makes the
// best headroom of a calm host many deviations (they are cheap) and of a restless one few:
// z = sqrt(2 ln(trade / (sigma sqrt(2 pi)))), where one more unit of headroom stops paying. Not
// below one deviation. VMs together never need more than apart.
inline constexpr double kSaturationTrade = 0.5;
inline constexpr double kFewestDeviations = 1;

// MIPS to leave free on a host of `capacity` whose VMs have this variance (MIPS squared).
double headroom(double variance, double capacity);

// Each VM's variance from one sample to the next, MIPS squared. A short history is filled up
// with what the whole cluster does.
std::vector<double> restlessness(const ClusterView& view);

}  // namespace gv
