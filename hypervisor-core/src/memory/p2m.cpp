// SPDX-License-Identifier: MIT

#include "memory/p2m.h"

namespace gv {

P2m P2m::identity(std::uint32_t guest_frames) {
  P2m p2m;
  for (std::uint32_t i = 0; i < guest_frames; ++i) {
    p2m.to_machine_.emplace_back(i);
  }
  return p2m;
}

P2m P2m::scattered(std::uint32_t guest_frames, std::uint32_t host_frames) {
  P2m p2m;
  for (std::uint32_t i = 0; i < guest_frames; ++i) {
    p2m.to_machine_.emplace_back(host_frames - 1 - i);
  }
  return p2m;
}

}  // namespace gv
