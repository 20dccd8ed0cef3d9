// SPDX-License-Identifier: MIT
//
// shared_cpu.h - the part of the virtual CPU that translated code reads and writes itself.
//
// One page in the hypervisor's hole, writable in ring 1. CLI in the cache is a
// store to interrupt_flag; SGDT reads gdt_base; PUSHF puts the virtual IF where
// the real one was. The hypervisor fills it before every stay in the guest and
// reads back what the cache may change: the flags and the hit counter.
//
// A guest kernel that writes to the last 4 MiB can damage this page: it damages
// its own virtual CPU, and nothing that the hypervisor relies on.
//
// Control thread only.

#pragma once

#include "memory/shadow_page_table.h"
#include "x86/encode.h"

#include <cstddef>
#include <cstdint>

namespace gv {

struct SharedCpu {
  std::uint32_t interrupt_flag;  // 0 or EFLAGS.IF
  std::uint32_t iopl;            // in its place in EFLAGS
  std::uint32_t pending;         // not 0: an interrupt waits for IF
  std::uint32_t popf_alarm;      // POPF of a word with one of these bits needs the hypervisor
  std::uint32_t cr0, cr2, cr3, cr4;
  std::uint32_t gdt_limit, gdt_base, idt_limit, idt_base;
  std::uint32_t ldtr, tr, cs, ss;
  std::uint32_t saved[8];  // general registers that a sequence borrows, by number
  std::uint32_t image;     // scratch
  std::uint32_t lookup_hits;
};

namespace monitor_hole {
// Linear places in the hypervisor's hole, after the pages that every deprivileged guest has.
inline constexpr std::uint32_t kSharedCpu = 0xffc10000;
inline constexpr std::uint32_t kLookup = 0xffc40000;
inline constexpr std::uint32_t kCode = 0xffd00000;
}  // namespace monitor_hole

inline constexpr x86::StateWord state_word(std::size_t offset) {
  return {monitor_hole::kSharedCpu + static_cast<std::uint32_t>(offset)};
}
inline constexpr x86::StateWord saved_word(Gpr which) {
  return state_word(offsetof(SharedCpu, saved) + 4 * static_cast<std::size_t>(which));
}

}  // namespace gv
