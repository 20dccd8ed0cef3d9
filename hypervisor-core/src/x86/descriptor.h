// SPDX-License-Identifier: MIT
//
// descriptor.h - segment descriptors, gates, selectors and the 32-bit TSS.
//
// Turns the eight bytes that sit in a GDT, LDT or IDT into named fields and
// back. Privilege checks are not made here: they differ per instruction.
//
// Source: SDM vol. 3A, "Segment Descriptors", "Segment Selectors",
// "IDT Descriptors", "Task-State Segment (TSS)".

#pragma once

#include "gv/registers.h"

#include <cstdint>

namespace gv::x86 {

// A segment selector taken apart.
constexpr std::uint16_t selector_index(std::uint16_t selector) {
  return static_cast<std::uint16_t>(selector >> 3);
}
constexpr bool selector_in_ldt(std::uint16_t selector) { return (selector & 4) != 0; }
constexpr std::uint8_t selector_rpl(std::uint16_t selector) {
  return static_cast<std::uint8_t>(selector & 3);
}
// Byte offset of the descriptor inside its table.
constexpr std::uint16_t selector_offset(std::uint16_t selector) {
  return static_cast<std::uint16_t>(selector & 0xfff8);
}
constexpr bool selector_is_null(std::uint16_t selector) { return (selector & 0xfffc) == 0; }
constexpr std::uint16_t with_rpl(std::uint16_t selector, int rpl) {
  return static_cast<std::uint16_t>((selector & 0xfffc) | (rpl & 3));
}

// Bits of gv::Segment::attributes: descriptor byte 5 and, shifted, the high half of byte 6.
namespace attribute {
inline constexpr std::uint16_t kTypeMask = 0x000f;
inline constexpr std::uint16_t S = 1u << 4;  // code or data, not a system segment
inline constexpr int kDplShift = 5;
inline constexpr std::uint16_t kDplMask = 3u << kDplShift;
inline constexpr std::uint16_t P = 1u << 7;
inline constexpr std::uint16_t AVL = 1u << 12;
inline constexpr std::uint16_t L = 1u << 13;   // 64-bit code
inline constexpr std::uint16_t DB = 1u << 14;  // 32-bit operations
inline constexpr std::uint16_t G = 1u << 15;   // limit in 4 KiB units
constexpr int dpl(std::uint16_t attributes) { return (attributes & kDplMask) >> kDplShift; }
}  // namespace attribute

// Descriptor types of code and data segments (S = 1): four bits.
namespace segment_type {
inline constexpr std::uint8_t kAccessed = 1;
inline constexpr std::uint8_t kWritable = 2;    // data
inline constexpr std::uint8_t kReadable = 2;    // code
inline constexpr std::uint8_t kExpandDown = 4;  // data
inline constexpr std::uint8_t kConforming = 4;  // code
inline constexpr std::uint8_t kCode = 8;
}  // namespace segment_type

// Types of system descriptors (S = 0).
namespace system_type {
inline constexpr std::uint8_t kTss16Available = 0x1;
inline constexpr std::uint8_t kLdt = 0x2;
inline constexpr std::uint8_t kTss16Busy = 0x3;
inline constexpr std::uint8_t kCallGate16 = 0x4;
inline constexpr std::uint8_t kTaskGate = 0x5;
inline constexpr std::uint8_t kInterruptGate16 = 0x6;
inline constexpr std::uint8_t kTrapGate16 = 0x7;
inline constexpr std::uint8_t kTss32Available = 0x9;
inline constexpr std::uint8_t kTss32Busy = 0xb;
inline constexpr std::uint8_t kCallGate32 = 0xc;
inline constexpr std::uint8_t kInterruptGate32 = 0xe;
inline constexpr std::uint8_t kTrapGate32 = 0xf;
}  // namespace system_type

struct Descriptor {
  std::uint32_t base = 0;
  std::uint32_t limit = 0;  // in bytes, granularity applied: 4 GiB segments read 0xffffffff
  std::uint8_t type = 0;
  std::uint8_t dpl = 0;
  bool code_or_data = false;  // S
  bool present = false;       // P
  bool available = false;     // AVL
  bool long_mode = false;     // L
  bool default_32 = false;    // D/B
  bool granular = false;      // G
  bool operator==(const Descriptor&) const = default;

  bool is_code() const { return code_or_data && (type & segment_type::kCode) != 0; }
  bool is_data() const { return code_or_data && (type & segment_type::kCode) == 0; }
  bool is_conforming() const { return is_code() && (type & segment_type::kConforming) != 0; }
  bool is_readable() const { return is_data() || (is_code() && (type & segment_type::kReadable)); }
  bool is_writable() const { return is_data() && (type & segment_type::kWritable) != 0; }
};

Descriptor parse_descriptor(std::uint64_t raw);
// With G set, the limit's low twelve bits cannot be stored and are dropped.
std::uint64_t pack_descriptor(const Descriptor& descriptor);

std::uint16_t attributes_of(const Descriptor& descriptor);
// What the CPU loads into the hidden part of a segment register.
Segment segment_of(std::uint16_t selector, const Descriptor& descriptor);
// The descriptor that would load this segment.
Descriptor descriptor_of(const Segment& segment);
// What a segment register holds after a load in real mode.
Segment real_mode_segment(std::uint16_t selector);

// A gate of the IDT (interrupt, trap, task), or a call gate.
struct Gate {
  std::uint32_t offset = 0;
  std::uint16_t selector = 0;
  std::uint8_t type = 0;  // system_type
  std::uint8_t dpl = 0;
  bool present = false;
  std::uint8_t parameters = 0;  // call gates only
  bool operator==(const Gate&) const = default;

  bool clears_if() const {
    return type == system_type::kInterruptGate32 || type == system_type::kInterruptGate16;
  }
  bool is_32_bit() const { return (type & 8) != 0; }
};

Gate parse_gate(std::uint64_t raw);
std::uint64_t pack_gate(const Gate& gate);

// Byte offsets in a 32-bit task-state segment.
namespace tss32 {
inline constexpr std::uint32_t kLink = 0;
inline constexpr std::uint32_t kEsp0 = 4;
inline constexpr std::uint32_t kSs0 = 8;
inline constexpr std::uint32_t kEsp1 = 12;
inline constexpr std::uint32_t kSs1 = 16;
inline constexpr std::uint32_t kEsp2 = 20;
inline constexpr std::uint32_t kSs2 = 24;
inline constexpr std::uint32_t kCr3 = 28;
inline constexpr std::uint32_t kEip = 32;
inline constexpr std::uint32_t kEflags = 36;
inline constexpr std::uint32_t kEax = 40;  // then ECX, EDX, EBX, ESP, EBP, ESI, EDI
inline constexpr std::uint32_t kEs = 72;   // then CS, SS, DS, FS, GS, four bytes each
inline constexpr std::uint32_t kLdt = 96;
inline constexpr std::uint32_t kIoMapBase = 102;
inline constexpr std::uint32_t kSize = 104;
constexpr std::uint32_t esp_of_ring(int ring) {
  return kEsp0 + 8 * static_cast<std::uint32_t>(ring);
}
constexpr std::uint32_t ss_of_ring(int ring) { return kSs0 + 8 * static_cast<std::uint32_t>(ring); }
}  // namespace tss32

}  // namespace gv::x86
