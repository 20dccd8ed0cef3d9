// SPDX-License-Identifier: MIT
//
// boot_memory_map.h - what a boot loader tells a kernel about memory.
//
// The ranges that a PC's BIOS would report (E820): multiboot and Linux want the
// same ones in structures of their own. Sorted, without overlap; what is not
// listed is a hole.
//
// Pure.

#pragma once

#include <cstdint>
#include <vector>

namespace gv {

// The numbers of the BIOS, and of both structures.
enum class MemoryUse : std::uint32_t { Available = 1, Reserved = 2 };

struct MemoryRange {
  std::uint64_t start = 0, bytes = 0;
  MemoryUse use = MemoryUse::Available;
};

std::vector<MemoryRange> boot_memory_map(std::uint64_t memory_bytes);

}  // namespace gv
