// SPDX-License-Identifier: MIT
//
// raw_kvm.h - a baseline: the least that runs a measured guest on KVM.
//
// One memory slot, one virtual CPU in flat 32-bit mode without paging, and a
// loop around KVM_RUN that does nothing with a port write but go on. No clock,
// no devices, no registers read.

#pragma once

#include <cstdint>
#include <span>

namespace gv::bench {

// Nanoseconds of processor time for the whole loop; below 0 when it did not get to the guest's end.
double run_raw_kvm(std::span<const std::uint8_t> image);

}  // namespace gv::bench
