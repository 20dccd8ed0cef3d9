// SPDX-License-Identifier: MIT
//
// page_walker.h - walks the guest's own page tables, as its MMU would.
//
// 32-bit paging with 4 KiB and 4 MiB pages, and paging off. PAE and 4-level
// tables come with the techniques that need them. A walk returns its whole
// record (gv/page_walk.h), and sets A and D bits only when asked to.
//
// Source: SDM vol. 3A, "32-Bit Paging" and "Access Rights".
// Control thread only.

#pragma once

#include "gv/page_walk.h"
#include "memory/guest_memory.h"

#include <cstdint>
#include <vector>

namespace gv {

enum class AccessKind : std::uint8_t { Read, Write, Execute };
enum class AccessLevel : std::uint8_t { Supervisor, User };
enum class SetAccessedDirty : bool { No, Yes };

// The registers that steer a walk.
struct PagingMode {
  std::uint64_t cr0 = 0, cr3 = 0, cr4 = 0;
  bool enabled() const { return (cr0 >> 31) != 0; }
};

class PageWalker {
 public:
  explicit PageWalker(GuestMemory& memory) : memory_(memory) {}

  // walk.physical is a Gpa. Outcome Mapped or PagingOff means the access is allowed.
  PageWalk walk(const PagingMode& mode, Gva address, AccessKind kind, AccessLevel level,
                SetAccessedDirty set) const;

  // The error code that the CPU would push for this failed walk.
  static std::uint32_t error_code(const PageWalk& walk, AccessKind kind, AccessLevel level);

 private:
  GuestMemory& memory_;
};

}  // namespace gv
