// SPDX-License-Identifier: MIT
//
// twin_console.h - a domain has two consoles, and what it writes to both is shown once.
//
// There is the ring that its console backend reads, and the hypervisor's own console behind
// hypercall console_io. Early in their boot kernels use the one, later the other, and some write
// every line to both. A byte that only repeats what the other has shown is held back; when it
// turns out not to be a repetition, what was held back is shown.
//
// A value. Control thread only.

#pragma once

#include "gv/device.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

namespace gv::xen {

enum class ConsoleKind : std::uint8_t { Ring, Hypercall };

class TwinConsole {
 public:
  // The bytes to show now: none, one, or what was held back and this one.
  std::string write(ConsoleKind kind, std::uint8_t byte);

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  // How far one console may lag behind the other and still be seen to repeat it.
  static constexpr std::size_t kMostBehind = 16 << 10;
  struct Side {
    std::deque<std::uint8_t> to_repeat;  // shown by the other, not yet by this one
    std::string held;                    // what it has repeated of that so far
  };
  Side side_[2];
};

}  // namespace gv::xen
