// SPDX-License-Identifier: MIT
//
// vmcs_view.h - a control structure and what its exits came to, as rows.
//
// The structure is the technique's own, counts and costs are the ledger's, the
// last exits are events. What this VT-x does not have is not shown as if it were.
//
// Pure: no ImGui. Source: SDM vol. 3C, "Virtual Machine Control Structures".

#pragma once

#include "gv/event_log.h"
#include "gv/snapshot.h"
#include "visualizers/vmcs/control_chips.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

struct VmcsRow {
  std::string name, value;
  std::string meaning;   // one sentence or none
  bool differs = false;  // the CPU holds another value by now
};

struct ReasonRow {
  int number = -1;   // Intel's; -1: VT-x has no such exit
  std::string name;  // short enough for a row
  std::string full_name;
  std::uint64_t count = 0, cycles = 0;
  double share = 0;     // of all exits
  bool latest = false;  // the reason of the last exit
};

struct PastExit {
  std::uint64_t sequence = 0, retired = 0, cycles = 0;
  int number = -1;
  std::string what;  // "out 0x3f8"
  Gva rip;
};

struct VmcsView {
  std::string why_nothing;  // one sentence; empty where there is hardware assistance
  bool readable = false;    // the control structure itself is ours to show
  std::string headline;     // "emulated VT-x · 1,871 exits"
  std::string only_here;    // what each kind can do and the other cannot
  std::vector<ControlChip> controls;
  std::string controls_note;  // where they cannot be set
  std::vector<VmcsRow> exit_information;
  std::string guest_state_when;
  std::vector<VmcsRow> guest_state;
  std::string host_state;
  std::vector<ReasonRow> reasons;  // the most frequent first
  std::vector<PastExit> last;      // newest first
  bool measured = false;           // cycles are host nanoseconds, not the cost model's
};

VmcsView make_vmcs_view(const Snapshot& snapshot, const EventView& events, std::size_t last_exits);

}  // namespace gv
