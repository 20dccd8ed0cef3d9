// SPDX-License-Identifier: MIT
//
// linear_memory.h - guest-virtual memory as the hypervisor reads and writes it.
//
// Through the guest's own tables and rights, setting A and D bits as the MMU
// would: when the hypervisor pushes a frame for the guest, it must fail where
// the guest's own push would have failed. A failed access returns the walk.
//
// Control thread only.

#pragma once

#include "memory/page_walker.h"

#include <cstdint>
#include <cstring>
#include <optional>

namespace gv {

class LinearMemory {
 public:
  LinearMemory(GuestMemory& memory, const PagingMode& mode)
      : memory_(memory), walker_(memory), mode_(mode) {}

  // Empty on success, else the walk that failed; then nothing is promised of `out`.
  std::optional<PageWalk> read(Gva address, void* out, std::size_t bytes, AccessLevel level) const;
  std::optional<PageWalk> write(Gva address, const void* from, std::size_t bytes,
                                AccessLevel level) const;

  template <class T>
  std::optional<T> load(Gva address, AccessLevel level) const {
    T value{};
    if (read(address, &value, sizeof value, level)) {
      return std::nullopt;
    }
    return value;
  }

  bool long_mode() const { return mode_.long_mode(); }

  // Without rights and without marks: what a debugger or a panel reads. Bytes got.
  std::size_t peek(Gva address, void* out, std::size_t bytes) const;
  std::size_t poke(Gva address, const void* from, std::size_t bytes) const;

 private:
  Gva wrapped(std::uint64_t address) const {
    return Gva(mode_.long_mode() ? address : address & 0xffffffffu);
  }

  GuestMemory& memory_;
  PageWalker walker_;
  PagingMode mode_;
};

}  // namespace gv
