// SPDX-License-Identifier: MIT
//
// recorder.cpp - chunks, replay and hashing; the fast path is in the header.

#include "trace/recorder.h"

#include "gv/result.h"
#include "trace/event_bytes.h"

#include <xxhash.h>

#include <algorithm>
#include <new>
#include <type_traits>

namespace gv {
namespace {

std::uint64_t hash_events(const EventView& view, std::uint64_t from, std::uint64_t to,
                          std::uint64_t state) {
  std::string bytes;
  bytes.reserve((to - from) * 24);
  for (std::uint64_t i = from; i < to; ++i)
    append_bytes(view[i], bytes);
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), state);
}

// Storage alone: events are values that a plain copy creates, and none is read before it is
// written. Filling a chunk twice would cost as much as the recording itself.
std::shared_ptr<EventChunk> unwritten_chunk() {
  static_assert(std::is_trivially_copyable_v<EventChunk> &&
                std::is_trivially_destructible_v<EventChunk>);
  void* const storage = ::operator new(sizeof(EventChunk));
  return {static_cast<EventChunk*>(storage), [](EventChunk* c) { ::operator delete(c); }};
}

}  // namespace

Recorder::Recorder(TracePolicy policy, std::uint64_t bounded_events)
    : policy_(policy),
      // At least two, so that a view always has a whole chunk of history.
      most_chunks_(policy == TracePolicy::Bounded
                       ? std::max<std::uint64_t>(2, bounded_events / kEventsPerChunk)
                       : UINT64_MAX),
      chain_{0} {}

EventView Recorder::view() const {
  const std::lock_guard lock(chunk_list_);
  // Under the lock: truncate() lowers end_ and replaces chunks as one step.
  const std::uint64_t end = end_.load(std::memory_order_acquire);
  std::vector<std::shared_ptr<const EventChunk>> chunks(chunks_.begin(), chunks_.end());
  return EventView(std::move(chunks), first_, end);
}

void Recorder::start_chunk() {
  auto chunk = unwritten_chunk();
  bool full = false;
  {
    const std::lock_guard lock(chunk_list_);
    full = chunks_.size() == most_chunks_;
  }
  if (full) {
    // The oldest chunk goes; what it adds to the hash is kept.
    const std::lock_guard hashing(hashing_);
    static_cast<void>(extend_chain(view(), dropped_chunks_ + 1));
  }
  const std::lock_guard lock(chunk_list_);
  if (full) {
    chunks_.erase(chunks_.begin());
    ++dropped_chunks_;
    first_ = dropped_chunks_ * kEventsPerChunk;
  }
  chunks_.push_back(std::move(chunk));
}

// Points the fast path at the end of the log. REQUIRES: next() == end().
void Recorder::place_cursor() {
  const std::uint64_t end = end_.load(std::memory_order_relaxed);
  if (end % kEventsPerChunk == 0) {  // a chunk is started when there is an event to put in
    cursor_ = limit_ = nullptr;
    return;
  }
  EventChunk& chunk = *chunks_.back();
  cursor_ = chunk.data() + end % kEventsPerChunk;
  limit_ = chunk.data() + kEventsPerChunk;
}

void Recorder::record_slowly(const Event& event) {
  const std::uint64_t next = next_.load(std::memory_order_relaxed);
  if (next < end_.load(std::memory_order_relaxed)) {
    if (!divergence_ && next >= first_) {
      const EventChunk& chunk = *chunks_[next / kEventsPerChunk - dropped_chunks_];
      if (!same_event(chunk[next % kEventsPerChunk], event))
        divergence_ = next;
    }
    next_.store(next + 1, std::memory_order_relaxed);
    if (next + 1 == end_.load(std::memory_order_relaxed))
      place_cursor();
    return;
  }
  start_chunk();
  EventChunk& chunk = *chunks_.back();
  chunk[0] = event;
  cursor_ = chunk.data() + 1;
  limit_ = chunk.data() + kEventsPerChunk;
  next_.store(next + 1, std::memory_order_relaxed);
  end_.store(next + 1, std::memory_order_release);
}

void Recorder::seek(std::uint64_t sequence) {
  const std::uint64_t end = end_.load(std::memory_order_relaxed);
  GV_CHECK(sequence <= end);
  divergence_.reset();
  next_.store(sequence, std::memory_order_relaxed);
  cursor_ = limit_ = nullptr;
  if (sequence == end)
    place_cursor();
}

void Recorder::truncate(std::uint64_t sequence) {
  GV_CHECK(sequence <= end_.load(std::memory_order_relaxed));
  const std::lock_guard hashing(hashing_);
  const std::lock_guard lock(chunk_list_);
  const std::uint64_t whole = sequence / kEventsPerChunk;
  const std::uint64_t rest = sequence % kEventsPerChunk;
  if (chain_.size() > whole + 1)
    chain_.resize(whole + 1);
  if (whole >= dropped_chunks_) {
    const std::uint64_t kept = whole - dropped_chunks_;
    if (rest == 0) {
      chunks_.resize(std::min<std::size_t>(kept, chunks_.size()));
    } else {
      // Copy on write: views of the old timeline go on reading the shared chunk.
      auto copy = unwritten_chunk();
      std::copy_n(chunks_[kept]->begin(), rest, copy->begin());
      chunks_.resize(kept + 1);
      chunks_[kept] = std::move(copy);
    }
  } else {
    // The new timeline starts among events that a bounded log has dropped. Their chunk is not
    // held, so an empty one stands in, and first_ hides the part before.
    chunks_.clear();
    dropped_chunks_ = whole;
    first_ = sequence;
    if (rest != 0)
      chunks_.push_back(std::make_shared<EventChunk>());
  }
  first_ = std::min(first_, sequence);
  divergence_.reset();
  next_.store(sequence, std::memory_order_relaxed);
  end_.store(sequence, std::memory_order_release);
  place_cursor();
}

bool Recorder::extend_chain(const EventView& view, std::uint64_t chunks) const {
  while (chain_.size() <= chunks) {
    const std::uint64_t from = (chain_.size() - 1) * kEventsPerChunk;
    if (from < view.first())
      return false;
    chain_.push_back(hash_events(view, from, from + kEventsPerChunk, chain_.back()));
  }
  return true;
}

std::optional<std::uint64_t> Recorder::hash(std::uint64_t sequence) const {
  const std::lock_guard hashing(hashing_);
  const EventView now = view();
  if (sequence > now.end())
    return std::nullopt;
  const std::uint64_t whole = sequence / kEventsPerChunk;
  if (!extend_chain(now, whole))
    return std::nullopt;
  const std::uint64_t from = whole * kEventsPerChunk;
  if (from < now.first() && from < sequence)
    return std::nullopt;
  return hash_events(now, from, sequence, chain_[whole]);
}

}  // namespace gv
