// SPDX-License-Identifier: MIT
//
// segment_register.h - a segment register with its hidden part, ready for limit checks.
//
// The bounds within which an offset is good are worked out when the register
// is loaded, so that each access costs one comparison or two. In 64-bit mode
// bases are zero but for FS and GS and nothing is limited.
//
// A plain value. Source: SDM vol. 3A, "Limit Checking" and "Type Checking".

#pragma once

#include "gv/registers.h"
#include "x86/descriptor.h"

#include <cstdint>

namespace gv::interpreter {

struct SegmentRegister {
  Segment value;
  // Good offsets are from `lowest` to `highest_*`, both included; -1: none is good. Offsets
  // of 64-bit mode's upper half are negative and pass, as they must.
  std::uint64_t lowest = 0;
  std::int64_t highest_read = -1, highest_write = -1;
  std::uint64_t base = 0;  // what is added to offsets: in 64-bit mode only FS and GS have one

  bool present() const { return (value.attributes & x86::attribute::P) != 0; }
  int dpl() const { return x86::attribute::dpl(value.attributes); }
  bool is_code() const { return (value.attributes & x86::segment_type::kCode) != 0; }
  bool is_conforming() const {
    return is_code() && (value.attributes & x86::segment_type::kConforming) != 0;
  }
  bool is_big() const { return (value.attributes & x86::attribute::DB) != 0; }
  bool is_long() const { return (value.attributes & x86::attribute::L) != 0; }

  bool allows_read(std::uint64_t offset, std::size_t bytes) const {
    return static_cast<std::int64_t>(offset + (bytes - 1)) <= highest_read && offset >= lowest;
  }
  bool allows_write(std::uint64_t offset, std::size_t bytes) const {
    return static_cast<std::int64_t>(offset + (bytes - 1)) <= highest_write && offset >= lowest;
  }

  void work_out_bounds(bool in_64_bit_mode, bool keeps_base) {
    using namespace x86::segment_type;
    lowest = 0;
    highest_read = highest_write = INT64_MAX;
    base = in_64_bit_mode && !keeps_base ? 0 : value.base;
    if (in_64_bit_mode) {
      return;
    }
    const std::uint16_t type = value.attributes;
    const bool code = (type & kCode) != 0;
    std::int64_t highest = value.limit;
    if (!code && (type & kExpandDown) != 0) {
      lowest = std::uint64_t{value.limit} + 1;
      highest = is_big() ? 0xffffffff : 0xffff;
    } else if (value.limit == 0xffffffff) {
      highest = 0x1'0000'000f;  // an access may run over the top of a flat segment to its bottom
    }
    highest_read = present() && (!code || (type & kReadable) != 0) ? highest : -1;
    highest_write = present() && !code && (type & kWritable) != 0 ? highest : -1;
  }
};

}  // namespace gv::interpreter
