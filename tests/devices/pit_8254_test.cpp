// SPDX-License-Identifier: MIT

#include "devices/pit_8254.h"

#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

struct Pit : ::testing::Test {
  RecordingHost host;
  Pit8254 pit{host};

  void out(std::uint16_t port, int value, Cycles now = 0) {
    pit.write(port, 1, static_cast<std::uint32_t>(value), now);
  }
  std::uint8_t in(std::uint16_t port, Cycles now) {
    return static_cast<std::uint8_t>(pit.read(port, 1, now));
  }
  int in16(std::uint16_t port, Cycles now) {
    const int low = in(port, now);
    return low | in(port, now) << 8;
  }
  // Low and high byte; mode 0 to 5.
  void program(int counter, int mode, int count, Cycles now = 0) {
    out(0x43, counter << 6 | 0x30 | mode << 1, now);
    out(static_cast<std::uint16_t>(0x40 + counter), count & 0xff, now);
    out(static_cast<std::uint16_t>(0x40 + counter), count >> 8, now);
  }
  static Cycles at(PitTicks ticks) { return Pit8254::cycle_of(ticks); }
};

TEST_F(Pit, ConvertsTimeExactlyInBothDirections) {
  EXPECT_EQ(Pit8254::ticks_at(0), 0u);
  EXPECT_EQ(Pit8254::ticks_at(kCyclesPerSecond), Pit8254::kHertz);
  EXPECT_EQ(Pit8254::ticks_at(1'000'000 * kCyclesPerSecond), 1'000'000 * Pit8254::kHertz);
  for (PitTicks tick = 1; tick < 10'000'000'000; tick = tick * 3 + 1) {
    const Cycles cycle = at(tick);
    EXPECT_EQ(Pit8254::ticks_at(cycle), tick);
    EXPECT_EQ(Pit8254::ticks_at(cycle - 1), tick - 1) << "no earlier cycle has the tick";
  }
}

TEST_F(Pit, TicksForAnHourWithoutDrift) {
  constexpr PitTicks kCount = 11932;  // about 100 Hz
  program(0, 2, kCount);
  const Cycles hour = 3600 * kCyclesPerSecond;
  PitTicks edge = 1 + kCount;  // loaded by the clock after the write
  std::uint64_t edges = 0;
  while (pit.deadline() && *pit.deadline() <= hour) {
    const Cycles due = *pit.deadline();
    ASSERT_EQ(due, at(edge)) << "edge " << edges;
    pit.advance(due);
    host.irqs.clear();
    edge += kCount;
    ++edges;
  }
  EXPECT_EQ(edges, (3600 * Pit8254::kHertz - 1) / kCount);
}

TEST_F(Pit, RaisesOneEdgePerDeadlineAndNoneBefore) {
  program(0, 3, 1000);
  EXPECT_EQ(host.edges(0), 0) << "to program the timer is not an edge";
  const Cycles first = *pit.deadline();
  EXPECT_EQ(first, at(1001));
  pit.advance(first - 1);
  EXPECT_EQ(host.edges(0), 0);
  pit.advance(first);
  pit.advance(first);
  EXPECT_EQ(host.edges(0), 1);
  EXPECT_EQ(*pit.deadline(), at(2001));
}

TEST_F(Pit, RaisesOneEdgeWhenItIsLateByMany) {
  program(0, 2, 1000);
  pit.advance(at(10'500));
  EXPECT_EQ(host.edges(0), 1);
  EXPECT_EQ(*pit.deadline(), at(11'001));
}

TEST_F(Pit, InterruptsOnceInMode0) {
  program(0, 0, 500);
  EXPECT_FALSE(pit.output(0, at(500)));
  EXPECT_EQ(*pit.deadline(), at(501));
  EXPECT_TRUE(pit.output(0, at(501)));
  pit.advance(at(501));
  EXPECT_EQ(host.edges(0), 1);
  EXPECT_FALSE(pit.deadline().has_value());
  program(0, 0, 500, at(1000));
  EXPECT_FALSE(host.level(0)) << "a new count lowers OUT again";
  EXPECT_EQ(*pit.deadline(), at(1501));
}

TEST_F(Pit, NeverInterruptsInTheModesThatWaitForAGate) {
  for (const int mode : {1, 5}) {
    program(0, mode, 500);
    EXPECT_FALSE(pit.deadline().has_value()) << "mode " << mode;
  }
}

TEST_F(Pit, StrobesOnceInMode4) {
  program(0, 4, 100);
  EXPECT_TRUE(pit.output(0, at(100)));
  EXPECT_FALSE(pit.output(0, at(101)));
  EXPECT_TRUE(pit.output(0, at(102)));
  EXPECT_EQ(*pit.deadline(), at(102));
}

// What a counter reads and OUT is `after` ticks past the load, by mode.
struct CountCase {
  int mode, count;
  PitTicks after;
  int reads;
  bool out;
};

class Counting : public Pit, public ::testing::WithParamInterface<CountCase> {};

TEST_P(Counting, IsAFunctionOfTime) {
  const CountCase& c = GetParam();
  program(0, c.mode, c.count);
  const Cycles now = at(1 + c.after);
  EXPECT_EQ(in16(0x40, now), c.reads);
  EXPECT_EQ(pit.output(0, now), c.out);
  EXPECT_EQ(in16(0x40, now), c.reads) << "a read changes nothing";
}

INSTANTIATE_TEST_SUITE_P(
    Modes, Counting,
    ::testing::Values(CountCase{0, 100, 0, 100, false}, CountCase{0, 100, 99, 1, false},
                      CountCase{0, 100, 100, 0, true}, CountCase{0, 100, 101, 0xffff, true},
                      CountCase{0, 0, 1, 0xffff, false},  // 0 stands for 65,536
                      CountCase{2, 100, 0, 100, true}, CountCase{2, 100, 98, 2, true},
                      CountCase{2, 100, 99, 1, false}, CountCase{2, 100, 100, 100, true},
                      CountCase{2, 0, 65535, 1, false}, CountCase{3, 100, 0, 100, true},
                      CountCase{3, 100, 49, 2, true}, CountCase{3, 100, 50, 100, false},
                      CountCase{3, 100, 99, 2, false}, CountCase{3, 100, 100, 100, true},
                      CountCase{3, 5, 2, 0, true}, CountCase{3, 5, 3, 4, false},
                      CountCase{4, 10, 10, 0, false}, CountCase{4, 10, 11, 0xffff, true}));

TEST_F(Pit, HoldsALatchedCountUntilItIsRead) {
  program(0, 2, 1000);
  out(0x43, 0x00, at(101));
  EXPECT_EQ(in(0x40, at(500)), 900 & 0xff);
  EXPECT_EQ(in(0x40, at(700)), 900 >> 8);
  EXPECT_EQ(in16(0x40, at(701)), 300) << "then the counter is live again";
}

TEST_F(Pit, IgnoresASecondLatchBeforeTheFirstIsRead) {
  program(0, 2, 1000);
  out(0x43, 0x00, at(101));
  out(0x43, 0x00, at(201));
  EXPECT_EQ(in16(0x40, at(300)), 900);
}

TEST_F(Pit, ReadsBackStatusThenCount) {
  program(0, 3, 1000);
  out(0x43, 0xc2, at(101));  // both of counter 0
  EXPECT_EQ(in(0x40, at(200)), 0xb6) << "OUT high, count valid, two bytes, mode 3";
  EXPECT_EQ(in16(0x40, at(200)), 800);
  out(0x43, 0x32, at(300));  // a new control word without a count
  out(0x43, 0xe2, at(300));
  EXPECT_EQ(in(0x40, at(300)) & 0x40, 0x40) << "null count: nothing is loaded yet";
}

TEST_F(Pit, TakesOverANewCountAtTheEndOfThePeriod) {
  program(0, 2, 1000);
  pit.advance(at(1001));
  out(0x40, 200, at(1500));
  out(0x40, 0, at(1500));
  EXPECT_EQ(in16(0x40, at(1600)), 401) << "the old period runs on";
  EXPECT_EQ(*pit.deadline(), at(2001));
  pit.advance(at(2001));
  EXPECT_EQ(*pit.deadline(), at(2201));
  EXPECT_EQ(in16(0x40, at(2101)), 100);
}

TEST_F(Pit, TakesOverANewCountAtTheFirstBoundaryEvenWhenAskedLate) {
  program(2, 2, 1000);
  out(0x61, 1, 0);
  const PitTicks loaded = 1;  // the gate reloads on the next clock
  out(0x42, 0x2c, at(loaded + 3500));
  out(0x42, 0x01, at(loaded + 3500));  // 300
  EXPECT_EQ(in16(0x42, at(loaded + 4000 + 300 * 7 + 10)), 290);
}

TEST_F(Pit, CountsInBinaryCodedDecimalWhenAsked) {
  out(0x43, 0x35);
  out(0x40, 0x00);
  out(0x40, 0x10);  // 1000
  EXPECT_EQ(in16(0x40, at(1 + 1)), 0x0999);
  EXPECT_EQ(*pit.deadline(), at(1001));
}

TEST_F(Pit, ReadsOnlyTheByteThatTheAccessModeNames) {
  out(0x43, 0x14);
  out(0x40, 200);
  EXPECT_EQ(in(0x40, at(1)), 200);
  EXPECT_EQ(in(0x40, at(11)), 190);
}

TEST_F(Pit, GatesTheSpeakerCounterByPort61) {
  program(2, 0, 1000);
  EXPECT_EQ(in(0x61, at(5000)) & 0x20, 0) << "the gate is closed, nothing counts";
  out(0x61, 0x01, at(5000));
  EXPECT_EQ(in(0x61, at(5500)) & 0x21, 0x01);
  out(0x61, 0x00, at(5500));
  const int held = in16(0x42, at(9000));
  EXPECT_EQ(held, in16(0x42, at(9999))) << "closed again: the count stands still";
  out(0x61, 0x01, at(10'000));
  EXPECT_EQ(in(0x61, at(10'000 + 400)) & 0x20, 0);
  EXPECT_EQ(in(0x61, at(10'000 + 502)) & 0x20, 0x20);
}

TEST_F(Pit, TogglesTheRefreshBitOfPort61) {
  EXPECT_NE(in(0x61, at(0)) & 0x10, in(0x61, at(18)) & 0x10);
  EXPECT_EQ(in(0x61, at(0)) & 0x10, in(0x61, at(36)) & 0x10);
}

TEST_F(Pit, GoesBackToASavedStateAndTicksTheSameAgain) {
  program(0, 2, 1193);
  program(2, 3, 4000);
  pit.advance(*pit.deadline());
  out(0x43, 0x00, at(2000));
  const auto state = saved(pit);
  const auto deadline = pit.deadline();
  program(0, 0, 77, at(3000));
  in(0x40, at(3000));
  ASSERT_TRUE(restored(pit, state));
  EXPECT_EQ(saved(pit), state);
  EXPECT_EQ(pit.deadline(), deadline);
}

}  // namespace
}  // namespace gv
