// SPDX-License-Identifier: MIT
//
// bzimage.h - Linux' boot protocol: a kernel that brings a real-mode part which nobody runs.
//
// Source: Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel
// Header", "32-bit BOOT PROTOCOL"; zero-page.rst. Memtest86+ speaks it too.
// The kernel is entered in flat protected mode with ESI at its boot parameters:
//
//   08000  GDT: 10 code, 18 data, as the protocol demands
//   09000  boot parameters (the "zero page"), 4 KiB
//   0a000  command line, up to 0xbfff
//   100000 the protected-mode part
//
// Given: the kernel's own header, a memory map, an 80 by 25 text screen, the
// command line. Not given: a RAM disk, ACPI, EFI. Refused: zImage, protocols
// before 2.02, which had another command line, and what is broken.

#pragma once

#include "gv/result.h"
#include "loader/placement.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gv {

inline constexpr std::uint64_t kBootParametersAddress = kBootInformationAddress;
inline constexpr std::uint64_t kBzImageCommandLineAddress = 0xa000;

struct BzImage {
  std::uint16_t protocol = 0;  // 0x020c is 2.12
  Piece kernel;                // the protected-mode part, with the memory it says it needs
  std::uint32_t entry = 0;
  std::span<const std::uint8_t>
      header;  // of the file, from kHeaderOffset; belongs in the zero page
  static constexpr std::uint64_t kHeaderOffset = 0x1f1;
  std::uint64_t longest_command_line = 255;
};

// The magic number is there; whatever else is wrong.
bool is_bzimage(std::span<const std::uint8_t> image);
Result<BzImage> parse_bzimage(const ImageName& name, std::span<const std::uint8_t> image);

// The zero page. Error: the command line is too long.
Result<std::vector<std::uint8_t>> boot_parameters(const ImageName& name, const BzImage& kernel,
                                                  const std::string& command_line,
                                                  std::uint64_t memory_bytes);

}  // namespace gv
