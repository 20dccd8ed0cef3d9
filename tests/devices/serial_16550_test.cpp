// SPDX-License-Identifier: MIT

#include "devices/serial_16550.h"

#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

constexpr std::uint16_t kThr = 0x3f8, kIer = 0x3f9, kIir = 0x3fa, kLcr = 0x3fb, kMcr = 0x3fc,
                        kLsr = 0x3fd, kMsr = 0x3fe, kScr = 0x3ff;

struct Serial : ::testing::Test {
  RecordingHost host;
  Serial16550 chip{host};

  std::uint8_t in(std::uint16_t port) { return static_cast<std::uint8_t>(chip.read(port, 1, 0)); }
  void out(std::uint16_t port, std::uint8_t value) { chip.write(port, 1, value, 0); }
  void type(std::string_view text) {
    for (const char c : text)
      chip.push_input(static_cast<std::uint8_t>(c));
  }
};

TEST_F(Serial, PutsTransmittedBytesOnTheConsoleInOrder) {
  for (const char c : std::string("hello\n"))
    out(kThr, static_cast<std::uint8_t>(c));
  EXPECT_EQ(host.console_text, "hello\n");
  EXPECT_EQ(host.debug_text, "");
  EXPECT_EQ(in(kLsr), 0x60) << "the transmitter is always empty";
}

TEST_F(Serial, KeepsTheDivisorUnderDlabApartFromTheData) {
  out(kLcr, 0x83);
  out(kThr, 0x01);
  out(kIer, 0x02);
  EXPECT_EQ(in(kThr), 0x01);
  EXPECT_EQ(in(kIer), 0x02);
  out(kLcr, 0x03);
  EXPECT_EQ(in(kIer), 0x00);
  EXPECT_EQ(host.console_text, "") << "a divisor is not text";
}

TEST_F(Serial, KeepsTheScratchRegister) {
  out(kScr, 0xa7);
  EXPECT_EQ(in(kScr), 0xa7);
}

TEST_F(Serial, GivesReceivedBytesInOrderAndLosesNone) {
  std::string sent;
  for (int i = 0; i < 100; ++i)
    sent += static_cast<char>('!' + i % 90);
  type(sent);
  std::string got;
  while ((in(kLsr)&1) != 0)
    got += static_cast<char>(in(kThr));
  EXPECT_EQ(got, sent);
  EXPECT_EQ(chip.unread(), 0u);
}

// What IIR reads, by what is enabled and what has happened.
struct IirCase {
  const char* what;
  std::uint8_t ier, fcr;
  const char* typed;
  std::uint8_t expected;
};

class Identification : public Serial, public ::testing::WithParamInterface<IirCase> {};

TEST_P(Identification, NamesTheHighestPendingInterrupt) {
  const IirCase& c = GetParam();
  out(kMcr, 0x08);
  out(kIir, c.fcr);
  out(kIer, c.ier);
  type(c.typed);
  EXPECT_EQ(in(kIir), c.expected) << c.what;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Identification,
    ::testing::Values(IirCase{"nothing enabled", 0, 0, "x", 0x01},
                      IirCase{"received data", 1, 0, "x", 0x04},
                      IirCase{"receive enabled, nothing received", 1, 0, "", 0x01},
                      IirCase{"transmitter empty", 2, 0, "", 0x02},
                      IirCase{"received data before transmitter", 3, 0, "x", 0x04},
                      IirCase{"FIFO at its trigger level of 4", 1, 0x41, "abcd", 0xc4},
                      IirCase{"FIFO below its trigger level", 1, 0x41, "abc", 0xcc},
                      IirCase{"FIFO trigger level 14", 1, 0xc1, "abcdefghijklm", 0xcc},
                      IirCase{"FIFO trigger level 14 reached", 1, 0xc1, "abcdefghijklmn", 0xc4},
                      IirCase{"FIFO on, nothing pending", 0, 1, "x", 0xc1}));

TEST_F(Serial, ServesTheTransmitterInterruptByReadingIir) {
  out(kMcr, 0x08);
  out(kIer, 0x02);
  EXPECT_TRUE(host.level(4));
  EXPECT_EQ(in(kIir), 0x02);
  EXPECT_FALSE(host.level(4));
  EXPECT_EQ(in(kIir), 0x01);
  out(kThr, 'a');
  EXPECT_TRUE(host.level(4)) << "the byte left at once, so the next one is wanted";
  EXPECT_EQ(host.edges(4), 2);
  out(kThr, 'b');
  EXPECT_EQ(host.edges(4), 3) << "each byte makes an edge of its own";
}

TEST_F(Serial, LowersItsLineWhenTheLastByteIsRead) {
  out(kMcr, 0x08);
  out(kIer, 0x01);
  type("ab");
  EXPECT_TRUE(host.level(4));
  in(kThr);
  EXPECT_TRUE(host.level(4));
  in(kThr);
  EXPECT_FALSE(host.level(4));
}

TEST_F(Serial, InterruptsOnlyThroughOut2) {
  out(kIer, 0x01);
  type("a");
  EXPECT_FALSE(host.level(4));
  out(kMcr, 0x08);
  EXPECT_TRUE(host.level(4));
}

TEST_F(Serial, LoopsTransmittedBytesBackWithoutShowingThem) {
  out(kMcr, 0x1b);
  out(kThr, 0xae);
  EXPECT_EQ(in(kThr), 0xae);
  EXPECT_EQ(host.console_text, "");
  EXPECT_EQ(in(kMsr), 0xb0) << "RTS, DTR and OUT2 come back as CTS, DSR and DCD";
  out(kMcr, 0x10);
  EXPECT_EQ(in(kMsr), 0x00);
}

TEST_F(Serial, HoldsTypedBytesBackDuringLoopback) {
  out(kMcr, 0x10);
  type("a");
  EXPECT_EQ(in(kLsr)&1, 0);
  out(kMcr, 0x00);
  EXPECT_EQ(in(kThr), 'a');
}

TEST_F(Serial, ClearsTheReceiverOnRequest) {
  out(kIir, 0x01);
  type("abc");
  out(kIir, 0x03);
  EXPECT_EQ(in(kLsr)&1, 0);
}

TEST_F(Serial, GoesBackToASavedState) {
  out(kMcr, 0x08);
  out(kIir, 0x41);
  out(kIer, 0x03);
  type("twenty bytes or more of input");
  const auto state = saved(chip);
  while ((in(kLsr)&1) != 0)
    in(kThr);
  out(kIer, 0);
  ASSERT_TRUE(restored(chip, state));
  EXPECT_EQ(saved(chip), state);
  EXPECT_EQ(in(kThr), 't');
}

}  // namespace
}  // namespace gv
