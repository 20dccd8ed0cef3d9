// SPDX-License-Identifier: MIT
//
// stop_list.h - the breakpoints and watchpoints that gdb has inserted.
//
// gdb inserts them before each move and takes them out after it; they are
// handed to the machine with the move and never stand in the session's own
// list, which belongs to the window. A software breakpoint here is not an INT3
// in the guest's memory: the guest could read that.
//
// Source: "Debugging with GDB", appendix "GDB Remote Serial Protocol", Packets, 'z' and 'Z'.
// Threads: plain values.

#pragma once

#include "gv/command.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gv::gdb {

enum class StopKind : std::uint8_t { Software = 0, Hardware = 1, Write = 2, Read = 3, Access = 4 };

struct Inserted {
  StopKind kind = StopKind::Software;
  Gva address;
  std::uint32_t bytes = 1;
  bool operator==(const Inserted&) const = default;
};

class StopList {
 public:
  // More than any person sets; a stranger cannot make the machine look at millions.
  static constexpr std::size_t kMost = 1024;
  static constexpr std::size_t kMostWatched = 64;

  // Twice the same is once. False: there are too many.
  bool insert(const Inserted& stop);
  void remove(const Inserted& stop) { std::erase(stops_, stop); }
  void clear() { stops_.clear(); }
  bool watches_memory() const;

  // As the session takes them; Breakpoint::id leads back to what gdb inserted.
  std::vector<Breakpoint> breakpoints() const;
  // Null: not one of ours.
  const Inserted* of(std::uint32_t id) const;

 private:
  std::vector<Inserted> stops_;
};

// Reads "0,10a3f2,1" of a 'Z' or 'z' packet, with nothing but conditions after it.
std::optional<Inserted> read_stop(std::string_view text);

}  // namespace gv::gdb
