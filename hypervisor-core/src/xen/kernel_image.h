// SPDX-License-Identifier: MIT
//
// kernel_image.h - an ELF file with Xen's notes: what a domain builder has to know of it.
//
// Image bytes are hostile until checked: the answer is an image or one sentence. A note that is
// malformed ends the list of notes, as Xen reads it; those before it count. Notes are looked for
// in a PT_NOTE segment, else in a note section.
//
// Source: Xen's public header elfnote.h; System V ABI, "Object Files". Threads: any.

#pragma once

#include "gv/machine_config.h"
#include "gv/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gv::xen {

struct KernelSegment {
  std::uint64_t physical = 0;  // as the file says; the builder adds where memory begins
  std::span<const std::uint8_t> bytes;
  std::uint64_t memory_bytes = 0;  // the rest is zero
};

struct KernelImage {
  bool wide = false;  // an ELF64 file
  std::uint64_t entry = 0;
  std::vector<KernelSegment> segments;
  std::map<std::uint32_t, std::span<const std::uint8_t>> notes;  // by type

  // The number in a note of four or eight bytes.
  std::optional<std::uint64_t> number(std::uint32_t type) const;
  std::string text(std::uint32_t type) const;
  bool can_be_pv() const;
  bool can_be_pvh() const;
};

// Empty: no ELF file, or none with Xen's notes. `image` has to outlive the result.
std::optional<KernelImage> find_xen_kernel(std::span<const std::uint8_t> image);
// The same with a sentence why it cannot be used.
Result<KernelImage> parse_xen_kernel(const MachineConfig& config);

}  // namespace gv::xen
