// SPDX-License-Identifier: MIT
//
// guest_images.h - the measured guests, carried in this program as flat images.
//
// Each starts at 1 MiB, runs its loop as often as the word at kTurnsOffset says,
// and stops at the address in the word at kFinishOffset (guests/flat.inc).

#pragma once

#include "gv/machine_config.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gv::bench {

enum class Guest : std::uint8_t {
  TightLoop,
  ShortestLoop,
  Compiled,
  CliLoop,
  CliStiLoop,
  CallLoop,
  PortLoop,
};

inline constexpr std::uint32_t kGuestAddress = 0x100000;
inline constexpr std::size_t kFinishOffset = 4;
inline constexpr std::size_t kTurnsOffset = 8;

// The image with its turns filled in.
std::vector<std::uint8_t> guest_image(Guest guest, std::uint32_t turns);
// What starts an image under Bochs: the last 4 KiB of its ROM.
std::span<const std::uint8_t> bochs_rom();
std::uint32_t finish_address(std::span<const std::uint8_t> image);
// A machine for it: deprivileged, nothing recorded, no checkpoints.
MachineConfig machine_for(std::vector<std::uint8_t> image);

}  // namespace gv::bench
