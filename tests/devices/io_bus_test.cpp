// SPDX-License-Identifier: MIT

#include "devices/io_bus.h"

#include "devices/debug_console.h"
#include "devices/debug_exit.h"
#include "devices/pit_8254.h"
#include "devices/serial_16550.h"
#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

struct Bus : ::testing::Test {
  RecordingHost host;
  IoBus bus;
};

TEST_F(Bus, AnswersAllOnesOfTheAccessSizeWhereNobodyListens) {
  for (const auto& [size, ones] :
       {std::pair{1, 0xffu}, std::pair{2, 0xffffu}, std::pair{4, 0xffffffffu}}) {
    const PortAnswer answer = bus.read(0x300, static_cast<std::uint8_t>(size), 0);
    EXPECT_EQ(answer.value, ones);
    EXPECT_FALSE(answer.claimed);
  }
  EXPECT_FALSE(bus.write(0x300, 1, 5, 0).claimed);
}

TEST_F(Bus, RoutesAPortToItsDeviceAndTellsSo) {
  ASSERT_TRUE(bus.attach(std::make_unique<DebugConsole>(host)));
  ASSERT_TRUE(bus.attach(std::make_unique<DebugExit>(host)));
  EXPECT_TRUE(bus.write(0xe9, 1, 'x', 0).claimed);
  EXPECT_EQ(host.debug_text, "x");
  EXPECT_EQ(bus.read(0xe9, 1, 0).value, 0xe9u);
  EXPECT_EQ(bus.read(0xe9, 2, 0).value, 0xffe9u) << "undriven lanes float high";
  bus.write(0xf4, 4, 0x12345678, 0);
  bus.write(0xf4, 1, 0x12345678, 0);
  EXPECT_EQ(host.exits, (std::vector<std::uint32_t>{0x12345678, 0x78}));
}

TEST_F(Bus, RefusesTwoDevicesOnOnePortAndNamesBoth) {
  ASSERT_TRUE(bus.attach(std::make_unique<DebugConsole>(host)));
  const auto second = bus.attach(std::make_unique<DebugConsole>(host));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "port 0x00e9 of debug console belongs to debug console already: give one of them "
            "another port");
  EXPECT_EQ(bus.devices().size(), 1u);
}

TEST_F(Bus, HasTheEarliestDeadlineOfItsDevices) {
  ASSERT_TRUE(bus.attach(std::make_unique<Serial16550>(host)));
  EXPECT_FALSE(bus.deadline().has_value());
  ASSERT_TRUE(bus.attach(std::make_unique<Pit8254>(host)));
  EXPECT_FALSE(bus.deadline().has_value());
  bus.write(0x43, 1, 0x34, 0);
  bus.write(0x40, 1, 100, 0);
  bus.write(0x40, 1, 0, 0);
  ASSERT_TRUE(bus.deadline().has_value());
  const Cycles due = *bus.deadline();
  bus.advance(due - 1);
  EXPECT_EQ(host.edges(0), 0);
  bus.advance(due);
  EXPECT_EQ(host.edges(0), 1);
}

TEST_F(Bus, RestoresTheSetOfDevicesItSavedAndRefusesEveryPrefixOfIt) {
  for (IoBus* one : {&bus}) {
    ASSERT_TRUE(one->attach(std::make_unique<Serial16550>(host)));
    ASSERT_TRUE(one->attach(std::make_unique<Pit8254>(host)));
  }
  bus.write(0x3ff, 1, 0x5a, 0);
  const auto before = bus.save();
  bus.write(0x3ff, 1, 0xa5, 0);
  ASSERT_NE(bus.save(), before);
  ASSERT_TRUE(bus.restore(before));
  EXPECT_EQ(bus.save(), before);
  EXPECT_EQ(bus.read(0x3ff, 1, 0).value, 0x5au);
  for (std::size_t length = 0; length < before.size(); ++length) {
    EXPECT_FALSE(
        bus.restore({before.begin(), before.begin() + static_cast<std::ptrdiff_t>(length)}))
        << length << " of " << before.size() << " bytes";
  }
}

TEST_F(Bus, RefusesTheStateOfAnotherMachine) {
  IoBus other;
  ASSERT_TRUE(bus.attach(std::make_unique<Serial16550>(host)));
  ASSERT_TRUE(other.attach(std::make_unique<DebugExit>(host)));
  EXPECT_FALSE(bus.restore(other.save()));
}

TEST_F(Bus, DescribesItsDevicesInOrderOfAttachment) {
  ASSERT_TRUE(bus.attach(std::make_unique<Serial16550>(host)));
  ASSERT_TRUE(bus.attach(std::make_unique<DebugExit>(host)));
  const auto states = bus.describe(0);
  ASSERT_EQ(states.size(), 2u);
  EXPECT_EQ(states[0].name, "serial 16550");
  EXPECT_EQ(states[1].name, "debug exit");
}

}  // namespace
}  // namespace gv
