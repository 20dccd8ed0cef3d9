// SPDX-License-Identifier: MIT
//
// execution_controls.h - which of a guest's doings take the CPU away from it.
//
// Under hardware assistance the guest's kernel runs at ring 0, and nothing
// traps because it is privileged: it exits because the hypervisor has asked for
// it. These are the controls of VT-x that a lesson can set, on the emulated one.
// On KVM the kernel sets them, and nobody asks us.
//
// Nested paging is one of them, because of what it spares: without it the hypervisor keeps shadow
// page tables, and has to see MOV CR3, INVLPG, page faults and the paging bits of CR0 and CR4,
// whatever their own controls say.
//
// Not controls, on VT-x neither: CPUID always exits, so does a triple fault.
// A plain value. Source: SDM vol. 3C, "VM-Execution Control Fields".

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace gv {

struct ExecutionControls {
  bool external_interrupts = true;  // an interrupt for the host, here its timer
  bool hlt = true;
  bool rdtsc = false;
  bool invlpg = false;
  bool mov_dr = false;
  bool control_registers = false;  // MOV CR but CR2, CLTS, LMSW: hardware chooses one by one
  bool msrs = false;               // RDMSR and WRMSR of whatever: an MSR bitmap full of ones
  bool nested_paging = true;       // the CPU walks a second table below the guest's: EPT
  // The I/O bitmap: the ports that exit. Empty: every port does.
  std::optional<std::vector<std::uint16_t>> ports;
  std::uint32_t exceptions = 0;  // the exception bitmap, a bit for each vector
  bool operator==(const ExecutionControls&) const = default;
};

}  // namespace gv
