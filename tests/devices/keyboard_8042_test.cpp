// SPDX-License-Identifier: MIT

#include "devices/keyboard_8042.h"

#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

struct Keyboard : ::testing::Test {
  RecordingHost host;
  Keyboard8042 chip{host};

  int in(std::uint16_t port) { return static_cast<int>(chip.read(port, 1, 0) & 0xff); }
  void out(std::uint16_t port, int value) {
    chip.write(port, 1, static_cast<std::uint32_t>(value), 0);
  }
  std::vector<int> drain() {
    std::vector<int> bytes;
    while ((in(0x64) & 1) != 0)
      bytes.push_back(in(0x60));
    return bytes;
  }
};

using Bytes = std::vector<int>;

TEST_F(Keyboard, HandsOutScanCodesInOrderWithAnEdgeEach) {
  EXPECT_EQ(in(0x64) & 1, 0);
  for (const int code : {0x1e, 0x9e, 0x30})
    chip.push_scan_code(static_cast<std::uint8_t>(code));
  EXPECT_EQ(host.edges(1), 1) << "the next byte waits until this one is read";
  EXPECT_EQ(drain(), (Bytes{0x1e, 0x9e, 0x30}));
  EXPECT_EQ(host.edges(1), 3);
  EXPECT_FALSE(host.level(1));
}

TEST_F(Keyboard, DoesNotInterruptWhenTheCommandByteSaysSo) {
  out(0x64, 0x60);
  out(0x60, 0x44);
  chip.push_scan_code(0x1e);
  EXPECT_EQ(host.edges(1), 0);
  EXPECT_EQ(in(0x64) & 1, 1);
}

// What a controller command or a keyboard command answers.
struct CommandCase {
  const char* what;
  std::vector<std::pair<int, int>> writes;  // port, value
  Bytes answers;
};

class Commands : public Keyboard, public ::testing::WithParamInterface<CommandCase> {};

TEST_P(Commands, AreAnswered) {
  for (const auto& [port, value] : GetParam().writes)
    out(static_cast<std::uint16_t>(port), value);
  EXPECT_EQ(drain(), GetParam().answers) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Commands,
    ::testing::Values(
        CommandCase{"self test", {{0x64, 0xaa}}, {0x55}},
        CommandCase{"interface test", {{0x64, 0xab}}, {0x00}},
        CommandCase{"command byte", {{0x64, 0x20}}, {0x45}},
        CommandCase{"set command byte", {{0x64, 0x60}, {0x60, 0x65}, {0x64, 0x20}}, {0x65}},
        CommandCase{"output port", {{0x64, 0xd0}}, {0x03}},
        CommandCase{"A20 off by output port", {{0x64, 0xd1}, {0x60, 0x01}, {0x64, 0xd0}}, {0x01}},
        CommandCase{"echo through the output buffer", {{0x64, 0xd2}, {0x60, 0x42}}, {0x42}},
        CommandCase{"reset the keyboard", {{0x60, 0xff}}, {0xfa, 0xaa}},
        CommandCase{"LEDs", {{0x60, 0xed}, {0x60, 0x07}}, {0xfa, 0xfa}},
        CommandCase{"repeat rate", {{0x60, 0xf3}, {0x60, 0x00}}, {0xfa, 0xfa}},
        CommandCase{"which scan code set", {{0x60, 0xf0}, {0x60, 0x00}}, {0xfa, 0xfa, 0x41}},
        CommandCase{"identify", {{0x60, 0xf2}}, {0xfa, 0xab, 0x41}},
        CommandCase{"echo", {{0x60, 0xee}}, {0xee}},
        CommandCase{"unknown", {{0x60, 0x01}}, {0xfe}}));

TEST_F(Keyboard, HoldsKeysBackWhileItsInterfaceIsDisabled) {
  out(0x64, 0xad);
  chip.push_scan_code(0x1e);
  EXPECT_EQ(drain(), Bytes{});
  out(0x64, 0xae);
  EXPECT_EQ(drain(), Bytes{0x1e});
}

TEST_F(Keyboard, DropsKeysWhileItDoesNotScan) {
  out(0x60, 0xf5);
  EXPECT_EQ(drain(), Bytes{0xfa});
  chip.push_scan_code(0x1e);
  EXPECT_EQ(drain(), Bytes{});
  out(0x60, 0xf4);
  chip.push_scan_code(0x1f);
  EXPECT_EQ(drain(), (Bytes{0xfa, 0x1f}));
}

TEST_F(Keyboard, ResetsTheMachineOnlyWhenLineZeroIsPulsed) {
  out(0x64, 0xff);
  EXPECT_EQ(host.resets, 0);
  out(0x64, 0xfe);
  EXPECT_EQ(host.resets, 1);
  out(0x64, 0xd1);
  out(0x60, 0x02);
  EXPECT_EQ(host.resets, 2);
  out(0x92, 0x01);
  EXPECT_EQ(host.resets, 3);
}

TEST_F(Keyboard, OpensA20FromThreePlaces) {
  EXPECT_TRUE(chip.a20());
  out(0x92, 0x00);
  EXPECT_FALSE(chip.a20());
  out(0x92, 0x02);
  EXPECT_TRUE(chip.a20());
  out(0x64, 0xdd);
  EXPECT_FALSE(chip.a20());
  out(0x64, 0xdf);
  EXPECT_EQ(in(0x92), 0x02);
}

TEST_F(Keyboard, GoesBackToASavedState) {
  chip.push_scan_code(0x1e);
  chip.push_scan_code(0x30);
  out(0x60, 0xed);
  const auto state = saved(chip);
  drain();
  out(0x60, 0x00);
  ASSERT_TRUE(restored(chip, state));
  EXPECT_EQ(saved(chip), state);
  EXPECT_EQ(drain(), (Bytes{0x1e, 0xfa, 0x30}));
}

}  // namespace
}  // namespace gv
