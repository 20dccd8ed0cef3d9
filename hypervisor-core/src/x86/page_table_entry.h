// SPDX-License-Identifier: MIT
//
// page_table_entry.h - the bits and masks of page-table entries.
//
// The same names serve 32-bit, PAE and 4-level paging where the bits agree.
// Walking is memory/'s business.
//
// Source: SDM vol. 3A, "Paging": "32-Bit Paging", "PAE Paging",
// "4-Level Paging and 5-Level Paging".

#pragma once

#include <cstdint>

namespace gv::x86 {

namespace pte {
inline constexpr std::uint32_t P = 1u << 0;   // present
inline constexpr std::uint32_t RW = 1u << 1;  // writable
inline constexpr std::uint32_t US = 1u << 2;  // ring 3 may use it
inline constexpr std::uint32_t PWT = 1u << 3;
inline constexpr std::uint32_t PCD = 1u << 4;
inline constexpr std::uint32_t A = 1u << 5;    // accessed
inline constexpr std::uint32_t D = 1u << 6;    // dirty; in a leaf only
inline constexpr std::uint32_t PS = 1u << 7;   // large page; in a directory entry only
inline constexpr std::uint32_t PAT = 1u << 7;  // the same bit, in a 4 KiB leaf
inline constexpr std::uint32_t G = 1u << 8;    // global
inline constexpr std::uint64_t NX = 1ull << 63;
}  // namespace pte

// 32-bit paging without PAE: two levels of 1024 four-byte entries.
namespace paging32 {
inline constexpr std::uint32_t kFrameMask = 0xfffff000u;
inline constexpr std::uint32_t kLargeFrameMask = 0xffc00000u;  // PSE, 4 MiB
inline constexpr std::uint32_t kLargePageSize = 4u << 20;
inline constexpr std::uint32_t kEntriesPerTable = 1024;
inline constexpr std::uint32_t kEntrySize = 4;
// PSE-36 keeps physical bits 39:32 of a 4 MiB page in entry bits 20:13; bit 21 is reserved.
inline constexpr std::uint32_t kLargeHighBits = 0x001fe000u;
inline constexpr std::uint32_t kLargeReserved = 1u << 21;
constexpr std::uint32_t directory_index(std::uint64_t linear) {
  return static_cast<std::uint32_t>(linear >> 22) & 0x3ff;
}
constexpr std::uint32_t table_index(std::uint64_t linear) {
  return static_cast<std::uint32_t>(linear >> 12) & 0x3ff;
}
}  // namespace paging32

// PAE and 4-level paging: tables of 512 eight-byte entries.
namespace paging64 {
inline constexpr std::uint64_t kFrameMask = 0x000ffffffffff000ull;
inline constexpr std::uint64_t kLargeFrameMask = 0x000fffffffe00000ull;  // 2 MiB
inline constexpr std::uint64_t kHugeFrameMask = 0x000fffffc0000000ull;   // 1 GiB
inline constexpr std::uint32_t kEntriesPerTable = 512;
inline constexpr std::uint32_t kEntrySize = 8;
// `level`: 1 PT, 2 PD, 3 PDPT, 4 PML4. In PAE paging the PDPT has only four entries.
constexpr std::uint32_t index(std::uint64_t linear, int level) {
  return static_cast<std::uint32_t>(linear >> (12 + 9 * (level - 1))) & 0x1ff;
}
}  // namespace paging64

}  // namespace gv::x86
