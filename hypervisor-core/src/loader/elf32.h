// SPDX-License-Identifier: MIT
//
// elf32.h - 32-bit x86 executables: segments, entry point, symbols.
//
// Source: Tool Interface Standard, ELF Specification 1.2, "Object Files" and
// "Program Loading". Segments go to their physical addresses; an entry that
// lies in a segment's virtual range is moved along with the segment, as boot
// loaders do for kernels linked high. A damaged symbol table costs the names,
// not the boot.

#pragma once

#include "gv/result.h"
#include "gv/session.h"
#include "loader/placement.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gv {

struct ElfImage {
  std::vector<Piece> pieces;
  std::uint32_t entry = 0;  // physical
  std::vector<Symbol> symbols;
};

bool is_elf(std::span<const std::uint8_t> image);
Result<ElfImage> parse_elf32(const ImageName& name, std::span<const std::uint8_t> image);
// Functions, objects and labels, by address; empty where there is no usable table.
std::vector<Symbol> elf32_symbols(std::span<const std::uint8_t> image);

}  // namespace gv
