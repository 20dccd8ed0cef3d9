// SPDX-License-Identifier: MIT
//
// recorder_test.cpp - recording, replaying, new timelines, dropped chunks.

#include "trace/recorder.h"

#include "sample_events.h"
#include "trace/event_bytes.h"

#include <gtest/gtest.h>

#include <map>

namespace gv {
namespace {

constexpr std::uint64_t N = kEventsPerChunk;

::testing::AssertionResult holds_run(const EventView& view, std::uint64_t from, std::uint64_t to,
                                     std::uint32_t flavour = 0) {
  for (std::uint64_t i = from; i < to; ++i) {
    if (!same_event(view[i], numbered(i, flavour))) {
      return ::testing::AssertionFailure() << "event " << i << " is " << describe(view[i]);
    }
  }
  return ::testing::AssertionSuccess();
}

TEST(Recorder, gives_back_what_was_recorded_in_order) {
  Recorder recorder;
  record_run(recorder, 0, 3 * N + 5);
  const EventView view = recorder.view();
  EXPECT_EQ(view.first(), 0u);
  ASSERT_EQ(view.end(), 3 * N + 5);
  EXPECT_TRUE(holds_run(view, 0, view.end()));
  EXPECT_EQ(recorder.next(), view.end());
}

TEST(Recorder, records_nothing_when_off) {
  Recorder recorder(TracePolicy::Off);
  record_run(recorder, 0, 100);
  EXPECT_EQ(recorder.end(), 0u);
  EXPECT_TRUE(recorder.view().empty());
  EXPECT_FALSE(recorder.enabled());
}

TEST(Recorder, does_not_change_a_view_that_was_taken) {
  Recorder recorder;
  record_run(recorder, 0, 10);
  const EventView early = recorder.view();
  record_run(recorder, 10, 2 * N);
  EXPECT_EQ(early.end(), 10u);
  EXPECT_TRUE(holds_run(early, 0, 10));
}

TEST(Recorder, does_not_duplicate_what_a_replay_repeats) {
  Recorder recorder;
  record_run(recorder, 0, 2 * N + 100);
  recorder.seek(N - 3);
  EXPECT_EQ(recorder.next(), N - 3);
  EXPECT_EQ(recorder.end(), 2 * N + 100);
  record_run(recorder, N - 3, 2 * N + 100);
  EXPECT_EQ(recorder.end(), 2 * N + 100);
  EXPECT_FALSE(recorder.divergence().has_value());
  record_run(recorder, 2 * N + 100, 3 * N);
  EXPECT_EQ(recorder.end(), 3 * N);
  EXPECT_TRUE(holds_run(recorder.view(), 0, 3 * N));
}

TEST(Recorder, goes_on_after_a_replay_that_ends_at_a_chunk_boundary) {
  for (const std::uint64_t end : {N - 1, N, N + 1}) {
    Recorder recorder;
    record_run(recorder, 0, end);
    recorder.seek(0);
    record_run(recorder, 0, end + 10);
    EXPECT_FALSE(recorder.divergence().has_value());
    ASSERT_EQ(recorder.end(), end + 10);
    EXPECT_TRUE(holds_run(recorder.view(), 0, end + 10));
  }
}

TEST(Recorder, names_the_first_event_that_a_replay_does_differently) {
  Recorder recorder;
  record_run(recorder, 0, 100);
  recorder.seek(40);
  record_run(recorder, 40, 60);
  EXPECT_FALSE(recorder.divergence().has_value());
  record_run(recorder, 60, 70, 1);
  EXPECT_EQ(recorder.divergence(), 60u);
  EXPECT_TRUE(holds_run(recorder.view(), 0, 100)) << "the recorded past stays";
  recorder.seek(0);
  EXPECT_FALSE(recorder.divergence().has_value());
}

TEST(Recorder, keeps_old_views_whole_when_a_new_timeline_starts) {
  for (const std::uint64_t cut : {std::uint64_t{0}, std::uint64_t{7}, N - 1, N, N + 1, 2 * N}) {
    Recorder recorder;
    record_run(recorder, 0, 2 * N + 50);
    const EventView old = recorder.view();
    recorder.truncate(cut);
    EXPECT_EQ(recorder.end(), cut);
    record_run(recorder, cut, 3 * N, 1);
    EXPECT_TRUE(holds_run(old, 0, 2 * N + 50)) << "cut at " << cut;
    const EventView now = recorder.view();
    ASSERT_EQ(now.end(), 3 * N);
    EXPECT_TRUE(holds_run(now, 0, cut)) << "cut at " << cut;
    EXPECT_TRUE(holds_run(now, cut, 3 * N, 1)) << "cut at " << cut;
  }
}

TEST(Recorder, can_truncate_in_the_middle_of_a_replay) {
  Recorder recorder;
  record_run(recorder, 0, 500);
  recorder.seek(100);
  record_run(recorder, 100, 200);
  recorder.truncate(recorder.next());
  record_run(recorder, 200, 300, 9);
  EXPECT_EQ(recorder.end(), 300u);
  EXPECT_TRUE(holds_run(recorder.view(), 0, 200));
  EXPECT_TRUE(holds_run(recorder.view(), 200, 300, 9));
}

TEST(Recorder, hashes_equal_logs_equally_however_they_came_about) {
  Recorder straight, winding;
  record_run(straight, 0, 2 * N + 9);
  record_run(winding, 0, N + 100, 5);
  ASSERT_TRUE(winding.hash(N + 100).has_value());
  winding.truncate(0);
  record_run(winding, 0, N + 20);
  ASSERT_TRUE(winding.hash(N + 20).has_value());
  winding.seek(3);
  record_run(winding, 3, 2 * N + 9);
  for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1}, N - 1, N, N + 1, 2 * N + 9}) {
    EXPECT_EQ(straight.hash(at), winding.hash(at)) << at;
  }
}

TEST(Recorder, hashes_different_prefixes_differently) {
  Recorder a, b;
  record_run(a, 0, 2 * N);
  record_run(b, 0, N + 1);
  b.truncate(N / 2);
  record_run(b, N / 2, 2 * N, 1);
  EXPECT_EQ(a.hash(N / 2), b.hash(N / 2));
  EXPECT_NE(a.hash(N / 2 + 1), b.hash(N / 2 + 1));
  EXPECT_NE(a.hash(2 * N), b.hash(2 * N));
  std::map<std::uint64_t, std::uint64_t> seen;
  for (std::uint64_t i = 0; i < 2 * N; i += 97) {
    const auto [where, fresh] = seen.emplace(a.hash(i).value(), i);
    EXPECT_TRUE(fresh) << "prefixes " << i << " and " << where->second;
  }
}

TEST(Recorder, drops_the_oldest_chunks_when_bounded_and_keeps_its_numbers_and_hash) {
  Recorder all, bounded(TracePolicy::Bounded, 3 * N);
  record_run(all, 0, 10 * N + 1);
  record_run(bounded, 0, N + 5);
  const EventView old = bounded.view();
  record_run(bounded, N + 5, 10 * N + 1);
  const EventView view = bounded.view();
  EXPECT_EQ(view.first(), 8 * N);
  EXPECT_EQ(view.end(), 10 * N + 1);
  EXPECT_TRUE(holds_run(view, view.first(), view.end()));
  EXPECT_TRUE(holds_run(old, 0, N + 5));
  EXPECT_EQ(bounded.hash(10 * N + 1), all.hash(10 * N + 1));
  EXPECT_EQ(bounded.hash(8 * N + 3), all.hash(8 * N + 3));
  EXPECT_FALSE(bounded.hash(N + 3).has_value()) << "those events are gone";
}

TEST(Recorder, replays_through_events_that_a_bounded_log_has_dropped) {
  Recorder bounded(TracePolicy::Bounded, 2 * N);
  record_run(bounded, 0, 6 * N);
  bounded.seek(10);
  record_run(bounded, 10, 6 * N + 10);
  EXPECT_FALSE(bounded.divergence().has_value());
  EXPECT_EQ(bounded.end(), 6 * N + 10);
  EXPECT_TRUE(holds_run(bounded.view(), bounded.view().first(), 6 * N + 10));
}

TEST(Recorder, starts_a_timeline_where_a_bounded_log_holds_nothing_any_more) {
  Recorder bounded(TracePolicy::Bounded, 2 * N);
  record_run(bounded, 0, 6 * N);
  bounded.truncate(N + 10);
  EXPECT_EQ(bounded.view().first(), N + 10);
  EXPECT_TRUE(bounded.view().empty());
  record_run(bounded, N + 10, N + 30, 1);
  const EventView view = bounded.view();
  EXPECT_EQ(view.size(), 20u);
  EXPECT_TRUE(holds_run(view, N + 10, N + 30, 1));
  record_run(bounded, N + 30, 9 * N, 1);
  EXPECT_TRUE(holds_run(bounded.view(), bounded.view().first(), 9 * N, 1));
}

TEST(EventView, finds_instants_by_binary_search) {
  Recorder recorder;
  record_run(recorder, 0, N + 10);
  const EventView view = recorder.view();
  EXPECT_EQ(view.lower_bound_retired(0), 0u);
  EXPECT_EQ(view.lower_bound_retired(3 * N), N);
  EXPECT_EQ(view.lower_bound_retired(3 * N + 1), N + 1);
  EXPECT_EQ(view.lower_bound_cycles(10 * N - 9), N);
  EXPECT_EQ(view.lower_bound_cycles(~0ull), view.end());
  EXPECT_EQ(EventView().lower_bound_cycles(0), 0u);
}

}  // namespace
}  // namespace gv
