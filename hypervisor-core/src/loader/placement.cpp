// SPDX-License-Identifier: MIT

#include "loader/placement.h"

#include <algorithm>
#include <cstdio>

namespace gv {
namespace {

std::string range_text(const Piece& piece) {
  return hex_address(piece.address) + " to " + hex_address(piece.address + piece.memory_bytes - 1);
}

}  // namespace

std::string hex_address(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

Result<void> place(const ImageName& name, std::vector<Piece> pieces, Reserved reserved,
                   GuestMemorySink& memory) {
  std::erase_if(pieces, [](const Piece& p) { return p.memory_bytes == 0; });
  if (pieces.empty())
    return name.error("holds nothing to load; link at least one loadable segment");
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const Piece& a, const Piece& b) { return a.address < b.address; });
  std::uint64_t end = 0;
  for (const Piece& piece : pieces) {
    GV_CHECK(piece.bytes.size() <= piece.memory_bytes);
    end = std::max(end, piece.address + piece.memory_bytes);
  }
  if (end > memory.size()) {
    constexpr std::uint64_t kMiB = 1 << 20;
    return name.error("needs " + std::to_string((end + kMiB - 1) / kMiB) +
                      " MiB of memory but the guest has " + std::to_string(memory.size() / kMiB) +
                      "; raise --memory");
  }
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const Piece& piece = pieces[i];
    if (i > 0 && pieces[i - 1].address + pieces[i - 1].memory_bytes > piece.address) {
      return name.error("two segments overlap at " + hex_address(piece.address) +
                        "; give each its own addresses in the linker script");
    }
    if (piece.address < reserved.end && piece.address + piece.memory_bytes > reserved.first) {
      return name.error("loads at " + range_text(piece) + ", over the boot structures at " +
                        hex_address(reserved.first) + " to " + hex_address(reserved.end - 1) +
                        "; link it at 1 MiB (0x100000)");
    }
    if (piece.address < kOneMiB && piece.address + piece.memory_bytes > kLowMemoryEnd) {
      return name.error("loads at " + range_text(piece) +
                        ", over video memory or the BIOS; link it at 1 MiB (0x100000)");
    }
  }
  for (const Piece& piece : pieces) {
    if (!piece.bytes.empty())
      memory.write(Gpa(piece.address), piece.bytes);
  }
  return {};
}

}  // namespace gv
