// SPDX-License-Identifier: MIT
//
// descriptor.cpp - packing and unpacking of descriptors.
//
// Source: SDM vol. 3A, "Segment Descriptors", "IDT Descriptors".

#include "x86/descriptor.h"

namespace gv::x86 {
namespace {

constexpr std::uint32_t bits(std::uint64_t raw, int low, int count) {
  return static_cast<std::uint32_t>((raw >> low) & ((1ull << count) - 1));
}

}  // namespace

Descriptor parse_descriptor(std::uint64_t raw) {
  Descriptor d;
  d.base = bits(raw, 16, 24) | (bits(raw, 56, 8) << 24);
  const std::uint32_t limit = bits(raw, 0, 16) | (bits(raw, 48, 4) << 16);
  d.type = static_cast<std::uint8_t>(bits(raw, 40, 4));
  d.code_or_data = bits(raw, 44, 1) != 0;
  d.dpl = static_cast<std::uint8_t>(bits(raw, 45, 2));
  d.present = bits(raw, 47, 1) != 0;
  d.available = bits(raw, 52, 1) != 0;
  d.long_mode = bits(raw, 53, 1) != 0;
  d.default_32 = bits(raw, 54, 1) != 0;
  d.granular = bits(raw, 55, 1) != 0;
  d.limit = d.granular ? (limit << 12) | 0xfff : limit;
  return d;
}

std::uint64_t pack_descriptor(const Descriptor& d) {
  const std::uint64_t limit = d.granular ? d.limit >> 12 : d.limit & 0xfffff;
  const std::uint64_t base = d.base;
  return (limit & 0xffff) | ((base & 0xffffff) << 16) |
         (std::uint64_t{attributes_of(d)} & 0xff) << 40 | ((limit >> 16) & 0xf) << 48 |
         (std::uint64_t{attributes_of(d)} >> 12) << 52 | (base >> 24) << 56;
}

std::uint16_t attributes_of(const Descriptor& d) {
  std::uint32_t a = d.type & attribute::kTypeMask;
  a |= static_cast<std::uint32_t>(d.dpl & 3) << attribute::kDplShift;
  if (d.code_or_data)
    a |= attribute::S;
  if (d.present)
    a |= attribute::P;
  if (d.available)
    a |= attribute::AVL;
  if (d.long_mode)
    a |= attribute::L;
  if (d.default_32)
    a |= attribute::DB;
  if (d.granular)
    a |= attribute::G;
  return static_cast<std::uint16_t>(a);
}

Segment segment_of(std::uint16_t selector, const Descriptor& descriptor) {
  Segment s;
  s.selector = selector;
  s.base = descriptor.base;
  s.limit = descriptor.limit;
  s.attributes = attributes_of(descriptor);
  return s;
}

Descriptor descriptor_of(const Segment& segment) {
  Descriptor d;
  d.base = static_cast<std::uint32_t>(segment.base);
  d.limit = segment.limit;
  d.type = static_cast<std::uint8_t>(segment.attributes & attribute::kTypeMask);
  d.dpl = static_cast<std::uint8_t>(attribute::dpl(segment.attributes));
  d.code_or_data = (segment.attributes & attribute::S) != 0;
  d.present = (segment.attributes & attribute::P) != 0;
  d.available = (segment.attributes & attribute::AVL) != 0;
  d.long_mode = (segment.attributes & attribute::L) != 0;
  d.default_32 = (segment.attributes & attribute::DB) != 0;
  d.granular = (segment.attributes & attribute::G) != 0;
  return d;
}

Segment real_mode_segment(std::uint16_t selector) {
  Segment s;
  s.selector = selector;
  s.base = std::uint64_t{selector} << 4;
  s.limit = 0xffff;
  s.attributes = attribute::P | attribute::S | segment_type::kWritable | segment_type::kAccessed;
  return s;
}

Gate parse_gate(std::uint64_t raw) {
  Gate g;
  g.offset = bits(raw, 0, 16) | (bits(raw, 48, 16) << 16);
  g.selector = static_cast<std::uint16_t>(bits(raw, 16, 16));
  g.parameters = static_cast<std::uint8_t>(bits(raw, 32, 5));
  g.type = static_cast<std::uint8_t>(bits(raw, 40, 4));
  g.dpl = static_cast<std::uint8_t>(bits(raw, 45, 2));
  g.present = bits(raw, 47, 1) != 0;
  // With S set it is no gate at all: report a type that no gate has.
  if (bits(raw, 44, 1) != 0)
    g.type = 0;
  // A 16-bit gate has no upper offset half; those bytes are reserved there.
  if (!g.is_32_bit())
    g.offset &= 0xffff;
  return g;
}

std::uint64_t pack_gate(const Gate& g) {
  const std::uint64_t offset = g.offset;
  return (offset & 0xffff) | (std::uint64_t{g.selector} << 16) |
         (std::uint64_t{g.parameters} & 0x1f) << 32 | (std::uint64_t{g.type} & 0xf) << 40 |
         (std::uint64_t{g.dpl} & 3) << 45 | (std::uint64_t{g.present} << 47) | (offset >> 16) << 48;
}

}  // namespace gv::x86
