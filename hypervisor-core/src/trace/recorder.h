// SPDX-License-Identifier: MIT
//
// recorder.h - the writing side of a run's events.
//
// The log is a list of fixed chunks. record() fills the newest one and
// publishes by a release store, so a reader's view sees whole events or none.
// It never draws, formats or hashes: that would tax the guest.
//
// Going back in time does not unwrite. After seek() the replayed run is
// compared with what is recorded, event by event, until it reaches the end and
// goes on recording; the first difference is divergence(). truncate() starts a
// new timeline; views of the old one stay whole because the chunk that both
// share is copied first.
//
// Under TracePolicy::Bounded the oldest chunks are dropped. Sequence numbers
// stay, so view().first() is the number of events lost; writers of files and
// exports put an EventsLost there.
//
// Threads: record, seek and truncate on the control thread; view, hash, next
// and end from any.

#pragma once

#include "gv/event_log.h"
#include "gv/machine_config.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace gv {

class Recorder {
 public:
  explicit Recorder(TracePolicy policy = TracePolicy::Keep, std::uint64_t bounded_events = 1 << 20);
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  bool enabled() const { return policy_ != TracePolicy::Off; }

  void record(std::uint64_t retired, std::uint64_t cycles, Gva rip, const EventBody& body,
              std::uint16_t vcpu = 0) {
    if (policy_ == TracePolicy::Off)
      return;
    if (cursor_ == limit_) [[unlikely]] {
      record_slowly(Event{retired, cycles, rip, vcpu, body});
      return;
    }
    *cursor_++ = Event{retired, cycles, rip, vcpu, body};
    const std::uint64_t next = next_.load(std::memory_order_relaxed) + 1;
    next_.store(next, std::memory_order_relaxed);
    end_.store(next, std::memory_order_release);
  }

  // Sequence number that the next event gets, and one past the last recorded one.
  // They differ only while a replay catches up.
  std::uint64_t next() const { return next_.load(std::memory_order_relaxed); }
  std::uint64_t end() const { return end_.load(std::memory_order_acquire); }

  EventView view() const;

  // The machine was put back to where `sequence` is the next event. REQUIRES: sequence <= end().
  void seek(std::uint64_t sequence);
  // Forgets every event from `sequence` on; the next one recorded gets that number.
  // REQUIRES: sequence <= end().
  void truncate(std::uint64_t sequence);
  // The first event since the last seek() or truncate() that was replayed differently.
  std::optional<std::uint64_t> divergence() const { return divergence_; }

  // Hash over the bytes of events 0 to sequence - 1. The same log has the same hash, whatever
  // the policy. Empty when those events are not held: dropped, or truncated by now.
  std::optional<std::uint64_t> hash(std::uint64_t sequence) const;

 private:
  void record_slowly(const Event& event);
  void start_chunk();
  void place_cursor();
  // Makes chain_ cover `chunks` whole chunks. REQUIRES: hashing_ is held.
  bool extend_chain(const EventView& view, std::uint64_t chunks) const;

  const TracePolicy policy_;
  const std::uint64_t most_chunks_;
  Event* cursor_ = nullptr;  // where the next event goes; equal to limit_ when that needs thought
  Event* limit_ = nullptr;
  std::atomic<std::uint64_t> next_{0};
  std::atomic<std::uint64_t> end_{0};
  std::optional<std::uint64_t> divergence_;

  mutable std::mutex chunk_list_;  // guards the three below
  std::vector<std::shared_ptr<EventChunk>> chunks_;
  std::uint64_t dropped_chunks_ = 0;
  std::uint64_t first_ = 0;  // oldest event held; only inside a chunk after an odd truncate()

  mutable std::mutex hashing_;                // guards the one below; taken before chunk_list_
  mutable std::vector<std::uint64_t> chain_;  // [i]: state after i whole chunks
};

}  // namespace gv
