// SPDX-License-Identifier: MIT
//
// virtual_cpu.h - the privileged state that a deprivileged guest believes in.
//
// The physical CPU holds the hypervisor's CR3, GDT and interrupt flag while the
// guest runs; these are the guest's. General registers are not here: guest and
// CPU share them.
//
// A plain value; saved and restored with the machine.

#pragma once

#include "gv/device.h"
#include "gv/registers.h"

#include <cstdint>

namespace gv {

struct VirtualCpu {
  std::uint32_t cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0;
  DescriptorTableRegister gdtr{}, idtr{};
  Segment tr{}, ldtr{};
  bool interrupt_flag = false;
  std::uint8_t iopl = 0;
  bool in_kernel = true;          // virtual CPL 0; otherwise 3
  bool interrupt_shadow = false;  // STI retired last: interrupts wait one instruction
  std::uint32_t debug[8]{};

  int cpl() const { return in_kernel ? 0 : 3; }
  void save(StateWriter& out) const;
  void restore(StateReader& in);
};

}  // namespace gv
