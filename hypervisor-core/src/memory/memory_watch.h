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
  std::uint64_t executed = 0;             // before it, those of translations included
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
    forget();
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
  // goes on; if it faulted it will touch once more. `executed` tells the rest of a translation
  // that was left half done: see take_unfinished().
  std::vector<MemoryTouch> take_retired(std::uint64_t retired, std::uint64_t executed,
                                        bool in_progress) {
    std::vector<MemoryTouch> taken, pending;
    for (const MemoryTouch& touch : touches_) {
      if (touch.retired <= retired) {
        taken.push_back(touch);
      } else if (in_progress) {
        pending.push_back(touch);
      } else if (touch.executed < executed) {
        unfinished_.push_back(touch);
      }
    }
    touches_ = std::move(pending);
    return taken;
  }
  // Touches by instructions that completed, of a translation that did not: they count when the
  // guest's instruction retires, whoever does the rest of it.
  std::vector<MemoryTouch> take_unfinished() { return std::exchange(unfinished_, {}); }
  void forget() {
    touches_.clear();
    unfinished_.clear();
  }

 private:
  std::vector<WatchedRange> ranges_;
  std::vector<MemoryTouch> touches_, unfinished_;
};

}  // namespace gv
