// SPDX-License-Identifier: MIT
//
// segments.h - which descriptors a guest may have in a table that the CPU reads.
//
// A descriptor of ring 0, or a gate into it, would be the end of all protection. So a segment of
// an inner ring becomes one of the guest kernel's; gates and the system's kinds are refused. Each
// is marked accessed, because the CPU may not write to the table.
//
// Source: SDM vol. 3A, "Segment Descriptors".

#pragma once

#include "x86/descriptor.h"

#include <cstdint>
#include <optional>

namespace gv::xen {

inline constexpr int kKernelRing32 = 1, kKernelRing64 = 3;

// The descriptor as it may stand in a table; empty: not at all.
inline std::optional<std::uint64_t> checked_descriptor(std::uint64_t raw, int kernel_ring) {
  constexpr std::uint64_t kAccessed = std::uint64_t{1} << 40;
  constexpr std::uint64_t kPresent = std::uint64_t{1} << 47;
  if ((raw & kPresent) == 0) {
    return raw;
  }
  constexpr int kDplShift = 45;
  const x86::Descriptor d = x86::parse_descriptor(raw);
  if (!d.code_or_data) {
    return d.type == 0 ? std::optional(raw) : std::nullopt;  // type 0 always faults
  }
  const auto ring = static_cast<std::uint64_t>(d.dpl < kernel_ring ? kernel_ring : d.dpl);
  return (raw & ~(std::uint64_t{3} << kDplShift)) | ring << kDplShift | kAccessed;
}

}  // namespace gv::xen
