// SPDX-License-Identifier: MIT

#include "loader/multiboot.h"

#include "sample_images.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::string refusal(const ImageBytes& image, const std::string& command_line = "") {
  MachineConfig config = config_of(image, ImageKind::Multiboot);
  config.command_line = command_line;
  MemoryOfTest memory;
  const auto loaded = load_image(config, memory);
  return loaded ? "accepted" : loaded.error().message;
}

TEST(MultibootHeaderSearch, FindsItAnywhereInTheFirst8KiB) {
  for (const std::size_t at : {0u, 4u, 0x100u, 8192u - 12u}) {
    SampleElf image;
    image.multiboot_header(at, 0);
    const auto header = find_multiboot_header(image.bytes);
    ASSERT_TRUE(header.has_value()) << at;
    EXPECT_EQ(header->offset, at);
  }
}

TEST(MultibootHeaderSearch, IgnoresWhatIsUnalignedBehindOrWrong) {
  for (const std::size_t at : {2u, 8192u - 8u, 8192u}) {
    SampleElf image;
    image.multiboot_header(at, 0);
    EXPECT_FALSE(find_multiboot_header(image.bytes).has_value()) << at;
  }
  SampleElf bad_sum;
  bad_sum.multiboot_header(0x100, 0);
  bad_sum.u32(0x108, 1);
  EXPECT_FALSE(find_multiboot_header(bad_sum.bytes).has_value());
  SampleAddressKernel cut;
  cut.bytes.resize(0x3c);
  EXPECT_FALSE(find_multiboot_header(cut.bytes).has_value()) << "its last field is missing";
}

TEST(Multiboot, RefusesDemandsThatItCannotMeet) {
  SampleElf unknown;
  unknown.multiboot_header(0x100, 0x10);
  EXPECT_EQ(refusal(unknown),
            "sample: its multiboot header demands features that version 1 does not define (0x10); "
            "clear those bits of its flags");
  SampleElf graphics;
  graphics.multiboot_header(0x100, 4);
  graphics.u32(0x100 + 32, 0);
  EXPECT_EQ(refusal(graphics),
            "sample: its multiboot header demands a graphics mode and this machine has a text "
            "screen; clear bit 2 of its flags");
  EXPECT_EQ(refusal(SampleElf(true), std::string(20'000, 'x')),
            "sample: the command line has 20000 bytes and 11775 fit; shorten --cmdline");
}

TEST(Multiboot, DescribesTheTextScreenWhenAskedFor) {
  SampleElf text;
  text.multiboot_header(0x100, 4);
  text.u32(0x100 + 32, 1);
  MemoryOfTest memory;
  const auto loaded = load_image(config_of(text), memory);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_NE(memory.u32(0x9000) & 0x1000, 0u);
  EXPECT_EQ(memory.u32(0x9000 + 88), 0xb8000u);
  EXPECT_EQ(memory.bytes[0x9000 + 109], 2);
}

// One wrong field of the address scheme, and what is said about it.
struct AddressCase {
  std::size_t at;
  std::uint32_t value;
  const char* message;
};

class Addresses : public ::testing::TestWithParam<AddressCase> {};

TEST_P(Addresses, AreCheckedAgainstTheFile) {
  SampleAddressKernel kernel;
  kernel.u32(GetParam().at, GetParam().value);
  EXPECT_EQ(refusal(kernel), "sample: the addresses in its multiboot header are wrong: " +
                                 std::string(GetParam().message) +
                                 "; correct them or clear bit 16 of its flags");
}

INSTANTIATE_TEST_SUITE_P(
    Fields, Addresses,
    ::testing::Values(AddressCase{0x2c, 0x0fffff, "load_addr is above header_addr"},
                      AddressCase{0x2c, 0x100400, "load_addr lies before the start of the file"},
                      AddressCase{0x34, 0x100000, "load_end_addr is not above load_addr"},
                      AddressCase{0x34, 0x100201, "load_end_addr lies behind the end of the file"},
                      AddressCase{0x38, 0x100100, "bss_end_addr is below load_end_addr"},
                      AddressCase{0x3c, 0x100200, "entry_addr lies outside of what is loaded"},
                      AddressCase{0x3c, 0x000000, "entry_addr lies outside of what is loaded"}));

TEST(Multiboot, LoadsToTheEndOfTheFileWhenNoEndIsGiven) {
  SampleAddressKernel kernel;
  kernel.u32(0x34, 0);
  kernel.u32(0x38, 0);
  kernel.u8(0x2ff, 0x5a);
  MemoryOfTest memory;
  ASSERT_TRUE(load_image(config_of(kernel), memory).has_value());
  EXPECT_EQ(memory.bytes[0x1002ff], 0x5a);
}

TEST(Multiboot, NeedsAddressesOrElf) {
  ImageBytes bare;
  bare.u32(0, 0x1badb002);
  bare.u32(4, 0);
  bare.u32(8, 0u - 0x1badb002u);
  EXPECT_EQ(refusal(bare),
            "sample: has a multiboot header without load addresses and is no ELF file; set bit 16 "
            "of its flags and the five addresses, or link it as ELF");
}

}  // namespace
}  // namespace gv
