// SPDX-License-Identifier: MIT
//
// shadow_gdt.h - the descriptor tables that the CPU uses for a deprivileged guest.
//
// The guest's GDT says ring 0; its kernel runs in ring 1. So the CPU gets a
// copy in which ring-0 descriptors are ring-1 descriptors and system
// descriptors are absent, and every use of those traps.
//
// There are two copies. In the kernel's, ring-3 *code* segments are absent
// too: an IRET to user mode then raises #NP instead of silently leaving the
// virtual interrupt flag behind. (That IRET to an outer ring does not trap is
// one of the reasons why x86 was not classically virtualizable.)
//
// Both live in the hypervisor's pages, mapped read-only. Control thread only.

#pragma once

#include "gv/registers.h"
#include "memory/machine_memory.h"
#include "technique/linear_memory.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace gv {

inline constexpr std::uint32_t kShadowGdtPages = 4;  // 2048 descriptors each
inline constexpr std::uint32_t kShadowGdtBytes = kShadowGdtPages * kPageSize;

class ShadowGdt {
 public:
  // Two runs of kShadowGdtPages frames, contiguous in machine and in linear space.
  ShadowGdt(MachineMemory& machine, Mpa kernel_copy, Gva kernel_linear, Mpa user_copy,
            Gva user_linear)
      : machine_(machine),
        kernel_copy_(kernel_copy),
        user_copy_(user_copy),
        kernel_linear_(kernel_linear),
        user_linear_(user_linear) {}

  // Copies the guest's table. Returns whether a descriptor changed since the last time.
  bool update(const DescriptorTableRegister& guest, const LinearMemory& memory);

  // Keeps a place in both copies for a descriptor of the hypervisor's own; the kernel's table
  // reaches that far. A guest's own descriptor at that place is out of its kernel's reach.
  void reserve(std::uint16_t selector, std::uint64_t descriptor);

  DescriptorTableRegister kernel_table() const {
    return {kernel_linear_.value, std::max<std::uint16_t>(limit_, reserved_limit_)};
  }
  DescriptorTableRegister user_table() const { return {user_linear_.value, limit_}; }

  std::uint16_t limit() const { return limit_; }
  void restore_limit(std::uint16_t limit) { limit_ = limit; }

 private:
  MachineMemory& machine_;
  Mpa kernel_copy_, user_copy_;
  Gva kernel_linear_, user_linear_;
  std::uint16_t limit_ = 0;
  std::uint16_t reserved_limit_ = 0;  // of the reserved descriptor's last byte; 0: none
};

}  // namespace gv
