// SPDX-License-Identifier: MIT
//
// bochs.h - a baseline: Debian's Bochs runs a measured guest, as a program of its own.
//
// Bochs starts from a ROM that holds the image (guests/bochs_rom.asm), without
// BIOS, disk or window. Read are its processor time, as the system accounts it,
// and the registers that it logs when it ends: the guest must have computed
// the same as on our machine.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace gv::bench {

struct BochsRun {
  double nanoseconds = 0;  // of processor time, the program's start and end included
  std::uint32_t ebx = 0;   // what the guest left
};

bool bochs_is_installed();
// Empty: it did not run to the guest's end.
std::optional<BochsRun> run_in_bochs(std::span<const std::uint8_t> image);

}  // namespace gv::bench
