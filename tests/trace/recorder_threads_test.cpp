// SPDX-License-Identifier: MIT
//
// recorder_threads_test.cpp - readers beside a recording control thread.
//
// Worth its while under ThreadSanitizer; without it, it still checks that a
// view holds whole events only.

#include "sample_events.h"
#include "trace/event_bytes.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace gv {
namespace {

constexpr std::uint64_t N = kEventsPerChunk;

TEST(RecorderThreads, readers_see_whole_events_while_the_run_records_and_rewinds) {
  for (const TracePolicy policy : {TracePolicy::Keep, TracePolicy::Bounded}) {
    Recorder recorder(policy, 2 * N);
    std::atomic<bool> done = false;
    std::atomic<std::uint64_t> broken = 0, views = 0, hashes = 0;
    std::latch started(3);
    const auto read = [&] {
      started.count_down();
      do {
        const EventView view = recorder.view();
        // Sample: the ends, where races would be, and a stride through the rest.
        for (std::uint64_t i = view.first(); i < view.end(); i += i + 64 < view.end() ? 61 : 1) {
          const Event& e = view[i];
          const auto value = std::get<PortTouched>(e.body).value;
          // The run's flavour is in bit 31; every other field follows from i.
          if (!same_event(e, numbered(i, value & 0x80000000u)))
            ++broken;
        }
        ++views;
      } while (!done);
    };
    std::thread first(read), second(read), hashing([&] {
      started.count_down();
      do {
        // The log may be truncated in between: then there is no hash, and no crash.
        if (recorder.hash(recorder.view().end()))
          ++hashes;
      } while (!done);
    });
    started.wait();
    for (std::uint32_t round = 0; round < 12; ++round) {
      const std::uint32_t flavour = (round & 1) << 31;
      const std::uint64_t from = recorder.end() / 2;
      recorder.truncate(from);
      record_run(recorder, from, from + 2 * N + 100, flavour);
      // Replay needs the same flavour; the newest part has it.
      recorder.seek(recorder.end() - 50);
      record_run(recorder, recorder.next(), recorder.end(), flavour);
      EXPECT_FALSE(recorder.divergence().has_value());
    }
    done = true;
    first.join();
    second.join();
    hashing.join();
    EXPECT_EQ(broken.load(), 0u);
    EXPECT_GT(views.load(), 0u);
    // A bounded log that was cut inside its dropped part has no hash any more.
    if (policy == TracePolicy::Keep) {
      EXPECT_GT(hashes.load(), 0u);
    }
  }
}

}  // namespace
}  // namespace gv
