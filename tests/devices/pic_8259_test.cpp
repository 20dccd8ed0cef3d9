// SPDX-License-Identifier: MIT

#include "devices/pic_8259.h"

#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

struct Pic : ::testing::Test {
  Pic8259 pic;

  void SetUp() override { initialize(0x01); }
  void out(std::uint16_t port, int value) {
    pic.write(port, 1, static_cast<std::uint32_t>(value), 0);
  }
  std::uint8_t in(std::uint16_t port) { return static_cast<std::uint8_t>(pic.read(port, 1, 0)); }
  // Vectors 0x20 and 0x28, everything unmasked.
  void initialize(int icw4) {
    out(0x20, 0x11);
    out(0xa0, 0x11);
    out(0x21, 0x20);
    out(0xa1, 0x28);
    out(0x21, 0x04);
    out(0xa1, 0x02);
    out(0x21, icw4);
    out(0xa1, icw4);
    out(0x21, 0);
    out(0xa1, 0);
  }
  void pulse(std::uint8_t line) {
    pic.set_line(line, false);
    pic.set_line(line, true);
  }
  std::uint8_t isr(std::uint16_t port) {
    out(port, 0x0b);
    return in(port);
  }
  std::uint8_t irr(std::uint16_t port) {
    out(port, 0x0a);
    return in(port);
  }
};

TEST_F(Pic, DeliversEachLineWithItsVector) {
  for (int line = 0; line < 16; ++line) {
    if (line == 2)
      continue;
    pic.set_line(static_cast<std::uint8_t>(line), true);
    ASSERT_TRUE(pic.interrupt_pending()) << "line " << line;
    EXPECT_EQ(pic.acknowledge(), 0x20 + line);
    EXPECT_FALSE(pic.interrupt_pending());
    if (line >= 8)
      out(0xa0, 0x20);
    out(0x20, 0x20);
    pic.set_line(static_cast<std::uint8_t>(line), false);
  }
}

TEST_F(Pic, HoldsBackMaskedLinesUntilTheyAreUnmasked) {
  out(0x21, 0x01);
  pulse(0);
  EXPECT_FALSE(pic.interrupt_pending());
  EXPECT_EQ(irr(0x20), 0x01);
  EXPECT_EQ(in(0x21), 0x01);
  out(0x21, 0x00);
  EXPECT_TRUE(pic.interrupt_pending());
}

TEST_F(Pic, ServesTheLowestLineFirst) {
  pulse(5);
  pulse(1);
  pulse(12);
  EXPECT_EQ(pic.acknowledge(), 0x21);
  EXPECT_FALSE(pic.interrupt_pending()) << "1 is in service, all others are below it";
  out(0x20, 0x20);
  EXPECT_EQ(pic.acknowledge(), 0x2c) << "the slave hangs on input 2, above 5";
  EXPECT_FALSE(pic.interrupt_pending());
  out(0xa0, 0x20);
  out(0x20, 0x20);
  EXPECT_EQ(pic.acknowledge(), 0x25);
}

TEST_F(Pic, LetsAHigherLineInterruptALowerOne) {
  pulse(5);
  EXPECT_EQ(pic.acknowledge(), 0x25);
  pulse(0);
  ASSERT_TRUE(pic.interrupt_pending());
  EXPECT_EQ(pic.acknowledge(), 0x20);
  EXPECT_EQ(isr(0x20), 0x21);
  out(0x20, 0x20);
  EXPECT_EQ(isr(0x20), 0x20) << "a non-specific EOI ends the highest in service";
}

TEST_F(Pic, EndsTheNamedLineOnASpecificEoi) {
  pulse(5);
  pic.acknowledge();
  pulse(0);
  pic.acknowledge();
  out(0x20, 0x65);
  EXPECT_EQ(isr(0x20), 0x01);
}

TEST_F(Pic, NeedsAnEdgeNotALevel) {
  pulse(3);
  EXPECT_EQ(pic.acknowledge(), 0x23);
  out(0x20, 0x20);
  EXPECT_FALSE(pic.interrupt_pending()) << "the line is high, but it did not rise again";
  pulse(3);
  EXPECT_TRUE(pic.interrupt_pending());
}

TEST_F(Pic, RepeatsALevelTriggeredLineWhileItIsHigh) {
  out(0x4d1, 0x08);
  EXPECT_EQ(in(0x4d1), 0x08);
  pic.set_line(11, true);
  EXPECT_EQ(pic.acknowledge(), 0x2b);
  out(0xa0, 0x20);
  out(0x20, 0x20);
  EXPECT_TRUE(pic.interrupt_pending());
  pic.set_line(11, false);
  EXPECT_FALSE(pic.interrupt_pending());
}

TEST_F(Pic, KeepsTheTimerAndItsLikeEdgeTriggered) {
  out(0x4d0, 0xff);
  out(0x4d1, 0xff);
  EXPECT_EQ(in(0x4d0), 0xf8);
  EXPECT_EQ(in(0x4d1), 0xde);
}

TEST_F(Pic, AnswersSpurious7WhenTheRequestWentAway) {
  pic.set_line(5, true);
  ASSERT_TRUE(pic.interrupt_pending());
  pic.set_line(5, false);
  EXPECT_FALSE(pic.interrupt_pending());
  EXPECT_EQ(pic.acknowledge(), 0x27);
  EXPECT_EQ(isr(0x20), 0) << "a spurious interrupt is not in service";
}

TEST_F(Pic, TakesTheCascadeBackWithTheSlavesRequest) {
  pulse(9);
  ASSERT_TRUE(pic.interrupt_pending());
  out(0xa1, 0xff);
  EXPECT_FALSE(pic.interrupt_pending());
  EXPECT_EQ(irr(0x20) & 0x04, 0);
  out(0xa1, 0x00);
  EXPECT_EQ(pic.acknowledge(), 0x29) << "unmasked again, the request is still latched";
}

TEST_F(Pic, NeedsNoEoiInAutomaticMode) {
  initialize(0x03);
  pulse(4);
  EXPECT_EQ(pic.acknowledge(), 0x24);
  EXPECT_EQ(isr(0x20), 0);
  pulse(6);
  EXPECT_TRUE(pic.interrupt_pending());
}

TEST_F(Pic, RotatesPriorities) {
  pulse(4);
  pic.acknowledge();
  out(0x20, 0xa0);  // rotate on non-specific EOI: 4 becomes the lowest
  pulse(4);
  pulse(5);
  EXPECT_EQ(pic.acknowledge(), 0x25);
  out(0x20, 0x20);
  out(0x20, 0xc7);  // set priority: 7 lowest, the order of power-on
  EXPECT_EQ(pic.acknowledge(), 0x24);
}

TEST_F(Pic, LetsLowerLinesThroughInSpecialMaskMode) {
  pulse(1);
  pic.acknowledge();
  pulse(6);
  EXPECT_FALSE(pic.interrupt_pending());
  out(0x20, 0x68);
  EXPECT_TRUE(pic.interrupt_pending());
  out(0x20, 0x48);
  EXPECT_FALSE(pic.interrupt_pending());
}

TEST_F(Pic, AcknowledgesByPolling) {
  pulse(3);
  out(0x20, 0x0c);
  EXPECT_EQ(in(0x20), 0x83);
  EXPECT_EQ(isr(0x20), 0x08);
  out(0x20, 0x0c);
  EXPECT_EQ(in(0x20), 0x00);
}

TEST_F(Pic, ForgetsRequestsAndMasksWhenInitializedAgain) {
  out(0x21, 0xff);
  pulse(3);
  initialize(0x01);
  EXPECT_EQ(in(0x21), 0);
  EXPECT_FALSE(pic.interrupt_pending()) << "a line that is high needs a new edge";
}

TEST_F(Pic, AsksNothingWhileItIsBeingInitialized) {
  out(0x20, 0x11);
  pulse(0);
  EXPECT_FALSE(pic.interrupt_pending());
}

TEST_F(Pic, NestsTheSlaveInSpecialFullyNestedMode) {
  initialize(0x11);
  pulse(12);
  EXPECT_EQ(pic.acknowledge(), 0x2c);
  pulse(8);
  ASSERT_TRUE(pic.interrupt_pending());
  EXPECT_EQ(pic.acknowledge(), 0x28);
}

TEST(PicPowerOn, MasksEverything) {
  Pic8259 pic;
  for (std::uint8_t line = 0; line < 16; ++line)
    pic.set_line(line, true);
  EXPECT_FALSE(pic.interrupt_pending());
}

TEST_F(Pic, GoesBackToASavedState) {
  pulse(1);
  pulse(9);
  pic.acknowledge();
  out(0x20, 0x0b);
  const auto state = saved(pic);
  initialize(3);
  ASSERT_TRUE(restored(pic, state));
  EXPECT_EQ(saved(pic), state);
  EXPECT_EQ(in(0x20), 0x02);
  auto broken = state;
  broken[6] = 9;  // a lowest input that does not exist
  EXPECT_FALSE(restored(pic, broken));
}

}  // namespace
}  // namespace gv
