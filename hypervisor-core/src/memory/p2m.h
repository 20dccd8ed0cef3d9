// SPDX-License-Identifier: MIT
//
// p2m.h - which machine frame stands behind each guest frame.
//
// The table that makes a guest's "physical" memory an illusion. The identity
// map is bare metal. The scattered map takes the host's frames from the top
// down, so that no guest frame number equals its machine frame number and a
// lesson can see the difference in every address.
//
// A value after construction. Control thread only.

#pragma once

#include "gv/address.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gv {

class P2m {
 public:
  static P2m identity(std::uint32_t guest_frames);
  // Guest frame 0 becomes the host's last frame, and so on downwards.
  static P2m scattered(std::uint32_t guest_frames, std::uint32_t host_frames);

  std::uint32_t guest_frames() const { return static_cast<std::uint32_t>(to_machine_.size()); }
  std::optional<Mfn> lookup(Gfn gfn) const {
    if (gfn.number >= to_machine_.size()) {
      return std::nullopt;
    }
    return to_machine_[gfn.number];
  }

 private:
  std::vector<Mfn> to_machine_;
};

}  // namespace gv
