// SPDX-License-Identifier: MIT
//
// control_structure.h - the record through which VT-x and its hypervisor talk.
//
// Modelled on the VMCS: what the guest was doing, what makes it exit, and why
// it did. Hardware keeps it in memory in a layout of its own and has VMREAD and
// VMWRITE for it; this is a struct. The host-state area is missing: our
// hypervisor is a program of the host and needs no CPU to find it again.
//
// A plain value. Source: SDM vol. 3C, "Virtual Machine Control Structures".

#pragma once

#include "gv/execution_controls.h"
#include "gv/exit.h"
#include "gv/instruction.h"
#include "gv/registers.h"
#include "gv/vmx_exit_reason.h"

#include <cstdint>

namespace gv {

enum class ActivityState : std::uint8_t { Active, Hlt };

// At the last exit; of the register file VT-x keeps all but the general registers other than RSP.
struct GuestStateArea {
  RegisterFile registers;
  ActivityState activity = ActivityState::Active;
};

// SDM vol. 3C, "VM-Exit Information Fields".
struct ExitInformation {
  ExitReason cause = ExitReason::Exception;  // in our words
  VmxExitReason reason;
  std::uint64_t qualification = 0;
  std::uint8_t instruction_length = 0;
  std::uint64_t retired = 0;  // when: instructions that the guest had completed
};

// SDM vol. 3C, "VM-Entry Controls for Event Injection": the event that an entry delivered last.
struct EntryEvent {
  bool valid = false;
  std::uint8_t vector = 0;
};

struct ControlStructure {
  GuestStateArea guest;
  ExecutionControls controls;
  ExitInformation exit;
  EntryEvent entry;
  std::uint64_t exits = 0;
};

}  // namespace gv
