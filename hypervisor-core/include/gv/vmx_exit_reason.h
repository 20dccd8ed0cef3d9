// SPDX-License-Identifier: MIT
//
// vmx_exit_reason.h - what Intel's VT-x calls our exit reasons.
//
// Hardware writes a basic exit reason into the VMCS at each VM exit. Ours are
// coarser in one place and finer in another, so this is an attribute of an exit
// and not its identity. AMD-V has codes of its own; they are not here.
//
// A plain value. Source: SDM vol. 3D, appendix "VMX Basic Exit Reasons".

#pragma once

#include "gv/exit.h"
#include "gv/instruction.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace gv {

struct VmxExitReason {
  std::uint16_t number = 0;
  std::string_view name;  // "I/O instruction"
  bool operator==(const VmxExitReason&) const = default;
};

// Empty: hardware assistance has no such exit.
std::optional<VmxExitReason> vmx_exit_reason(ExitReason reason,
                                             Mnemonic mnemonic = Mnemonic::Other);

}  // namespace gv
