// SPDX-License-Identifier: MIT

#include "loader/multiboot.h"

#include "loader/boot_memory_map.h"
#include "loader/byte_view.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint64_t kSearchBytes = 8192;
constexpr std::uint32_t kKnownDemands = 0x7;  // page-align modules, memory size, video mode

constexpr std::uint64_t kMapOffset = 0x80, kNameOffset = 0x100, kCommandLineOffset = 0x200;
constexpr char kLoaderName[] = "Glassvisor";

// Bits of the information structure's flags: which fields are valid.
constexpr std::uint32_t kMemory = 1 << 0, kCommandLine = 1 << 2, kMemoryMap = 1 << 6,
                        kBootLoaderName = 1 << 9, kFrameBuffer = 1 << 12;

// Writes little-endian values at offsets of the information block.
class InformationBlock {
 public:
  void u32(std::uint64_t offset, std::uint64_t value) { put(offset, value, 4); }
  void u64(std::uint64_t offset, std::uint64_t value) { put(offset, value, 8); }
  void u8(std::uint64_t offset, std::uint64_t value) { put(offset, value, 1); }
  void text(std::uint64_t offset, const std::string& text) {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      u8(offset + i, i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0u);
    }
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  void put(std::uint64_t offset, std::uint64_t value, std::uint64_t count) {
    if (bytes_.size() < offset + count)
      bytes_.resize(static_cast<std::size_t>(offset + count));
    for (std::uint64_t i = 0; i < count; ++i) {
      bytes_[static_cast<std::size_t>(offset + i)] = static_cast<std::uint8_t>(value >> (8 * i));
    }
  }
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

std::optional<MultibootHeader> find_multiboot_header(std::span<const std::uint8_t> image) {
  const ByteView file(image);
  for (std::uint64_t at = 0; at + 12 <= std::min(file.size(), kSearchBytes); at += 4) {
    if (file.u32(at) != kMultibootHeaderMagic)
      continue;
    MultibootHeader header;
    header.offset = at;
    header.flags = file.u32(at + 4);
    if (kMultibootHeaderMagic + header.flags + file.u32(at + 8) != 0)
      continue;
    // A header that ends with the file lacks the fields its flags announce.
    const std::uint64_t length = header.wants_video() ? 48 : header.has_addresses() ? 32 : 12;
    if (!file.contains(at, length))
      continue;
    if (header.has_addresses()) {
      header.header_address = file.u32(at + 12);
      header.load_address = file.u32(at + 16);
      header.load_end = file.u32(at + 20);
      header.bss_end = file.u32(at + 24);
      header.entry = file.u32(at + 28);
    }
    if (header.wants_video())
      header.video_mode_type = file.u32(at + 32);
    return header;
  }
  return std::nullopt;
}

Result<void> check_multiboot_demands(const ImageName& name, const MultibootHeader& header) {
  if (const std::uint32_t unknown = header.flags & 0xffff & ~kKnownDemands; unknown != 0) {
    return name.error("its multiboot header demands features that version 1 does not define (" +
                      hex_address(unknown) + "); clear those bits of its flags");
  }
  if (header.wants_video() && header.video_mode_type != 1) {
    return name.error(
        "its multiboot header demands a graphics mode and this machine has a text screen; clear "
        "bit 2 of its flags");
  }
  return {};
}

Result<Piece> multiboot_address_piece(const ImageName& name, const MultibootHeader& header,
                                      std::span<const std::uint8_t> image) {
  const ByteView file(image);
  const auto bad = [&](const std::string& what) {
    return name.error("the addresses in its multiboot header are wrong: " + what +
                      "; correct them or clear bit 16 of its flags");
  };
  if (header.load_address > header.header_address) {
    return bad("load_addr is above header_addr");
  }
  const std::uint64_t before_header = header.header_address - header.load_address;
  if (before_header > header.offset)
    return bad("load_addr lies before the start of the file");
  const std::uint64_t start = header.offset - before_header;
  std::uint64_t length = file.size() - start;  // load_end_addr 0: to the end of the file
  if (header.load_end != 0) {
    if (header.load_end <= header.load_address)
      return bad("load_end_addr is not above load_addr");
    length = header.load_end - header.load_address;
  }
  const auto bytes = file.part(start, length);
  if (!bytes)
    return bad("load_end_addr lies behind the end of the file");
  std::uint64_t memory_bytes = length;
  if (header.bss_end != 0) {
    if (header.bss_end < header.load_address + length)
      return bad("bss_end_addr is below load_end_addr");
    memory_bytes = header.bss_end - header.load_address;
  }
  if (header.entry < header.load_address || header.entry - header.load_address >= length) {
    return bad("entry_addr lies outside of what is loaded");
  }
  return Piece{header.load_address, *bytes, memory_bytes};
}

Result<std::vector<std::uint8_t>> multiboot_information(const ImageName& name,
                                                        const std::string& command_line,
                                                        std::uint64_t memory_bytes,
                                                        const MultibootHeader& header) {
  constexpr std::uint64_t kRoom =
      kBootInformationEnd - kBootInformationAddress - kCommandLineOffset;
  if (command_line.size() + 1 > kRoom) {
    return name.error("the command line has " + std::to_string(command_line.size()) +
                      " bytes and " + std::to_string(kRoom - 1) + " fit; shorten --cmdline");
  }
  InformationBlock block;
  const std::uint64_t base = kBootInformationAddress;
  const std::uint64_t upper = memory_bytes > kOneMiB ? memory_bytes - kOneMiB : 0;
  std::uint32_t flags = kMemory | kCommandLine | kMemoryMap | kBootLoaderName;
  block.u32(4, kLowMemoryEnd / 1024);
  block.u32(8, upper / 1024);
  block.u32(16, base + kCommandLineOffset);
  block.text(kCommandLineOffset, command_line);

  std::uint64_t at = kMapOffset;
  for (const MemoryRange& range : boot_memory_map(memory_bytes)) {
    block.u32(at, 20);  // the size field does not count itself
    block.u64(at + 4, range.start);
    block.u64(at + 12, range.bytes);
    block.u32(at + 20, static_cast<std::uint32_t>(range.use));
    at += 24;
  }
  block.u32(44, at - kMapOffset);
  block.u32(48, base + kMapOffset);

  block.u32(64, base + kNameOffset);
  block.text(kNameOffset, kLoaderName);
  if (header.wants_video()) {
    flags |= kFrameBuffer;
    block.u64(88, 0xb8000);
    block.u32(96, 160);  // bytes per line
    block.u32(100, 80);
    block.u32(104, 25);
    block.u8(108, 16);  // bits per cell
    block.u8(109, 2);   // EGA text
  }
  block.u32(0, flags);
  return block.take();
}

}  // namespace gv
