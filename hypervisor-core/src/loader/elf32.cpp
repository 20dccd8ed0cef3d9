// SPDX-License-Identifier: MIT

#include "loader/elf32.h"

#include "loader/byte_view.h"

#include <algorithm>
#include <optional>
#include <string>

namespace gv {
namespace {

constexpr std::uint64_t kHeaderSize = 52, kProgramHeaderSize = 32, kSectionHeaderSize = 40,
                        kSymbolSize = 16;
constexpr std::uint32_t kLoad = 1;         // p_type
constexpr std::uint32_t kSymbolTable = 2;  // sh_type
constexpr std::uint16_t kExecutable = 2, kSharedObject = 3, kRelocatable = 1;
constexpr std::uint16_t kMachine386 = 3;

// st_info's low nibble: what deserves a name in a disassembly.
bool is_named_kind(std::uint8_t type) { return type <= 2; }  // NOTYPE, OBJECT, FUNC

struct ProgramHeader {
  std::uint32_t type, offset, virtual_address, physical_address, file_bytes, memory_bytes;
};

ProgramHeader program_header(const ByteView& file, std::uint64_t at) {
  return {file.u32(at),      file.u32(at + 4),  file.u32(at + 8),
          file.u32(at + 12), file.u32(at + 16), file.u32(at + 20)};
}

Result<void> check_identity(const ImageName& name, const ByteView& file) {
  if (file.u8(4) == 2) {
    return name.error(
        "is a 64-bit ELF file, and this version runs 32-bit guests; build it with -m32 and link "
        "it with -m elf_i386");
  }
  if (file.size() < kHeaderSize) {
    return name.error("is a truncated ELF file: its header needs 52 bytes and it has " +
                      std::to_string(file.size()) + "; copy or build it again");
  }
  if (file.u8(4) != 1 || file.u8(5) != 1) {
    return name.error("is not a little-endian 32-bit ELF file; build it for i386");
  }
  if (file.u16(18) != kMachine386) {
    return name.error("is an ELF file for machine number " + std::to_string(file.u16(18)) +
                      ", not for x86; build it for i386");
  }
  switch (file.u16(16)) {
    case kExecutable:
      return {};
    case kRelocatable:
      return name.error("is an object file that is not linked yet; link it with ld -m elf_i386");
    case kSharedObject:
      return name.error("is position-independent and has no fixed addresses; link it with -no-pie");
    default:
      return name.error("is an ELF file but not an executable; link it with ld -m elf_i386");
  }
}

}  // namespace

bool is_elf(std::span<const std::uint8_t> image) {
  return image.size() >= 4 && image[0] == 0x7f && image[1] == 'E' && image[2] == 'L' &&
         image[3] == 'F';
}

Result<ElfImage> parse_elf32(const ImageName& name, std::span<const std::uint8_t> image) {
  const ByteView file(image);
  if (!is_elf(image))
    return name.error("is not an ELF file; choose another image kind");
  GV_TRY(check_identity(name, file));
  const std::uint64_t table = file.u32(28), entry_size = file.u16(42), count = file.u16(44);
  if (count == 0)
    return name.error("has no program headers, so nothing says where it loads; link it");
  if (entry_size < kProgramHeaderSize || !file.contains(table, entry_size * count)) {
    return name.error(
        "is a truncated ELF file: its program headers lie outside the file; copy or "
        "build it again");
  }

  ElfImage elf;
  const std::uint32_t entry = file.u32(24);
  std::optional<std::uint32_t> physical_entry;
  for (std::uint64_t i = 0; i < count; ++i) {
    const ProgramHeader header = program_header(file, table + i * entry_size);
    if (header.type != kLoad || header.memory_bytes == 0)
      continue;
    if (header.file_bytes > header.memory_bytes) {
      return name.error("segment " + std::to_string(i) +
                        " has more bytes in the file than in memory; build it again");
    }
    const auto bytes = file.part(header.offset, header.file_bytes);
    if (!bytes) {
      return name.error("is a truncated ELF file: segment " + std::to_string(i) + " ends at byte " +
                        std::to_string(std::uint64_t{header.offset} + header.file_bytes) +
                        " of a file of " + std::to_string(file.size()) +
                        "; copy or build it again");
    }
    if (std::uint64_t{header.physical_address} + header.memory_bytes > (std::uint64_t{1} << 32)) {
      return name.error("segment " + std::to_string(i) +
                        " ends above 4 GiB; link it at 1 MiB (0x100000)");
    }
    elf.pieces.push_back({header.physical_address, *bytes, header.memory_bytes});
    if (entry - header.virtual_address < header.memory_bytes && entry >= header.virtual_address) {
      physical_entry = entry - header.virtual_address + header.physical_address;
    } else if (!physical_entry && entry >= header.physical_address &&
               entry - header.physical_address < header.memory_bytes) {
      physical_entry = entry;
    }
  }
  if (elf.pieces.empty()) {
    return name.error("has no loadable segment; link at least one section with contents");
  }
  if (!physical_entry) {
    return name.error("starts at " + hex_address(entry) +
                      ", outside of everything it loads; name the entry symbol when linking (-e)");
  }
  elf.entry = *physical_entry;
  elf.symbols = elf32_symbols(image);
  return elf;
}

std::vector<Symbol> elf32_symbols(std::span<const std::uint8_t> image) {
  const ByteView file(image);
  if (!is_elf(image) || file.u8(4) != 1)
    return {};
  const std::uint64_t table = file.u32(32), entry_size = file.u16(46), count = file.u16(48);
  if (entry_size < kSectionHeaderSize || !file.contains(table, entry_size * count))
    return {};

  std::vector<Symbol> symbols;
  for (std::uint64_t section = 0; section < count; ++section) {
    const std::uint64_t at = table + section * entry_size;
    if (file.u32(at + 4) != kSymbolTable)
      continue;
    const auto entries = file.part(file.u32(at + 16), file.u32(at + 20));
    const std::uint64_t link = file.u32(at + 24);
    if (!entries || link >= count)
      continue;
    const std::uint64_t strings_at = table + link * entry_size;
    const auto strings = file.part(file.u32(strings_at + 16), file.u32(strings_at + 20));
    if (!strings)
      continue;

    const ByteView list(*entries);
    for (std::uint64_t i = kSymbolSize; i + kSymbolSize <= list.size(); i += kSymbolSize) {
      const std::uint16_t home = list.u16(i + 14);
      const bool in_a_section = home != 0 && home < 0xff00;  // not undefined, absolute or common
      if (!in_a_section || !is_named_kind(list.u8(i + 12) & 0xf))
        continue;
      const std::uint64_t name_at = list.u32(i);
      if (name_at >= strings->size())
        continue;
      const auto from = strings->begin() + static_cast<std::ptrdiff_t>(name_at);
      const auto to = std::find(from, strings->end(), std::uint8_t{0});
      if (to == from || to == strings->end())
        continue;
      symbols.push_back({Gva(list.u32(i + 4)), list.u32(i + 8), std::string(from, to)});
    }
    break;  // an executable has one symbol table
  }
  std::stable_sort(symbols.begin(), symbols.end(),
                   [](const Symbol& a, const Symbol& b) { return a.address < b.address; });
  return symbols;
}

}  // namespace gv
