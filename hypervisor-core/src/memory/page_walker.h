// SPDX-License-Identifier: MIT
//
// page_walker.h - walks the guest's own page tables, as its MMU would.
//
// Paging off; 32-bit paging with 4 KiB and 4 MiB pages; PAE and 4-level paging
// with 4 KiB, 2 MiB and 1 GiB pages and NX. A walk returns its whole record
// (gv/page_walk.h), and sets A and D bits only when asked to. SMEP, SMAP and
// protection keys are not modelled. The four entries that a PAE CPU copies when
// CR3 is loaded are read at every walk instead.
//
// Source: SDM vol. 3A, "32-Bit Paging", "PAE Paging", "4-Level Paging and
// 5-Level Paging", "Determination of Access Rights".
// Control thread only.

#pragma once

#include "gv/page_walk.h"
#include "memory/guest_memory.h"
#include "x86/control_registers.h"

#include <cstdint>
#include <vector>

namespace gv {

enum class AccessKind : std::uint8_t { Read, Write, Execute };
enum class AccessLevel : std::uint8_t { Supervisor, User };
enum class SetAccessedDirty : bool { No, Yes };

// The registers that steer a walk.
struct PagingMode {
  std::uint64_t cr0 = 0, cr3 = 0, cr4 = 0, efer = 0;
  bool enabled() const { return (cr0 & x86::cr0::PG) != 0; }
  bool pae() const { return (cr4 & x86::cr4::PAE) != 0; }
  bool long_mode() const { return (efer & x86::efer::LMA) != 0; }
  bool no_execute() const { return pae() && (efer & x86::efer::NXE) != 0; }
};

class PageWalker {
 public:
  explicit PageWalker(GuestMemory& memory) : memory_(memory) {}

  // walk.physical is a Gpa. Outcome Mapped or PagingOff means the access is allowed.
  PageWalk walk(const PagingMode& mode, Gva address, AccessKind kind, AccessLevel level,
                SetAccessedDirty set) const;

  // The error code that the CPU would push for this failed walk. A fetch is told apart only
  // where NX is in force.
  static std::uint32_t error_code(const PageWalk& walk, AccessKind kind, AccessLevel level,
                                  bool no_execute = false);

 private:
  PageWalk walk_wide(const PagingMode& mode, Gva address, AccessKind kind, AccessLevel level,
                     SetAccessedDirty set) const;

  GuestMemory& memory_;
};

}  // namespace gv
