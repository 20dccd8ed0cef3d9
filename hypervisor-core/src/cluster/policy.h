// SPDX-License-Identifier: MIT
//
// policy.h - a consolidation policy by name.
//
// `lr-mmt-1.2` is a detector, a selection and the detector's parameter; a
// placement may follow (`thr-mmt-0.8-bfd`). `dvfs` never moves a VM. `ours` is
// described in headroom_planner.h.

#pragma once

#include "cluster/overload.h"
#include "cluster/placement.h"
#include "cluster/selection.h"
#include "gv/result.h"

#include <string>

namespace gv {

enum class PolicyKind : std::uint8_t { Static, Classic, Headroom };

struct Policy {
  PolicyKind kind = PolicyKind::Headroom;
  // Of the classic kind.
  OverloadDetector detector;
  SelectionRule selection = SelectionRule::MinimumMigrationTime;
  PlacementRule placement = PlacementRule::PowerAwareBestFit;
};

Result<Policy> policy_from_name(const std::string& name);

}  // namespace gv
