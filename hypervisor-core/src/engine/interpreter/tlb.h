// SPDX-License-Identifier: MIT
//
// tlb.h - translations of linear pages, found again in a few host instructions.
//
// Two halves, for supervisor and user accesses; a half holds what its level may
// do. An entry's tags say which kinds of access need no further thought: a page
// has a write tag only when its D bit is set and no decoded instruction lies
// in it. With instructions in it, it has the checked tag: look before writing.
//
// Only hits are remembered, never that a page is absent. Flushing moves on to
// a new generation, which no old tag matches.
//
// Control thread only.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace gv::interpreter {

class Tlb {
 public:
  static constexpr std::uint64_t kPageMask = ~std::uint64_t{0xfff};
  static constexpr std::uint64_t kNoTag = ~std::uint64_t{0};

  struct Entry {
    std::uint64_t read_tag = kNoTag, write_tag = kNoTag, checked_write_tag = kNoTag;
    std::uint64_t execute_tag = kNoTag;
    std::uint8_t* host = nullptr;  // of the page's first byte; null: outside machine memory
    std::uint64_t physical = 0;    // page base
  };

  std::uint64_t tag_of(std::uint64_t linear) const { return (linear & kPageMask) | generation_; }
  Entry& entry(std::uint64_t linear, bool user) {
    return entries_[user ? 1 : 0][(linear >> 12) & (kEntries - 1)];
  }

  void flush() {
    if (++generation_ == 0xfff) {  // as many as fit below the page number
      entries_ = {};
      generation_ = 0;
    }
  }
  // Decoded instructions are in this frame now: writes to it must be looked at.
  void forbid_writes_to(std::uint64_t physical_page) {
    for (auto& half : entries_) {
      for (Entry& entry : half) {
        if (entry.physical == physical_page && entry.write_tag != kNoTag) {
          entry.checked_write_tag = entry.write_tag;
          entry.write_tag = kNoTag;
        }
      }
    }
  }

 private:
  static constexpr std::size_t kEntries = 512;
  std::array<std::array<Entry, kEntries>, 2> entries_{};
  std::uint64_t generation_ = 0;
};

}  // namespace gv::interpreter
