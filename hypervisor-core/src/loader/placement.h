// SPDX-License-Identifier: MIT
//
// placement.h - the pieces of an image and where they go, checked before the first write.
//
// A loader collects pieces; place() proves that they lie in guest memory, do
// not overlap each other or what the loader itself puts into low memory, and
// only then writes. So a refused image leaves memory as it was.

#pragma once

#include "gv/address.h"
#include "gv/result.h"
#include "loader/image.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gv {

struct Piece {
  std::uint64_t address = 0;            // guest physical
  std::span<const std::uint8_t> bytes;  // from the file
  std::uint64_t memory_bytes = 0;       // at least bytes.size(); the rest is zero
};

// "/path/kernel.elf": the start of every sentence about an image.
struct ImageName {
  std::string path;
  Error error(const std::string& rest) const {
    return Error{ErrorCode::InvalidInput, path + ": " + rest};
  }
};

// `reserved` bytes of low memory, [first, end), are not the image's.
struct Reserved {
  std::uint64_t first = 0, end = 0;
};

Result<void> place(const ImageName& name, std::vector<Piece> pieces, Reserved reserved,
                   GuestMemorySink& memory);

std::string hex_address(std::uint64_t value);  // "0x100000"

}  // namespace gv
