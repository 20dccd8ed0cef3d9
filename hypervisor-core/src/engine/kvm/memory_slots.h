// SPDX-License-Identifier: MIT
//
// memory_slots.h - what the guest of a KVM machine finds at which physical address.
//
// One slot from address 0: the host's frames are the guest's, and KVM's own
// nested tables do the rest. What lies beyond is nobody's and exits as MMIO.
// Control thread only.

#pragma once

#include "gv/address.h"
#include "gv/result.h"
#include "memory/machine_memory.h"

#include <vector>

namespace gv {

class MemorySlots {
 public:
  // `machine`: KVM's descriptor of the virtual machine; not owned.
  static Result<MemorySlots> create(int machine, MachineMemory& memory);

  MachineMemory& memory() { return *memory_; }

  // From now on KVM notes which frames the guest writes to.
  Result<void> start_dirty_log();
  // The frames written to since the last call, in order. REQUIRES: start_dirty_log().
  Result<std::vector<Mfn>> take_dirty_log();

 private:
  MemorySlots(int machine, MachineMemory& memory) : machine_(machine), memory_(&memory) {}
  Result<void> set(bool logged);
  int machine_;
  MachineMemory* memory_;
};

}  // namespace gv
