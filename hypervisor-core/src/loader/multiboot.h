// SPDX-License-Identifier: MIT
//
// multiboot.h - the header of a multiboot 1 kernel, and what it is given.
//
// Source: GNU, "Multiboot Specification version 0.6.96", "The layout of
// Multiboot header", "Boot information format". The boot information lies in
// low memory, at 0x9000:
//
//   09000  multiboot information structure, 120 bytes
//   09080  memory map: 4 entries of 24 bytes
//   09100  name of the boot loader
//   09200  command line, up to 0xbfff
//
// Given: memory size, command line, memory map, loader name; on request an
// EGA text "frame buffer". Not given: modules, the kernel's own symbols, APM,
// drives, VBE. A kernel that asks for a graphics mode is refused.

#pragma once

#include "gv/result.h"
#include "loader/placement.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gv {

inline constexpr std::uint32_t kMultibootHeaderMagic = 0x1badb002;
inline constexpr std::uint32_t kMultibootEntryMagic = 0x2badb002;  // in EAX

struct MultibootHeader {
  std::uint64_t offset = 0;  // in the file
  std::uint32_t flags = 0;
  bool has_addresses() const { return (flags & 0x10000) != 0; }
  bool wants_video() const { return (flags & 4) != 0; }
  // Valid with has_addresses(): the load address scheme that needs no ELF.
  std::uint32_t header_address = 0, load_address = 0, load_end = 0, bss_end = 0, entry = 0;
  std::uint32_t video_mode_type = 0;  // valid with wants_video(): 0 graphics, 1 text
};

// The header in the first 8 KiB: 4-byte aligned, with the right checksum.
std::optional<MultibootHeader> find_multiboot_header(std::span<const std::uint8_t> image);

// Refuses what a kernel may ask for and we do not have.
Result<void> check_multiboot_demands(const ImageName& name, const MultibootHeader& header);

// The one piece of a kernel that gives addresses in its header.
Result<Piece> multiboot_address_piece(const ImageName& name, const MultibootHeader& header,
                                      std::span<const std::uint8_t> image);

// The boot information for kBootInformationAddress. Error: the command line is too long.
Result<std::vector<std::uint8_t>> multiboot_information(const ImageName& name,
                                                        const std::string& command_line,
                                                        std::uint64_t memory_bytes,
                                                        const MultibootHeader& header);

}  // namespace gv
