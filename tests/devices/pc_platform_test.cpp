// SPDX-License-Identifier: MIT

#include "devices/pc_platform.h"

#include "devices/bios.h"
#include "devices/pic_8259.h"
#include "devices/pit_8254.h"
#include "devices/serial_16550.h"
#include "recording_host.h"

#include <gtest/gtest.h>

#include <set>

namespace gv {
namespace {

TEST(PcPlatform, HasEveryDeviceOnceUnderItsOwnName) {
  RecordingHost host;
  PcPlatform pc = build_pc_platform(host, 32 << 20);
  add_bios(pc, host, 32 << 20, std::vector<std::uint8_t>(512), 0x80);
  std::set<std::string_view> names;
  for (const auto& device : pc.bus->devices())
    names.insert(device->name());
  EXPECT_EQ(names.size(), 9u);
  EXPECT_EQ(pc.bus->devices().size(), 9u);
  EXPECT_EQ(pc.bus->devices().front()->name(), "PIC 8259");
}

TEST(PcPlatform, TouchesNothingBeforeTheGuestDoes) {
  RecordingHost host;
  const PcPlatform pc = build_pc_platform(host, 32 << 20);
  EXPECT_TRUE(host.irqs.empty());
  EXPECT_FALSE(pc.bus->deadline().has_value()) << "an idle machine has nothing to wait for";
}

TEST(PcPlatform, ClaimsThePortsOfAPcAndNoOthers) {
  RecordingHost host;
  const PcPlatform pc = build_pc_platform(host, 32 << 20);
  for (const int port : {0x20, 0x21, 0x40, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x92, 0xa0, 0xe9,
                         0xf4, 0x3c0, 0x3d4, 0x3da, 0x3f8, 0x3ff, 0x4d0}) {
    EXPECT_TRUE(pc.bus->read(static_cast<std::uint16_t>(port), 1, 0).claimed) << port;
  }
  for (const int port : {0x00, 0x80, 0x1f0, 0x2f8, 0x378, 0x3e0, 0xcf8, 0xffff}) {
    const PortAnswer answer = pc.bus->read(static_cast<std::uint16_t>(port), 1, 0);
    EXPECT_FALSE(answer.claimed) << port;
    EXPECT_EQ(answer.value, 0xffu);
  }
}

TEST(PcPlatform, GoesBackToASavedStateAndRunsTheSameAgain) {
  RecordingHost host;
  PcPlatform pc = build_pc_platform(host, 32 << 20);
  pc.bus->write(0x43, 1, 0x34, 0);
  pc.bus->write(0x40, 1, 0xe8, 0);
  pc.bus->write(0x40, 1, 0x03, 0);
  pc.serial->push_input('a');
  const auto state = pc.bus->save();
  const auto run = [&] {
    host.irqs.clear();
    std::vector<Cycles> edges;
    for (int i = 0; i < 50; ++i) {
      const Cycles due = *pc.bus->deadline();
      pc.bus->advance(due);
      edges.push_back(due);
    }
    edges.push_back(pc.bus->read(0x3f8, 1, edges.back()).value);
    return std::pair{edges, host.irqs};
  };
  const auto first = run();
  ASSERT_NE(pc.bus->save(), state);
  ASSERT_TRUE(pc.bus->restore(state));
  EXPECT_EQ(run(), first);
}

}  // namespace
}  // namespace gv
