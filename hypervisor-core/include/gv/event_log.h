// SPDX-License-Identifier: MIT
//
// event_log.h - the reading side of a run's events.
//
// An EventView is an immutable window on the log: taken once, it never
// changes, whatever the control thread goes on to record or to rewind. Events
// sit in fixed chunks, so a view of a million events costs a few pointers.
//
// Threads: any thread may hold and read a view.

#pragma once

#include "gv/event.h"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

inline constexpr std::size_t kEventsPerChunk = 4096;
using EventChunk = std::array<Event, kEventsPerChunk>;

class EventView {
 public:
  EventView() = default;
  EventView(std::vector<std::shared_ptr<const EventChunk>> chunks, std::uint64_t first,
            std::uint64_t end)
      : chunks_(std::move(chunks)), first_(first), end_(end) {}

  // Sequence numbers of the oldest event still held and one past the newest.
  // first() is above 0 only when a bounded log has dropped its oldest chunks.
  std::uint64_t first() const { return first_; }
  std::uint64_t end() const { return end_; }
  std::uint64_t size() const { return end_ - first_; }
  bool empty() const { return first_ == end_; }
  // REQUIRES: first() <= sequence < end().
  const Event& operator[](std::uint64_t sequence) const {
    const std::uint64_t base = first_ / kEventsPerChunk;
    return (*chunks_[sequence / kEventsPerChunk - base])[sequence % kEventsPerChunk];
  }
  // The first event with retired >= `retired`; end() when there is none.
  std::uint64_t lower_bound_retired(std::uint64_t retired) const;
  // The first event with cycles >= `cycles`; end() when there is none.
  std::uint64_t lower_bound_cycles(std::uint64_t cycles) const;

 private:
  std::vector<std::shared_ptr<const EventChunk>> chunks_;
  std::uint64_t first_ = 0, end_ = 0;
};

// One line for people: "privileged instruction cli at 0010a3f2".
std::string describe(const Event& event);
// The narration sentence of an event, for transcripts and the lesson pane.
std::string narrate(const Event& event);

// The fields of an event as bytes, the same on every machine; what traces store and hashes read.
void append_bytes(const Event& event, std::string& out);

}  // namespace gv
