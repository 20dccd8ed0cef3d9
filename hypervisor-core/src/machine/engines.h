// SPDX-License-Identifier: MIT
//
// engines.h - the engine that a config asks for.

#pragma once

#include "engine/vcpu_engine.h"
#include "gv/machine_config.h"
#include "memory/guest_memory.h"

#include <memory>

namespace gv {

// An engine on the guest's host memory. Error: it cannot be had.
Result<std::unique_ptr<VcpuEngine>> create_engine(const MachineConfig& config, GuestMemory& guest);

}  // namespace gv
