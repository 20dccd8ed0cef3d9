// SPDX-License-Identifier: MIT
//
// bios_memory.h - where the BIOS keeps things: the data area and its ROM.
//
// Physical addresses. Source: IBM PS/2 and PC BIOS Interface Technical
// Reference, "BIOS Data Areas".

#pragma once

#include <cstdint>

namespace gv::bios {

inline constexpr std::uint64_t kSerialPorts = 0x400;   // word: COM1's base
inline constexpr std::uint64_t kExtendedArea = 0x40e;  // word: its segment
inline constexpr std::uint64_t kEquipment = 0x410;     // word
inline constexpr std::uint64_t kMemoryKib = 0x413;     // word
inline constexpr std::uint64_t kShiftFlags = 0x417;    // byte
inline constexpr std::uint64_t kKeyHead = 0x41a;       // words: offsets in segment 40
inline constexpr std::uint64_t kKeyTail = 0x41c;
inline constexpr std::uint16_t kKeyBufferFirst = 0x1e, kKeyBufferEnd = 0x3e;
inline constexpr std::uint64_t kVideoMode = 0x449;        // byte
inline constexpr std::uint64_t kColumns = 0x44a;          // word
inline constexpr std::uint64_t kPageBytes = 0x44c;        // word
inline constexpr std::uint64_t kPageOffset = 0x44e;       // word
inline constexpr std::uint64_t kCursors = 0x450;          // 8 words: row, column
inline constexpr std::uint64_t kCursorShape = 0x460;      // word
inline constexpr std::uint64_t kActivePage = 0x462;       // byte
inline constexpr std::uint64_t kCrtcPort = 0x463;         // word
inline constexpr std::uint64_t kTicks = 0x46c;            // long: since midnight, 18.2 a second
inline constexpr std::uint64_t kMidnight = 0x470;         // byte
inline constexpr std::uint64_t kDiskStatus = 0x474;       // byte
inline constexpr std::uint64_t kHardDisks = 0x475;        // byte
inline constexpr std::uint64_t kKeyBufferStart = 0x480;   // words
inline constexpr std::uint64_t kRows = 0x484;             // byte: minus one
inline constexpr std::uint64_t kCharacterHeight = 0x485;  // word
inline constexpr std::uint64_t kKeyboardMode = 0x496;     // byte: bit 1, last byte was e0

inline constexpr std::uint16_t kRomSegment = 0xf000;
inline constexpr std::uint64_t kRomBase = 0xf0000;
inline constexpr std::uint16_t kEntryOffset = 0xe000;  // one HLT per vector
inline constexpr std::uint16_t kDisketteTable = 0xefc7;
inline constexpr std::uint64_t kLowMemoryKib = 639;  // the last KiB is the extended data area

}  // namespace gv::bios
