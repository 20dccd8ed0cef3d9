// SPDX-License-Identifier: MIT

#include "loader/elf32.h"

#include "sample_images.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::string refusal(const SampleElf& elf) {
  const auto parsed = parse_elf32(ImageName{"k.elf"}, elf.bytes);
  return parsed ? "accepted" : parsed.error().message;
}

TEST(Elf32Symbols, AreFunctionsObjectsAndLabelsByAddress) {
  const auto symbols = elf32_symbols(SampleElf().bytes);
  ASSERT_EQ(symbols.size(), 3u);
  EXPECT_EQ(symbols[0].name, "main");
  EXPECT_EQ(symbols[0].address, Gva(SampleElf::kEntry));
  EXPECT_EQ(symbols[0].size, 0x20u);
  EXPECT_EQ(symbols[1].name, "label");
  EXPECT_EQ(symbols[2].name, "table");
}

TEST(Elf32Symbols, AreMissingRatherThanWrongWhenTheTableIsDamaged) {
  SampleElf outside;
  outside.section(3, 2, 0x10000000, 5 * 16, 4);
  EXPECT_TRUE(elf32_symbols(outside.bytes).empty());
  EXPECT_EQ(refusal(outside), "accepted") << "names are not needed to boot";

  SampleElf no_strings;
  no_strings.section(3, 2, 0x340, 5 * 16, 77);
  EXPECT_TRUE(elf32_symbols(no_strings.bytes).empty());

  SampleElf wild_name;
  wild_name.symbol(2, 0x7fffffff, SampleElf::kEntry, 0, 1, 2);
  EXPECT_EQ(elf32_symbols(wild_name.bytes).size(), 2u);

  SampleElf unterminated;
  unterminated.section(4, 3, 0x300, 3, 0);
  EXPECT_TRUE(elf32_symbols(unterminated.bytes).empty());
}

TEST(Elf32, MovesAnEntryAlongWithASegmentLinkedHigh) {
  SampleElf high;
  high.u32(0x34 + 8, 0xc0100000);  // p_vaddr
  high.u32(24, 0xc0100010);
  const auto parsed = parse_elf32(ImageName{"k.elf"}, high.bytes);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->entry, 0x100010u);
}

TEST(Elf32, RefusesWhatItCannotLoadWithAReasonAndAMend) {
  SampleElf wide;
  wide.u8(4, 2);
  EXPECT_EQ(refusal(wide),
            "k.elf: is a 64-bit ELF file, and this version runs 32-bit guests; build it with -m32 "
            "and link it with -m elf_i386");
  SampleElf arm;
  arm.u16(18, 40);
  EXPECT_EQ(refusal(arm),
            "k.elf: is an ELF file for machine number 40, not for x86; build it for i386");
  SampleElf object;
  object.u16(16, 1);
  EXPECT_EQ(refusal(object),
            "k.elf: is an object file that is not linked yet; link it with ld -m elf_i386");
  SampleElf shared;
  shared.u16(16, 3);
  EXPECT_EQ(refusal(shared),
            "k.elf: is position-independent and has no fixed addresses; link it with -no-pie");
  SampleElf beyond;
  beyond.segment(1, 0x200, 0x200000, 0x1000, 0x1000);
  EXPECT_EQ(refusal(beyond),
            "k.elf: is a truncated ELF file: segment 1 ends at byte 4608 of a file of 1224; copy "
            "or build it again");
  SampleElf nowhere;
  nowhere.u32(24, 0x500000);
  EXPECT_EQ(refusal(nowhere),
            "k.elf: starts at 0x500000, outside of everything it loads; name the entry symbol when "
            "linking (-e)");
  SampleElf no_load;
  no_load.u32(0x34, 4);
  no_load.u32(0x54, 4);
  EXPECT_EQ(refusal(no_load),
            "k.elf: has no loadable segment; link at least one section with contents");
  SampleElf inside_out;
  inside_out.segment(1, 0x200, 0x200000, 0x10, 0x8);
  EXPECT_EQ(refusal(inside_out),
            "k.elf: segment 1 has more bytes in the file than in memory; build it again");
  SampleElf top;
  top.segment(1, 0x200, 0xfffffff0, 0x10, 0x1000);
  EXPECT_EQ(refusal(top), "k.elf: segment 1 ends above 4 GiB; link it at 1 MiB (0x100000)");
}

}  // namespace
}  // namespace gv
