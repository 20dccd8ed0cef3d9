// SPDX-License-Identifier: MIT

#include "loader/bzimage.h"

#include "loader/boot_memory_map.h"
#include "loader/byte_view.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint32_t kMagic = 0x53726448;  // "HdrS"
constexpr std::uint16_t kBootFlag = 0xaa55;
constexpr std::uint8_t kLoadedHigh = 1;        // of loadflags
constexpr std::uint8_t kUnknownLoader = 0xff;  // type_of_loader
constexpr std::uint16_t kOldestProtocol = 0x202;

// Offsets in the file; in the zero page they are the same.
namespace field {
constexpr std::uint64_t kSetupSectors = 0x1f1, kParagraphs = 0x1f4, kBootFlagAt = 0x1fe,
                        kHeaderLength = 0x201, kMagicAt = 0x202, kVersion = 0x206,
                        kLoaderType = 0x210, kLoadFlags = 0x211, kEntry = 0x214,
                        kCommandLine = 0x228, kCommandLineSize = 0x238, kInitSize = 0x260,
                        kRamDisk = 0x218, kRamDiskSize = 0x21c;
}  // namespace field

// Fields of the zero page that are not the header's.
namespace zero_page {
constexpr std::uint64_t kBytes = 4096, kExtendedMemory = 0x002, kVideoMode = 0x006,
                        kVideoColumns = 0x007, kVideoLines = 0x00e, kIsVga = 0x00f,
                        kCharacterHeight = 0x010, kAlternativeMemory = 0x1e0, kMapEntries = 0x1e8,
                        kMap = 0x2d0, kMapEntryBytes = 20;
constexpr std::uint64_t kHeaderEnd = 0x290;  // where the room for the header ends
}  // namespace zero_page

std::string version_text(std::uint16_t version) {
  const unsigned minor = version & 0xffu;
  return std::to_string(version >> 8) + (minor < 10 ? ".0" : ".") + std::to_string(minor);
}

void put(std::vector<std::uint8_t>& page, std::uint64_t at, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    page[static_cast<std::size_t>(at) + static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(value >> (8 * i));
  }
}

}  // namespace

bool is_bzimage(std::span<const std::uint8_t> image) {
  const ByteView file(image);
  return file.u16(field::kBootFlagAt) == kBootFlag && file.u32(field::kMagicAt) == kMagic;
}

Result<BzImage> parse_bzimage(const ImageName& name, std::span<const std::uint8_t> image) {
  const ByteView file(image);
  if (!is_bzimage(image)) {
    return name.error(
        "is not a bzImage: it lacks 55 aa at 0x1fe or HdrS at 0x202; choose another image kind");
  }
  BzImage kernel;
  kernel.protocol = file.u16(field::kVersion);
  if (kernel.protocol < kOldestProtocol) {
    return name.error("speaks version " + version_text(kernel.protocol) +
                      " of Linux' boot protocol, and 2.02 is the oldest that is known here; choose "
                      "a newer kernel");
  }
  if ((file.u8(field::kLoadFlags) & kLoadedHigh) == 0) {
    return name.error("is a zImage, which loads below 1 MiB; build it as a bzImage");
  }
  const std::uint8_t sectors = file.u8(field::kSetupSectors);
  const std::uint64_t start = (std::uint64_t{sectors == 0 ? 4u : sectors} + 1) * kSector;
  if (start >= file.size()) {
    return name.error("is a truncated bzImage: its real-mode part has " + std::to_string(start) +
                      " bytes and the file " + std::to_string(file.size()) + "; copy it again");
  }
  // The header counts whole paragraphs of 16 bytes; the last may be cut.
  const std::uint64_t announced = std::uint64_t{file.u32(field::kParagraphs)} * 16;
  const std::uint64_t bytes = file.size() - start;
  if (announced == 0 || announced > bytes + 15) {
    return name.error("is a truncated bzImage: its header announces " + std::to_string(announced) +
                      " bytes of kernel and " + std::to_string(bytes) +
                      " are there; copy it again");
  }
  const std::uint64_t length = std::min(announced, bytes);
  const std::uint64_t header_end = std::min<std::uint64_t>(
      {field::kMagicAt + file.u8(field::kHeaderLength), zero_page::kHeaderEnd, file.size()});
  const auto has = [&](std::uint64_t at, std::uint64_t size) { return at + size <= header_end; };
  std::uint64_t needed = length;
  if (kernel.protocol >= 0x20a && has(field::kInitSize, 4)) {
    needed = std::max<std::uint64_t>(needed, file.u32(field::kInitSize));
  }
  if (kernel.protocol >= 0x206 && has(field::kCommandLineSize, 4)) {
    kernel.longest_command_line = file.u32(field::kCommandLineSize);
  }
  kernel.entry = file.u32(field::kEntry);
  if (kernel.entry < kOneMiB || kernel.entry - kOneMiB >= length) {
    return name.error("starts at " + hex_address(kernel.entry) +
                      ", outside of what it loads at 0x100000; its header's code32_start is wrong");
  }
  kernel.kernel = {kOneMiB,
                   image.subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(length)),
                   needed};
  kernel.header = image.subspan(static_cast<std::size_t>(BzImage::kHeaderOffset),
                                static_cast<std::size_t>(header_end - BzImage::kHeaderOffset));
  return kernel;
}

Result<std::vector<std::uint8_t>> boot_parameters(const ImageName& name, const BzImage& kernel,
                                                  const std::string& command_line,
                                                  std::uint64_t memory_bytes) {
  constexpr std::uint64_t kRoom = kBootInformationEnd - kBzImageCommandLineAddress - 1;
  const std::uint64_t longest = std::min(kRoom, kernel.longest_command_line);
  if (command_line.size() > longest) {
    return name.error("the command line has " + std::to_string(command_line.size()) +
                      " bytes and " + std::to_string(longest) + " fit; shorten --cmdline");
  }
  std::vector<std::uint8_t> page(zero_page::kBytes);
  std::copy(kernel.header.begin(), kernel.header.end(),
            page.begin() + static_cast<std::ptrdiff_t>(BzImage::kHeaderOffset));
  put(page, field::kLoaderType, kUnknownLoader, 1);
  put(page, field::kCommandLine, kBzImageCommandLineAddress, 4);
  put(page, field::kRamDisk, 0, 4);
  put(page, field::kRamDiskSize, 0, 4);

  const std::uint64_t upper_kib = (memory_bytes - std::min(memory_bytes, kOneMiB)) / 1024;
  put(page, zero_page::kExtendedMemory, std::min<std::uint64_t>(upper_kib, 0xffff), 2);
  put(page, zero_page::kAlternativeMemory, upper_kib, 4);
  put(page, zero_page::kVideoMode, 3, 1);  // 80 by 25, colour
  put(page, zero_page::kVideoColumns, 80, 1);
  put(page, zero_page::kVideoLines, 25, 1);
  put(page, zero_page::kIsVga, 1, 1);
  put(page, zero_page::kCharacterHeight, 16, 2);

  std::uint64_t at = zero_page::kMap;
  const std::vector<MemoryRange> map = boot_memory_map(memory_bytes);
  for (const MemoryRange& range : map) {
    put(page, at, range.start, 8);
    put(page, at + 8, range.bytes, 8);
    put(page, at + 16, static_cast<std::uint32_t>(range.use), 4);
    at += zero_page::kMapEntryBytes;
  }
  put(page, zero_page::kMapEntries, map.size(), 1);
  return page;
}

}  // namespace gv
