// SPDX-License-Identifier: MIT
//
// event_index_test.cpp - the index counts what a full reading counts, and follows a changed past.

#include "visualizers/timeline/event_index.h"
#include "sample_run.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace gv {
namespace {

LaneCounts counted_by_hand(const EventView& events, std::uint64_t from, std::uint64_t to,
                           const LaneFilter& filter) {
  LaneCounts out;
  for (std::uint64_t at = from; at < to; ++at) {
    if (filter.shows(events[at]))
      ++out.events[static_cast<std::size_t>(*lane_of(events[at]))];
  }
  return out;
}

TEST(EventIndex, CountsWhatReadingEveryEventCounts) {
  const EventView events = testing::sample_events(30'000).view();
  EventIndex index;
  index.update(events);
  std::mt19937 random(1);
  LaneFilter some;
  some.lanes.reset(static_cast<std::size_t>(Lane::Device));
  some.reasons.reset(static_cast<std::size_t>(ExitReason::PortWrite));
  for (int i = 0; i < 300; ++i) {
    std::uint64_t from = random() % events.end(), to = random() % events.end();
    if (from > to)
      std::swap(from, to);
    for (const LaneFilter& filter : {LaneFilter{}, some}) {
      EXPECT_EQ(index.count(from, to, filter).events,
                counted_by_hand(events, from, to, filter).events)
          << "events " << from << " to " << to;
    }
  }
}

TEST(EventIndex, AccountsForAllVirtualTimeByWhoRan) {
  const EventView events = testing::sample_events(5'000).view();
  EventIndex index;
  index.update(events);
  const LaneCounts all = index.count(0, events.end(), LaneFilter{});
  EXPECT_EQ(all.cycles[0] + all.cycles[1] + all.cycles[2], events[events.end() - 1].cycles);
  EXPECT_GT(all.cycles[0], 0U);
  EXPECT_GT(all.cycles[2], all.cycles[1])
      << "in this run the hypervisor works longer than the guest kernel";
}

TEST(EventIndex, ColumnsTogetherHoldEveryEventOnce) {
  const EventView events = testing::sample_events(20'000).view();
  EventIndex index;
  index.update(events);
  const auto columns =
      index.columns(0, static_cast<double>(index.last_cycles()) + 1, 777, LaneFilter{});
  std::array<std::uint32_t, kLaneCount> sum{};
  for (const TimelineColumn& column : columns) {
    for (std::size_t lane = 0; lane < kLaneCount; ++lane)
      sum[lane] += column.counts.events[lane];
  }
  EXPECT_EQ(sum, counted_by_hand(events, 0, events.end(), LaneFilter{}).events);
}

TEST(EventIndex, ColumnsShareTimeByTheirEdges) {
  testing::EventList list;
  const auto exit = [&](Storey from, std::uint64_t run) {
    ExitTaken e;
    e.from = from;
    list.add(e, run, 0, 0x1000);
  };
  exit(Storey::GuestKernel, 1000);  // at 1,000
  list.add(GuestResumed{Handling::Emulated, {}, Storey::GuestUser, 500}, 0, 500,
           0x1000);                               // at 1,500
  exit(Storey::GuestUser, 6500);                  // at 8,000
  list.add(ClockSkipped{4000}, 0, 4000, 0x1000);  // at 12,000
  list.add(GuestResumed{Handling::Emulated, {}, Storey::GuestKernel, 0}, 0, 0, 0x1000);
  list.add(ConsoleWritten{}, 4000, 0, 0x1000);  // at 16,000
  EventIndex index;
  index.update(list.view());
  const auto columns = index.columns(0, 16'000, 8, {});
  using Cycles = std::array<std::uint64_t, 4>;
  EXPECT_EQ(columns[0].counts.cycles, (Cycles{500, 1000, 500, 0}));
  EXPECT_EQ(columns[1].counts.cycles, (Cycles{2000, 0, 0, 0}));
  EXPECT_EQ(columns[3].counts.cycles, (Cycles{2000, 0, 0, 0}));
  EXPECT_EQ(columns[4].counts.cycles, (Cycles{0, 0, 0, 2000}))
      << "nobody runs while the clock is skipped";
  EXPECT_EQ(columns[5].counts.cycles, (Cycles{0, 0, 0, 2000}));
  EXPECT_EQ(columns[7].counts.cycles, (Cycles{0, 2000, 0, 0}));
}

TEST(EventIndex, GrowsWithTheLogAndGivesTheSameAsReadingAtOnce) {
  const testing::EventList list = testing::sample_events(10'000);
  EventIndex grown, whole;
  for (const std::uint64_t end : {1U, 63U, 64U, 65U, 4'096U, 9'999U})
    grown.update(list.view(end));
  whole.update(list.view(9'999));
  EXPECT_EQ(grown.count(17, 9'000, {}).events, whole.count(17, 9'000, {}).events);
  EXPECT_EQ(grown.count(0, 9'999, {}).cycles, whole.count(0, 9'999, {}).cycles);
}

TEST(EventIndex, FollowsALogThatWasCutAndRecordedAnew) {
  const testing::EventList list = testing::sample_events(3'000);
  EventIndex index;
  index.update(list.view());
  index.update(list.view(1'000));  // shorter
  EXPECT_EQ(index.size(), 1'000U);
  EXPECT_EQ(index.count(0, 1'000, {}).events, counted_by_hand(list.view(), 0, 1'000, {}).events);

  testing::EventList other;  // the same length, another past from event 500 on
  const EventView old = list.view();
  for (std::uint64_t at = 0; at < 3'000; ++at) {
    const std::uint64_t retired = at ? old[at].retired - old[at - 1].retired : old[at].retired;
    const std::uint64_t cycles = at ? old[at].cycles - old[at - 1].cycles : old[at].cycles;
    if (at < 500)
      other.add(old[at].body, retired, cycles - retired, old[at].rip.value);
    else
      other.add(ConsoleWritten{'x', false}, 3, 0, 0x1000);
  }
  index.update(list.view());
  index.update(other.view());
  EXPECT_EQ(index.count(0, 3'000, {}).events, counted_by_hand(other.view(), 0, 3'000, {}).events);
}

TEST(EventIndex, FindsTheNearestAndTheNextShownEvent) {
  const EventView events = testing::sample_events(2'000).view();
  EventIndex index;
  index.update(events);
  const auto near = index.nearest(static_cast<double>(events[1000].cycles), Lane::SystemCall, {});
  ASSERT_TRUE(near);
  EXPECT_EQ(lane_of(events[*near]), Lane::SystemCall);
  LaneFilter calls;
  calls.lanes.reset().set(static_cast<std::size_t>(Lane::SystemCall));
  const auto next = index.next(*near, true, calls);
  ASSERT_TRUE(next);
  EXPECT_GT(*next, *near);
  EXPECT_EQ(index.next(*next, false, calls), near) << "back is forward's mirror";
  EXPECT_FALSE(index.next(events.end(), true, calls));
}

TEST(EventIndex, AnswersForAMillionEventsWithoutReadingThem) {
  using Clock = std::chrono::steady_clock;
  const auto micros = [](Clock::time_point from) {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - from).count();
  };
  const EventView events = testing::sample_events(1'000'000).view();
  EventIndex index;
  auto start = Clock::now();
  index.update(events);
  const auto built = micros(start);
  start = Clock::now();
  std::uint32_t sum = 0;
  for (int i = 0; i < 1000; ++i)
    sum += index
               .count(static_cast<std::uint64_t>(i) * 7,
                      events.end() - static_cast<std::uint64_t>(i), {})
               .events[0];
  const auto thousand = micros(start);
  start = Clock::now();
  const auto columns = index.columns(0, static_cast<double>(index.last_cycles()), 1'600, {});
  const auto picture = micros(start);
  // Reported, not asserted: machines differ.
  RecordProperty("index_of_a_million_events_us", std::to_string(built));
  RecordProperty("one_interval_ns", std::to_string(thousand));
  RecordProperty("picture_of_1600_columns_us", std::to_string(picture));
  std::cout << "a million events: index " << built << " us, one interval " << thousand
            << " ns, 1600 columns " << picture << " us\n";
  EXPECT_GT(sum, 0U);
  EXPECT_EQ(columns.size(), 1'600U);
}

}  // namespace
}  // namespace gv
