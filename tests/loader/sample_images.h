// SPDX-License-Identifier: MIT
//
// sample_images.h - guest images made byte by byte, as the specifications say.
//
// Tests change single fields of them, so they are built here and not by a
// linker. MemoryOfTest is guest memory that a test can look into.

#pragma once

#include "loader/image.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace gv {

class MemoryOfTest final : public GuestMemorySink {
 public:
  explicit MemoryOfTest(std::uint64_t mib = 32) : bytes(static_cast<std::size_t>(mib << 20)) {}
  std::uint64_t size() const override { return bytes.size(); }
  void write(Gpa address, std::span<const std::uint8_t> from) override {
    GV_CHECK(address.value <= bytes.size() && from.size() <= bytes.size() - address.value);
    std::copy(from.begin(), from.end(), bytes.begin() + static_cast<std::ptrdiff_t>(address.value));
    ++writes;
  }
  std::uint32_t u32(std::uint64_t at) const {
    std::uint32_t value = 0;
    std::memcpy(&value, bytes.data() + at, 4);
    return value;
  }
  std::string text(std::uint64_t at) const {
    return reinterpret_cast<const char*>(bytes.data() + at);
  }

  std::vector<std::uint8_t> bytes;
  int writes = 0;
};

class ImageBytes {
 public:
  void u8(std::size_t at, std::uint32_t v) { put(at, v, 1); }
  void u16(std::size_t at, std::uint32_t v) { put(at, v, 2); }
  void u32(std::size_t at, std::uint32_t v) { put(at, v, 4); }
  void text(std::size_t at, std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
      u8(at + i, static_cast<std::uint8_t>(text[i]));
  }
  void grow(std::size_t size) { bytes.resize(std::max(bytes.size(), size)); }
  std::vector<std::uint8_t> bytes;

 private:
  void put(std::size_t at, std::uint32_t v, std::size_t n) {
    grow(at + n);
    for (std::size_t i = 0; i < n; ++i)
      bytes[at + i] = static_cast<std::uint8_t>(v >> (8 * i));
  }
};

// A small kernel:
//   0000 ELF header         0034 two program headers
//   0100 text: multiboot header (when asked for), then code   -> 0x100000
//   0200 data, 16 bytes of file, 4096 of memory               -> 0x200000
//   0300 symbol names   0340 symbols   0400 five section headers
struct SampleElf : ImageBytes {
  static constexpr std::uint32_t kEntry = 0x100010;

  explicit SampleElf(bool multiboot = false) {
    text(0,
         "\x7f"
         "ELF");
    u8(4, 1);  // 32-bit
    u8(5, 1);  // little-endian
    u8(6, 1);
    u16(16, 2);  // executable
    u16(18, 3);  // 386
    u32(20, 1);
    u32(24, kEntry);
    u32(28, 0x34);
    u32(32, 0x400);
    u16(40, 52);
    u16(42, 32);
    u16(44, 2);
    u16(46, 40);
    u16(48, 5);
    segment(0, 0x100, 0x100000, 0x100, 0x100);
    segment(1, 0x200, 0x200000, 0x10, 0x1000);
    for (std::size_t i = 0; i < 0x100; ++i)
      u8(0x100 + i, 0x90);
    if (multiboot)
      multiboot_header(0x100, 3);
    text(0x200, "initialised data");
    // Names: 1 main, 6 table, 12 label, 18 file.c
    text(0x300, std::string_view("\0main\0table\0label\0file.c\0", 25));
    symbol(1, 12, 0x200000, 0, 2, 0);  // an assembler's label has neither size nor kind
    symbol(2, 1, kEntry, 0x20, 1, 2);
    symbol(3, 6, 0x200004, 8, 2, 1);
    symbol(4, 18, 0, 0, 0xfff1, 4);
    section(1, 1, 0x100, 0x100, 0);
    section(2, 1, 0x200, 0x10, 0);
    section(3, 2, 0x340, 5 * 16, 4);
    section(4, 3, 0x300, 25, 0);
    grow(0x400 + 5 * 40);
  }
  void segment(std::size_t i, std::uint32_t offset, std::uint32_t address, std::uint32_t in_file,
               std::uint32_t in_memory) {
    const std::size_t at = 0x34 + i * 32;
    u32(at, 1);
    u32(at + 4, offset);
    u32(at + 8, address);
    u32(at + 12, address);
    u32(at + 16, in_file);
    u32(at + 20, in_memory);
    u32(at + 24, 7);
  }
  void symbol(std::size_t i, std::uint32_t name, std::uint32_t value, std::uint32_t size,
              std::uint32_t home, std::uint32_t type) {
    const std::size_t at = 0x340 + i * 16;
    u32(at, name);
    u32(at + 4, value);
    u32(at + 8, size);
    u8(at + 12, 0x10 | type);
    u16(at + 14, home);
  }
  void section(std::size_t i, std::uint32_t type, std::uint32_t offset, std::uint32_t size,
               std::uint32_t link) {
    const std::size_t at = 0x400 + i * 40;
    u32(at + 4, type);
    u32(at + 16, offset);
    u32(at + 20, size);
    u32(at + 24, link);
  }
  void multiboot_header(std::size_t at, std::uint32_t flags) {
    u32(at, 0x1badb002);
    u32(at + 4, flags);
    u32(at + 8, 0u - 0x1badb002u - flags);
  }
};

// A multiboot kernel without ELF: its header gives the addresses.
struct SampleAddressKernel : ImageBytes {
  SampleAddressKernel() {
    const std::uint32_t flags = 0x10003;
    u32(0x20, 0x1badb002);
    u32(0x24, flags);
    u32(0x28, 0u - 0x1badb002u - flags);
    u32(0x2c, 0x100020);  // header_addr
    u32(0x30, 0x100000);  // load_addr
    u32(0x34, 0x100200);  // load_end_addr
    u32(0x38, 0x101000);  // bss_end_addr
    u32(0x3c, 0x100100);  // entry_addr
    u8(0x100, 0xf4);
    grow(0x200);
  }
};

struct SampleBootSector : ImageBytes {
  explicit SampleBootSector(std::size_t bytes_of_disk = 512) {
    u8(0, 0xeb);
    u8(1, 0xfe);
    u16(510, 0xaa55);
    grow(bytes_of_disk);
  }
};

// A kernel of Linux' boot protocol 2.12: two sectors and one of real mode, one of kernel.
struct SampleBzImage : ImageBytes {
  SampleBzImage() {
    u8(0x1f1, 2);    // setup_sects
    u32(0x1f4, 32);  // syssize, in paragraphs
    u16(0x1fe, 0xaa55);
    u16(0x200, 0x66eb);  // a jump, whose second byte tells where the header ends
    text(0x202, "HdrS");
    u16(0x206, 0x20c);
    u8(0x211, 1);  // loaded high
    u32(0x214, 0x100000);
    u32(0x230, 0x12345678);
    u32(0x238, 255);
    u32(0x260, 0x8000);
    text(0x600, "the kernel itself");
    grow(0x800);
  }
};

inline MachineConfig config_of(const ImageBytes& image, ImageKind kind = ImageKind::Auto) {
  MachineConfig config;
  config.image_path = "sample";
  config.image = image.bytes;
  config.image_kind = kind;
  return config;
}

}  // namespace gv
