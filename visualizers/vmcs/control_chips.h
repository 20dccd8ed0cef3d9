// SPDX-License-Identifier: MIT
//
// control_chips.h - execution controls as switches.
//
// Named as Intel names them; where VT-x has several bits for what is one control
// here, the switch says so.
//
// Pure: no ImGui. Source: SDM vol. 3C, "VM-Execution Control Fields".

#pragma once

#include "gv/execution_controls.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

enum class ControlSwitch : std::uint8_t {
  ExternalInterrupts,
  Hlt,
  Invlpg,
  Rdtsc,
  MovDr,
  ControlRegisters,
  Msrs,
  Ports,
  Exception,
  NestedPaging,
};

struct ControlChip {
  ControlSwitch which = ControlSwitch::Hlt;
  std::uint8_t vector = 0;  // of an exception
  std::string label;        // "HLT", "#PF"
  std::string meaning;      // one sentence
  bool on = false;
  bool held = false;  // on whatever its own bit says, until nested paging is on again
};

std::vector<ControlChip> chips_of(const ExecutionControls& controls);
// The controls with that switch the other way round; the same ones if it is held.
ExecutionControls toggled(ExecutionControls controls, const ControlChip& chip);

}  // namespace gv
