// SPDX-License-Identifier: MIT

#include "loader/bzimage.h"

#include "sample_images.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::string refusal(const ImageBytes& image, const std::string& command_line = "") {
  MachineConfig config = config_of(image, ImageKind::BzImage);
  config.command_line = command_line;
  MemoryOfTest memory;
  const auto loaded = load_image(config, memory);
  if (!loaded) {
    EXPECT_EQ(memory.writes, 0) << "a refused image leaves memory alone";
  }
  return loaded ? "accepted" : loaded.error().message;
}

TEST(BzImage, IsKnownByItsHeaderAndNotTakenForABootSector) {
  EXPECT_EQ(detect_image_kind(SampleBzImage().bytes), ImageKind::BzImage);
  EXPECT_EQ(name_of(ImageKind::BzImage), "bzimage");
}

TEST(BzImage, LoadsItsProtectedModePartAtOneMiBAndEntersItAsTheProtocolSays) {
  const SampleBzImage image;
  MemoryOfTest memory;
  const auto loaded = load_image(config_of(image), memory);
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->kind, ImageKind::BzImage);
  EXPECT_FALSE(loaded->real_mode);
  EXPECT_EQ(memory.text(0x100000), "the kernel itself");
  const RegisterFile& entry = loaded->entry;
  EXPECT_EQ(entry.rip, 0x100000u);
  EXPECT_EQ(entry[Gpr::Si], 0x9000u);
  EXPECT_EQ(entry[Gpr::Bx] | entry[Gpr::Bp] | entry[Gpr::Di], 0u);
  EXPECT_EQ(entry[SegmentName::Cs], (Segment{0x10, 0, 0xffffffff, 0xc09b}));
  EXPECT_EQ(entry[SegmentName::Ds], (Segment{0x18, 0, 0xffffffff, 0xc093}));
  EXPECT_EQ(entry.rflags & 0x200, 0u);
  // The descriptors in memory say the same.
  EXPECT_EQ(entry.gdtr, (DescriptorTableRegister{0x8000, 0x1f}));
  EXPECT_EQ(memory.u32(0x8010), 0x0000ffffu);
  EXPECT_EQ(memory.u32(0x8014), 0x00cf9b00u);
  EXPECT_EQ(memory.u32(0x801c), 0x00cf9300u);
}

TEST(BzImage, FindsItsOwnHeaderTheMemoryMapAndTheCommandLineInTheZeroPage) {
  MachineConfig config = config_of(SampleBzImage());
  config.command_line = "nosmp";
  MemoryOfTest memory;
  ASSERT_TRUE(load_image(config, memory));
  constexpr std::uint64_t kPage = 0x9000;
  EXPECT_EQ(memory.u32(kPage + 0x202), 0x53726448u);
  EXPECT_EQ(memory.u32(kPage + 0x230), 0x12345678u) << "a field that only the kernel understands";
  EXPECT_EQ(memory.bytes[kPage + 0x210], 0xff) << "a loader without a number";
  EXPECT_EQ(memory.text(memory.u32(kPage + 0x228)), "nosmp");
  EXPECT_EQ(memory.bytes[kPage + 0x07], 80);
  EXPECT_EQ(memory.bytes[kPage + 0x0e], 25);
  EXPECT_EQ(memory.bytes[kPage + 0x0f], 1);
  EXPECT_EQ(memory.u32(kPage + 0x1e0), 31u * 1024);
  ASSERT_EQ(memory.bytes[kPage + 0x1e8], 4);
  std::uint64_t available = 0, last_end = 0;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const std::uint64_t at = kPage + 0x2d0 + i * 20;
    EXPECT_GE(memory.u32(at), last_end) << "sorted, without overlap";
    last_end = std::uint64_t{memory.u32(at)} + memory.u32(at + 8);
    available += memory.u32(at + 16) == 1 ? memory.u32(at + 8) : 0;
  }
  EXPECT_EQ(last_end, 32u << 20);
  EXPECT_EQ(available, (31u << 20) + 0x9fc00);
}

TEST(BzImage, RefusesWhatIsBrokenOrTooOldInOneSentence) {
  EXPECT_EQ(refusal(SampleBootSector()),
            "sample: is not a bzImage: it lacks 55 aa at 0x1fe or HdrS at 0x202; choose another "
            "image kind");
  SampleBzImage old;
  old.u16(0x206, 0x201);
  EXPECT_EQ(refusal(old),
            "sample: speaks version 2.01 of Linux' boot protocol, and 2.02 is the oldest that is "
            "known here; choose a newer kernel");
  SampleBzImage low;
  low.u8(0x211, 0);
  EXPECT_EQ(refusal(low), "sample: is a zImage, which loads below 1 MiB; build it as a bzImage");
  SampleBzImage no_kernel;
  no_kernel.u8(0x1f1, 40);
  EXPECT_EQ(refusal(no_kernel),
            "sample: is a truncated bzImage: its real-mode part has 20992 bytes and the file 2048; "
            "copy it again");
  SampleBzImage cut;
  cut.bytes.resize(1800);
  EXPECT_EQ(refusal(cut),
            "sample: is a truncated bzImage: its header announces 512 bytes of kernel and 264 are "
            "there; copy it again");
  SampleBzImage empty;
  empty.u32(0x1f4, 0);
  EXPECT_EQ(refusal(empty),
            "sample: is a truncated bzImage: its header announces 0 bytes of kernel and 512 are "
            "there; copy it again");
  SampleBzImage astray;
  astray.u32(0x214, 0x90000);
  EXPECT_EQ(refusal(astray),
            "sample: starts at 0x90000, outside of what it loads at 0x100000; its header's "
            "code32_start is wrong");
  SampleBzImage greedy;
  greedy.u32(0x260, 64 << 20);
  EXPECT_EQ(refusal(greedy), "sample: needs 65 MiB of memory but the guest has 32; raise --memory");
}

TEST(BzImage, HoldsTheCommandLineToTheLengthThatTheKernelNames) {
  SampleBzImage image;
  EXPECT_EQ(refusal(image, std::string(255, 'x')), "accepted");
  EXPECT_EQ(refusal(image, std::string(256, 'x')),
            "sample: the command line has 256 bytes and 255 fit; shorten --cmdline");
  image.u32(0x238, 1 << 20);
  EXPECT_EQ(refusal(image, std::string(8192, 'x')),
            "sample: the command line has 8192 bytes and 8191 fit; shorten --cmdline");
}

}  // namespace
}  // namespace gv
