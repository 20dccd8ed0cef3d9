// SPDX-License-Identifier: MIT

#include "loader/image.h"

#include "sample_images.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

LoadedImage load(const MachineConfig& config, MemoryOfTest& memory) {
  auto loaded = load_image(config, memory);
  EXPECT_TRUE(loaded.has_value()) << (loaded ? "" : loaded.error().message);
  return loaded ? std::move(*loaded) : LoadedImage{};
}

std::string refusal(const MachineConfig& config, std::uint64_t mib = 32) {
  MemoryOfTest memory(mib);
  const auto loaded = load_image(config, memory);
  EXPECT_FALSE(loaded.has_value());
  EXPECT_EQ(memory.writes, 0) << "a refused image leaves memory alone";
  if (loaded)
    return "";
  EXPECT_EQ(loaded.error().code, ErrorCode::InvalidInput);
  return loaded.error().message;
}

TEST(ImageKindDetection, GoesByContent) {
  EXPECT_EQ(detect_image_kind(SampleElf(true).bytes), ImageKind::Multiboot);
  EXPECT_EQ(detect_image_kind(SampleElf(false).bytes), ImageKind::Elf32);
  EXPECT_EQ(detect_image_kind(SampleAddressKernel().bytes), ImageKind::Multiboot);
  EXPECT_EQ(detect_image_kind(SampleBootSector().bytes), ImageKind::BootSector);
  EXPECT_EQ(detect_image_kind(SampleBootSector(1440 * 1024).bytes), ImageKind::BootSector);
  EXPECT_EQ(detect_image_kind(std::vector<std::uint8_t>{0xf4}), ImageKind::Flat);
  EXPECT_EQ(detect_image_kind({}), ImageKind::Flat);
}

TEST(ElfLoading, PutsSegmentsAtTheirPhysicalAddresses) {
  const SampleElf elf;
  MemoryOfTest memory;
  const LoadedImage loaded = load(config_of(elf), memory);
  EXPECT_EQ(loaded.kind, ImageKind::Elf32);
  EXPECT_TRUE(std::equal(elf.bytes.begin() + 0x100, elf.bytes.begin() + 0x200,
                         memory.bytes.begin() + 0x100000));
  EXPECT_EQ(memory.text(0x200000), "initialised data");
  EXPECT_EQ(loaded.entry.rip, SampleElf::kEntry);
  EXPECT_FALSE(loaded.real_mode);
}

TEST(ElfLoading, StartsInFlatProtectedModeWithAGdt) {
  MemoryOfTest memory;
  const RegisterFile entry = load(config_of(SampleElf()), memory).entry;
  EXPECT_EQ(entry.cr0 & 0x80000001, 1u) << "protected mode, no paging";
  EXPECT_EQ(entry[SegmentName::Cs], (Segment{0x08, 0, 0xffffffff, 0xc09b}));
  EXPECT_EQ(entry[SegmentName::Ds], (Segment{0x10, 0, 0xffffffff, 0xc093}));
  EXPECT_EQ(entry.rflags, 2u) << "interrupts off";
  EXPECT_EQ(entry.cpl(), 0);
  EXPECT_EQ(entry.gdtr.base, 0x8000u);
  // The descriptors in memory say the same as the hidden parts of the registers.
  EXPECT_EQ(memory.u32(0x8008), 0x0000ffffu);
  EXPECT_EQ(memory.u32(0x800c), 0x00cf9b00u);
  EXPECT_EQ(memory.u32(0x8014), 0x00cf9300u);
}

TEST(MultibootLoading, HandsOverMagicAndInformation) {
  MachineConfig config = config_of(SampleElf(true));
  config.command_line = "quick=1 verbose";
  MemoryOfTest memory;
  const LoadedImage loaded = load(config, memory);
  EXPECT_EQ(loaded.kind, ImageKind::Multiboot);
  EXPECT_EQ(loaded.entry[Gpr::Ax], 0x2badb002u);
  const std::uint64_t info = loaded.entry[Gpr::Bx];
  EXPECT_EQ(info, 0x9000u);
  EXPECT_EQ(memory.u32(info), 0x245u) << "memory, command line, map, loader name";
  EXPECT_EQ(memory.u32(info + 4), 639u);
  EXPECT_EQ(memory.u32(info + 8), 31u * 1024);
  EXPECT_EQ(memory.text(memory.u32(info + 16)), "quick=1 verbose");
  EXPECT_EQ(memory.text(memory.u32(info + 64)), "Glassvisor");
}

TEST(MultibootLoading, DescribesMemoryInTheMap) {
  MemoryOfTest memory;
  const std::uint64_t info = load(config_of(SampleElf(true)), memory).entry[Gpr::Bx];
  std::uint64_t at = memory.u32(info + 48), end = at + memory.u32(info + 44);
  std::uint64_t available = 0, last_end = 0;
  while (at < end) {
    const std::uint64_t start = memory.u32(at + 4), bytes = memory.u32(at + 12);
    EXPECT_GE(start, last_end) << "sorted, without overlap";
    last_end = start + bytes;
    if (memory.u32(at + 20) == 1)
      available += bytes;
    at += memory.u32(at) + 4;
  }
  EXPECT_EQ(at, end);
  EXPECT_EQ(last_end, 32u << 20);
  EXPECT_EQ(available, (31u << 20) + 0x9fc00);
}

TEST(MultibootLoading, TakesAddressesFromTheHeaderOfAFlatKernel) {
  MemoryOfTest memory;
  const LoadedImage loaded = load(config_of(SampleAddressKernel()), memory);
  EXPECT_EQ(loaded.kind, ImageKind::Multiboot);
  EXPECT_EQ(loaded.entry.rip, 0x100100u);
  EXPECT_EQ(memory.bytes[0x100100], 0xf4);
}

TEST(BootSectorLoading, StartsInRealModeAt7c00) {
  MemoryOfTest memory;
  const LoadedImage loaded = load(config_of(SampleBootSector()), memory);
  EXPECT_EQ(loaded.kind, ImageKind::BootSector);
  EXPECT_TRUE(loaded.real_mode);
  EXPECT_EQ(loaded.entry.rip, 0x7c00u);
  EXPECT_EQ(loaded.entry[SegmentName::Cs], (Segment{0, 0, 0xffff, 0x9b}));
  EXPECT_EQ(loaded.entry.cr0 & 1, 0u);
  EXPECT_EQ(loaded.entry[Gpr::Dx], 0x80u);
  EXPECT_EQ(memory.bytes[0x7c00], 0xeb);
  EXPECT_EQ(memory.bytes[0x7dff], 0xaa);
}

TEST(BootSectorLoading, LoadsOneSectorOfADiskAndBootsFloppiesAsDrive0) {
  SampleBootSector floppy(1440 * 1024);
  floppy.u8(512, 0x77);
  MemoryOfTest memory;
  const LoadedImage loaded = load(config_of(floppy), memory);
  EXPECT_EQ(loaded.boot_drive, 0x00);
  EXPECT_EQ(loaded.entry[Gpr::Dx], 0x00u);
  EXPECT_EQ(memory.bytes[0x7e00], 0) << "the rest the guest reads itself";
}

TEST(FlatLoading, StartsAtOneMiBWithItsFirstByte) {
  ImageBytes flat;
  flat.u32(0, 0xf4909090);
  MemoryOfTest memory;
  const LoadedImage loaded = load(config_of(flat), memory);
  EXPECT_EQ(loaded.kind, ImageKind::Flat);
  EXPECT_EQ(loaded.entry.rip, 0x100000u);
  EXPECT_EQ(memory.u32(0x100000), 0xf4909090u);
  EXPECT_EQ(memory.u32(0x800c), 0x00cf9b00u);
}

TEST(ImageRefusal, NamesTheFileAndTheMend) {
  EXPECT_EQ(refusal(config_of(ImageBytes{})),
            "sample: is empty; give an image with at least one instruction");

  ImageBytes big;
  big.grow(40 << 20);
  EXPECT_EQ(refusal(config_of(big)),
            "sample: needs 41 MiB of memory but the guest has 32; raise --memory");

  SampleElf large_bss;
  large_bss.segment(1, 0x200, 0x200000, 0x10, 100 << 20);
  EXPECT_EQ(refusal(config_of(large_bss)),
            "sample: needs 102 MiB of memory but the guest has 32; raise --memory");

  MachineConfig no_memory = config_of(SampleElf());
  no_memory.memory_mib = 0;
  EXPECT_EQ(refusal(no_memory), "memory of 0 MiB is outside 1 to 2048; change --memory");
}

TEST(ImageRefusal, ProtectsTheBootStructuresAndVideoMemory) {
  SampleElf low;
  low.segment(0, 0x100, 0x8800, 0x100, 0x100);
  low.u32(24, 0x8800);
  EXPECT_EQ(refusal(config_of(low)),
            "sample: loads at 0x8800 to 0x88ff, over the boot structures at 0x8000 to 0x8fff; "
            "link it at 1 MiB (0x100000)");
  SampleElf video;
  video.segment(0, 0x100, 0xb8000, 0x100, 0x100);
  video.u32(24, 0xb8000);
  EXPECT_EQ(refusal(config_of(video)),
            "sample: loads at 0xb8000 to 0xb80ff, over video memory or the BIOS; link it at 1 MiB "
            "(0x100000)");
  SampleElf twice;
  twice.segment(1, 0x200, 0x100080, 0x10, 0x10);
  EXPECT_EQ(refusal(config_of(twice)),
            "sample: two segments overlap at 0x100080; give each its own addresses in the linker "
            "script");
}

TEST(ImageRefusal, HoldsAnImageToTheKindItWasCalled) {
  EXPECT_EQ(refusal(config_of(SampleElf(), ImageKind::Multiboot)),
            "sample: has no multiboot header in its first 8 KiB; check its alignment and "
            "checksum, or choose another image kind");
  EXPECT_EQ(refusal(config_of(SampleBootSector(), ImageKind::Elf32)),
            "sample: is not an ELF file; choose another image kind");
  EXPECT_EQ(refusal(config_of(SampleElf(), ImageKind::BootSector)),
            "sample: is not a boot sector: bytes 510 and 511 are not 55 aa; end it with dw 0xaa55");
  ImageBytes tiny;
  tiny.u8(0, 0xf4);
  EXPECT_EQ(refusal(config_of(tiny, ImageKind::BootSector)),
            "sample: has 1 bytes and a boot sector has 512; pad it with times 510-($-$$) db 0");
  MemoryOfTest memory;
  EXPECT_TRUE(load_image(config_of(SampleElf(), ImageKind::Flat), memory).has_value())
      << "anything can be run as it is";
}

TEST(BootDrive, IsAFloppyOnlyByTheExactSizesOfFloppies) {
  EXPECT_EQ(boot_drive_for(1440 * 1024), 0x00);
  EXPECT_EQ(boot_drive_for(360 * 1024), 0x00);
  EXPECT_EQ(boot_drive_for(512), 0x80);
  EXPECT_EQ(boot_drive_for(1440 * 1024 + 512), 0x80);
}

}  // namespace
}  // namespace gv
