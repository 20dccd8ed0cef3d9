// SPDX-License-Identifier: MIT
//
// descriptor_test.cpp - eight bytes to fields and back.

#include "x86/descriptor.h"

#include "x86/exceptions.h"

#include <gtest/gtest.h>

#include <array>

namespace gv::x86 {
namespace {

TEST(Descriptor, reads_the_flat_code_segment_of_every_32_bit_kernel) {
  const Descriptor d = parse_descriptor(0x00cf9a000000ffffull);
  EXPECT_EQ(d.base, 0u);
  EXPECT_EQ(d.limit, 0xffffffffu);
  EXPECT_EQ(d.type, 0xa);
  EXPECT_EQ(d.dpl, 0);
  EXPECT_TRUE(d.is_code() && d.is_readable() && d.present && d.default_32 && d.granular);
  EXPECT_FALSE(d.is_writable() || d.is_conforming());
}

TEST(Descriptor, keeps_base_and_byte_limit_apart) {
  const Descriptor d = parse_descriptor(0x1240f2345678abcdull);
  EXPECT_EQ(d.base, 0x12345678u);
  EXPECT_EQ(d.limit, 0xabcdu);
  EXPECT_EQ(d.dpl, 3);
  EXPECT_TRUE(d.is_data() && d.is_writable());
}

TEST(Descriptor, packs_to_the_bytes_it_was_parsed_from) {
  constexpr std::array<std::uint64_t, 6> kRaw = {0x00cf9a000000ffff, 0x00cf92000000ffff,
                                                 0x00cffa000000ffff, 0x1240f2345678abcd,
                                                 0x00008b0010000067, 0xc0dfb3fedcba1234};
  for (const std::uint64_t raw : kRaw) {
    EXPECT_EQ(pack_descriptor(parse_descriptor(raw)), raw) << std::hex << raw;
  }
}

TEST(Descriptor, becomes_a_segment_and_back_without_loss) {
  const Descriptor d = parse_descriptor(0xc0dfb3fedcba1234);
  const Segment s = segment_of(0x2b, d);
  EXPECT_EQ(s.selector, 0x2b);
  EXPECT_EQ(attribute::dpl(s.attributes), d.dpl);
  EXPECT_EQ(descriptor_of(s), d);
}

TEST(Gate, reads_an_interrupt_gate_and_packs_it_back) {
  constexpr std::uint64_t kRaw = 0x0010ee0000081234ull;
  const Gate g = parse_gate(kRaw);
  EXPECT_EQ(g.offset, 0x00101234u);
  EXPECT_EQ(g.selector, 8);
  EXPECT_EQ(g.type, system_type::kInterruptGate32);
  EXPECT_EQ(g.dpl, 3);
  EXPECT_TRUE(g.present && g.clears_if());
  EXPECT_EQ(pack_gate(g), kRaw);
  EXPECT_FALSE(parse_gate(0x0010ef0000081234ull).clears_if());
}

TEST(Gate, is_no_gate_when_the_s_bit_is_set) {
  EXPECT_EQ(parse_gate(0x00cf9e000000ffffull).type, 0);
}

TEST(Selector, comes_apart_into_index_table_and_rpl) {
  EXPECT_EQ(selector_index(0x2f), 5);
  EXPECT_TRUE(selector_in_ldt(0x2f));
  EXPECT_EQ(selector_rpl(0x2f), 3);
  EXPECT_EQ(selector_offset(0x2f), 0x28);
  EXPECT_TRUE(selector_is_null(0x03));
  EXPECT_FALSE(selector_is_null(0x04));
  EXPECT_EQ(with_rpl(0x08, 1), 0x09);
}

TEST(Exceptions, push_an_error_code_exactly_where_the_manual_says) {
  for (int v = 0; v < 256; ++v) {
    const bool expected = v == 8 || v == 10 || v == 11 || v == 12 || v == 13 || v == 14 || v == 17;
    EXPECT_EQ(has_error_code(static_cast<std::uint8_t>(v)), expected) << v;
  }
  EXPECT_EQ(symbol_of_vector(kGeneralProtection), "#GP");
  EXPECT_EQ(name_of_vector(kPageFault), "page fault");
  EXPECT_EQ(name_of_vector(32), "");
}

}  // namespace
}  // namespace gv::x86
