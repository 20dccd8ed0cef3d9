// SPDX-License-Identifier: MIT

#include "gdb/stop_list.h"

#include "gdb/packet.h"

#include <algorithm>

namespace gv::gdb {

namespace {

// Apart from the ids that a person gives to breakpoints in the window.
constexpr std::uint32_t kFirstId = 9001;

bool watches(const Inserted& stop) { return stop.kind >= StopKind::Write; }

WatchFor watch_for(StopKind kind) {
  return kind == StopKind::Write  ? WatchFor::Write
         : kind == StopKind::Read ? WatchFor::Read
                                  : WatchFor::Access;
}

}  // namespace

bool StopList::insert(const Inserted& stop) {
  if (std::find(stops_.begin(), stops_.end(), stop) != stops_.end())
    return true;
  const auto watched = std::count_if(stops_.begin(), stops_.end(), watches);
  if (stops_.size() >= kMost ||
      (watches(stop) && static_cast<std::size_t>(watched) >= kMostWatched))
    return false;
  stops_.push_back(stop);
  return true;
}

bool StopList::watches_memory() const { return std::any_of(stops_.begin(), stops_.end(), watches); }

std::vector<Breakpoint> StopList::breakpoints() const {
  std::vector<Breakpoint> breakpoints;
  for (std::size_t i = 0; i < stops_.size(); ++i) {
    Breakpoint breakpoint;
    breakpoint.id = kFirstId + static_cast<std::uint32_t>(i);
    if (watches(stops_[i]))
      breakpoint.where = OnMemory{stops_[i].address, stops_[i].bytes, watch_for(stops_[i].kind)};
    else
      breakpoint.where = AtAddress{stops_[i].address};
    breakpoints.push_back(std::move(breakpoint));
  }
  return breakpoints;
}

const Inserted* StopList::of(std::uint32_t id) const {
  return id >= kFirstId && id - kFirstId < stops_.size() ? &stops_[id - kFirstId] : nullptr;
}

std::optional<Inserted> read_stop(std::string_view text) {
  const auto kind = take_number(text);
  if (!kind || *kind > 4 || !take(text, ","))
    return std::nullopt;
  const auto address = take_number(text);
  if (!address || !take(text, ","))
    return std::nullopt;
  const auto bytes = take_number(text);
  // Conditions for the target to evaluate were never offered to gdb.
  if (!bytes || !text.empty())
    return std::nullopt;
  const bool watched = *kind >= 2;
  if (watched && (*bytes == 0 || *bytes > kMostWatchedBytes))
    return std::nullopt;
  return Inserted{static_cast<StopKind>(*kind), Gva(*address),
                  watched ? static_cast<std::uint32_t>(*bytes) : 1};
}

}  // namespace gv::gdb
