// SPDX-License-Identifier: MIT
//
// memory_watch.h - bytes that somebody waits to see read or written.
//
// A range is machine memory, so the byte is watched under every name that the guest has for
// it. Engines report what their CPU touched, guest memory what the hypervisor wrote on the
// guest's behalf; the hypervisor's own look at tables and a debugger's do not count, and
// neither do the MMU's walks, as with a CPU's debug registers.
//
// An access is known by its first byte's frame: of one that crosses a page the rest is unseen.
// Control thread only.

#pragma once

#include "gv/address.h"
#include "gv/command.h"

#include <cstdint>
#include <utility>
#include <vector>

namespace gv {

struct WatchedRange {
  Mpa address;
  std::uint32_t bytes = 1;
  WatchFor what = WatchFor::Write;
  bool operator==(const WatchedRange&) const = default;
};

struct MemoryTouch {
  std::uint64_t before = 0, retired = 0;  // instructions retired before it, and right after
  Mpa address;
  std::uint32_t bytes = 1;
  Direction direction = Direction::Write;
};

inline bool touches(const WatchedRange& range, const MemoryTouch& touch) {
  const bool wanted = range.what == WatchFor::Access ||
                      (range.what == WatchFor::Write) == (touch.direction == Direction::Write);
  return wanted && touch.address.value < range.address.value + range.bytes &&
         range.address.value < touch.address.value + touch.bytes;
}

class MemoryWatch {
 public:
  void set(std::vector<WatchedRange> ranges) {
    ranges_ = std::move(ranges);
    touches_.clear();
  }
  const std::vector<WatchedRange>& ranges() const { return ranges_; }
  // Keeps the touch when a range asks for it.
  void note(const MemoryTouch& touch) {
    if (wants(touch)) {
      touches_.push_back(touch);
    }
  }
  bool wants(const MemoryTouch& touch) const {
    for (const WatchedRange& range : ranges_) {
      if (touches(range, touch)) {
        return true;
      }
    }
    return false;
  }
  bool watches_frame_of(Mpa address) const {
    for (const WatchedRange& range : ranges_) {
      if (range.address.page_base() == address.page_base()) {
        return true;
      }
    }
    return false;
  }
  bool touched() const { return !touches_.empty(); }
  std::vector<MemoryTouch> take() { return std::exchange(touches_, {}); }
  // Of instructions that have retired at this count. Those of one that is in progress stay if it
  // goes on; if it faulted it will touch once more.
  std::vector<MemoryTouch> take_retired(std::uint64_t retired, bool in_progress) {
    std::vector<MemoryTouch> taken, pending;
    for (const MemoryTouch& touch : touches_) {
      (touch.retired <= retired ? taken : pending).push_back(touch);
    }
    touches_ = in_progress ? std::move(pending) : std::vector<MemoryTouch>();
    return taken;
  }
  void forget() { touches_.clear(); }

 private:
  std::vector<WatchedRange> ranges_;
  std::vector<MemoryTouch> touches_;
};

}  // namespace gv
