// SPDX-License-Identifier: MIT

#include "devices/cmos_rtc.h"

#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

constexpr Cycles kSecond = kCyclesPerSecond;

struct Clock : ::testing::Test {
  RecordingHost host;
  CmosRtc rtc{host, 32 << 20};

  int cell(int index, Cycles now = 0) {
    rtc.write(0x70, 1, static_cast<std::uint32_t>(index), now);
    return static_cast<int>(rtc.read(0x71, 1, now) & 0xff);
  }
  void set(int index, int value, Cycles now = 0) {
    rtc.write(0x70, 1, static_cast<std::uint32_t>(index), now);
    rtc.write(0x71, 1, static_cast<std::uint32_t>(value), now);
  }
};

TEST_F(Clock, StartsWithTheYear2026) {
  EXPECT_EQ(cell(0x32), 0x20);
  EXPECT_EQ(cell(9), 0x26);
  EXPECT_EQ(cell(8), 0x01);
  EXPECT_EQ(cell(7), 0x01);
  EXPECT_EQ(cell(6), 0x05) << "a Thursday; Sunday is 1";
  EXPECT_EQ(cell(4), 0x00);
  EXPECT_EQ(cell(2), 0x00);
  EXPECT_EQ(cell(0), 0x00);
}

TEST_F(Clock, GoesWithVirtualTime) {
  const Cycles now = (31ull * 86400 + 13 * 3600 + 45 * 60 + 59) * kSecond;
  EXPECT_EQ(cell(8, now), 0x02);
  EXPECT_EQ(cell(7, now), 0x01);
  EXPECT_EQ(cell(4, now), 0x13);
  EXPECT_EQ(cell(2, now), 0x45);
  EXPECT_EQ(cell(0, now), 0x59);
}

TEST_F(Clock, AnswersBinaryAndTwelveHoursWhenAsked) {
  const Cycles now = (13 * 3600 + 45 * 60) * kSecond;
  set(0x0b, 0x06, now);
  EXPECT_EQ(cell(4, now), 13);
  EXPECT_EQ(cell(2, now), 45);
  set(0x0b, 0x00, now);
  EXPECT_EQ(cell(4, now), 0x81) << "1 p.m. in BCD";
  EXPECT_EQ(cell(4, 0), 0x12) << "midnight is 12 a.m.";
}

TEST_F(Clock, CanBeSetAndGoesOnFromThere) {
  set(9, 0x99, 5 * kSecond);
  set(8, 0x12, 5 * kSecond);
  set(7, 0x31, 5 * kSecond);
  set(4, 0x23, 5 * kSecond);
  set(2, 0x59, 5 * kSecond);
  EXPECT_EQ(cell(9, 5 * kSecond), 0x99);
  EXPECT_EQ(cell(9, 60 * kSecond), 0x00);
  EXPECT_EQ(cell(0x32, 60 * kSecond), 0x21);
  EXPECT_EQ(cell(0, 61 * kSecond), 0x01);
}

TEST_F(Clock, StandsStillWhileTheSetBitIsOn) {
  set(0x0b, 0x82, 3 * kSecond);
  EXPECT_EQ(cell(0, 9 * kSecond), 0x03);
  set(0, 0x30, 9 * kSecond);
  set(0x0b, 0x02, 10 * kSecond);
  EXPECT_EQ(cell(0, 12 * kSecond), 0x32);
}

TEST_F(Clock, AnnouncesTheUpdate) {
  EXPECT_EQ(cell(0x0a, kSecond / 2) & 0x80, 0);
  EXPECT_EQ(cell(0x0a, kSecond - 1000) & 0x80, 0x80);
  EXPECT_EQ(cell(0x0a, kSecond) & 0x80, 0);
}

TEST_F(Clock, TellsTheMemorySize) {
  EXPECT_EQ(cell(0x15) | cell(0x16) << 8, 640);
  EXPECT_EQ(cell(0x17) | cell(0x18) << 8, 31 * 1024);
  EXPECT_EQ(cell(0x34) | cell(0x35) << 8, 16 * 16);
}

TEST_F(Clock, IgnoresTheNmiBitOfTheIndex) { EXPECT_EQ(cell(0x80 | 9), 0x26); }

TEST_F(Clock, InterruptsPeriodically) {
  EXPECT_FALSE(rtc.deadline().has_value());
  set(0x0b, 0x42);  // register A's rate at power-on is 1,024 Hz
  int edges = 0;
  while (rtc.deadline() && *rtc.deadline() <= kSecond) {
    rtc.advance(*rtc.deadline());
    ASSERT_TRUE(host.level(8));
    EXPECT_EQ(cell(0x0c, *rtc.deadline() - 1), 0xc0);
    EXPECT_FALSE(host.level(8)) << "reading register C acknowledges";
    ++edges;
  }
  EXPECT_EQ(edges, 1024);
}

TEST_F(Clock, InterruptsAtEachUpdate) {
  set(0x0b, 0x12, kSecond / 2);
  EXPECT_EQ(rtc.deadline(), kSecond);
  rtc.advance(kSecond);
  EXPECT_TRUE(host.level(8));
  EXPECT_EQ(cell(0x0c, kSecond), 0x90);
}

TEST_F(Clock, InterruptsAtTheAlarmOnly) {
  set(1, 0x05);
  set(3, 0xc0);
  set(5, 0xff);
  set(0x0b, 0x22);
  for (Cycles second = 1; second <= 4; ++second)
    rtc.advance(second * kSecond);
  EXPECT_FALSE(host.level(8));
  rtc.advance(5 * kSecond);
  EXPECT_TRUE(host.level(8));
  EXPECT_EQ(cell(0x0c, 5 * kSecond), 0xa0);
  rtc.advance(130 * kSecond);
  EXPECT_TRUE(host.level(8)) << "a late call does not miss the alarms in between";
}

TEST_F(Clock, GoesBackToASavedState) {
  set(0x40, 0x77);
  set(9, 0x80, kSecond);
  const auto state = saved(rtc);
  set(0x40, 0);
  set(0x0b, 0x42, 7 * kSecond);
  ASSERT_TRUE(restored(rtc, state));
  EXPECT_EQ(saved(rtc), state);
  EXPECT_EQ(cell(9), 0x80);
  EXPECT_EQ(cell(0x40), 0x77);
}

}  // namespace
}  // namespace gv
