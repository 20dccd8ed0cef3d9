// SPDX-License-Identifier: MIT
//
// disassemble_test.cpp - the text that people read.

#include "x86/disassemble.h"

#include <gtest/gtest.h>

#include <vector>

namespace gv::x86 {
namespace {

std::string text(std::vector<std::uint8_t> bytes, const Symbolizer& symbolizer = {}) {
  return disassemble(bytes.data(), bytes.size(), Gva(0x1000), CodeSize::Bits32, symbolizer).text;
}

TEST(Disassemble, writes_intel_syntax) {
  EXPECT_EQ(text({0x0f, 0x22, 0xd8}), "mov cr3, eax");
  EXPECT_EQ(text({0xfa}), "cli");
  EXPECT_EQ(text({0xe6, 0x80}), "out 0x80, al");
  EXPECT_EQ(text({0xb8, 0xf8, 0x03, 0, 0}), "mov eax, 0x3f8");
}

TEST(Disassemble, resolves_branch_targets) {
  EXPECT_EQ(text({0xeb, 0x0e}), "jmp 0x1010");
  const Symbolizer names = [](Gva a) {
    return a == Gva(0x1010) ? std::string("schedule+0x4") : std::string();
  };
  EXPECT_EQ(text({0xeb, 0x0e}, names), "jmp schedule+0x4");
  EXPECT_EQ(text({0xeb, 0x0f}, names), "jmp 0x1011");
}

TEST(Disassemble, survives_names_longer_than_a_line) {
  const Symbolizer names = [](Gva) { return std::string(5000, 'x'); };
  const std::vector<std::uint8_t> jump = {0xeb, 0x0e};
  const auto line = disassemble(jump.data(), jump.size(), Gva(0x1000), CodeSize::Bits32, names);
  EXPECT_TRUE(line.valid);
  EXPECT_EQ(line.length, 2);
}

TEST(Disassemble, moves_on_by_one_byte_where_there_is_no_instruction) {
  const std::vector<std::uint8_t> bad = {0x0f};
  const auto line = disassemble(bad.data(), bad.size(), Gva(0), CodeSize::Bits32);
  EXPECT_FALSE(line.valid);
  EXPECT_EQ(line.text, "(bad)");
  EXPECT_EQ(line.length, 1);
}

}  // namespace
}  // namespace gv::x86
