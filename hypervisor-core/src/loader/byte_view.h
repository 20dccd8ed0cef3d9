// SPDX-License-Identifier: MIT
//
// byte_view.h - little-endian reads from bytes that may lie.
//
// Every read is checked: outside the file there is no value. Offsets are 64
// bits wide, so a sum of two 32-bit fields of a header cannot wrap.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace gv {

class ByteView {
 public:
  explicit ByteView(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

  std::uint64_t size() const { return bytes_.size(); }
  bool contains(std::uint64_t offset, std::uint64_t count) const {
    return offset <= bytes_.size() && count <= bytes_.size() - offset;
  }
  // The part, or nothing when it is not wholly inside.
  std::optional<std::span<const std::uint8_t>> part(std::uint64_t offset,
                                                    std::uint64_t count) const {
    if (!contains(offset, count))
      return std::nullopt;
    return bytes_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
  }

  // Zero outside the file: callers check contains() for the structure first.
  std::uint8_t u8(std::uint64_t offset) const {
    return offset < bytes_.size() ? bytes_[static_cast<std::size_t>(offset)] : std::uint8_t{0};
  }
  std::uint16_t u16(std::uint64_t offset) const {
    return static_cast<std::uint16_t>(u8(offset) | u8(offset + 1) << 8);
  }
  std::uint32_t u32(std::uint64_t offset) const {
    return u16(offset) | static_cast<std::uint32_t>(u16(offset + 2)) << 16;
  }

 private:
  std::span<const std::uint8_t> bytes_;
};

}  // namespace gv
