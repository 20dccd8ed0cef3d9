// SPDX-License-Identifier: MIT

#include "memory/shadow_page_table.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

class Shadow : public testing::Test {
 protected:
  // Five frames: root, the monitor's table, and three tables for guests.
  Shadow()
      : machine_(std::move(*MachineMemory::create(32 * kPageSize))),
        shadow_(machine_, {Mfn(4), 5}, {Mfn(1), Mfn(2)}) {}
  ShadowPageTable::MapResult map(std::uint64_t address, std::uint32_t frame, bool writable = true,
                                 bool user = false) {
    return shadow_.map({Gva(address), Mfn(frame), writable, user});
  }
  MachineMemory machine_;
  ShadowPageTable shadow_;
};

TEST_F(Shadow, MapsWhatItWasTold) {
  ASSERT_EQ(map(0x00401000, 20, false, true), ShadowPageTable::MapResult::Mapped);
  const PageWalk walk = shadow_.walk(Gva(0x00401234));
  EXPECT_EQ(walk.outcome, WalkOutcome::Mapped);
  EXPECT_EQ(walk.physical, 20 * kPageSize + 0x234);
  EXPECT_FALSE(walk.writable);
  EXPECT_TRUE(walk.user);
  ASSERT_EQ(walk.steps, 2);
  EXPECT_EQ(walk.step[0].entry_address, shadow_.root().value + 4);
  EXPECT_EQ(walk.step[1].index, 1u);
  EXPECT_EQ(shadow_.state().entries, 1u);
  EXPECT_EQ(shadow_.walk(Gva(0x00402000)).outcome, WalkOutcome::NotPresent);
}

TEST_F(Shadow, MappingAgainReplacesAndIsCountedOnce) {
  map(0x1000, 20);
  map(0x1000, 21, false);
  EXPECT_EQ(shadow_.state().entries, 1u);
  EXPECT_EQ(shadow_.walk(Gva(0x1000)).physical, 21 * kPageSize);
  EXPECT_FALSE(shadow_.walk(Gva(0x1000)).writable);
}

TEST_F(Shadow, DropsOnePageOrFourMegabytesOrAll) {
  map(0x1000, 20);
  map(0x2000, 21);
  map(0x3000, 22);
  map(0x00400000, 23);
  EXPECT_EQ(shadow_.drop_page(Gva(0x1fff)), 1u);
  EXPECT_EQ(shadow_.drop_page(Gva(0x1000)), 0u);
  EXPECT_EQ(shadow_.walk(Gva(0x1000)).outcome, WalkOutcome::NotPresent);
  EXPECT_EQ(shadow_.drop_directory_entry(Gva(0x003fffff)), 2u);
  EXPECT_EQ(shadow_.walk(Gva(0x00400000)).outcome, WalkOutcome::Mapped);
  map(0x1000, 20);
  EXPECT_EQ(shadow_.drop_all(), 2u);
  EXPECT_EQ(shadow_.state().entries, 0u);
  EXPECT_TRUE(shadow_.mapped(100).empty());
}

TEST_F(Shadow, AnExhaustedPoolSaysSoAndIsFreeAgainAfterDropAll) {
  EXPECT_EQ(map(0x00000000, 20), ShadowPageTable::MapResult::Mapped);
  EXPECT_EQ(map(0x00400000, 20), ShadowPageTable::MapResult::Mapped);
  EXPECT_EQ(map(0x00800000, 20), ShadowPageTable::MapResult::Mapped);
  EXPECT_EQ(map(0x00c00000, 20), ShadowPageTable::MapResult::PoolExhausted);
  EXPECT_EQ(shadow_.walk(Gva(0x00c00000)).outcome, WalkOutcome::NotPresent);
  EXPECT_EQ(map(0x00801000, 21), ShadowPageTable::MapResult::Mapped) << "its table is there";
  shadow_.drop_all();
  EXPECT_EQ(map(0x00c00000, 20), ShadowPageTable::MapResult::Mapped);
  EXPECT_EQ(shadow_.mapped(100).size(), 1u) << "a table that is used again starts empty";
}

TEST_F(Shadow, TheMonitorStaysAndNeitherUserNorWriterReachesIt) {
  EXPECT_EQ(shadow_.drop_page(kMonitorBase), 0u);
  shadow_.drop_all();
  const PageWalk walk = shadow_.walk(kMonitorBase + kPageSize);
  EXPECT_EQ(walk.outcome, WalkOutcome::Mapped);
  EXPECT_EQ(walk.physical, 2 * kPageSize);
  EXPECT_FALSE(walk.user);
  EXPECT_FALSE(walk.writable);
  EXPECT_EQ(shadow_.walk(kMonitorBase + 2 * kPageSize).outcome, WalkOutcome::NotPresent);
}

TEST_F(Shadow, ListsPagesInAddressOrderUpToALimit) {
  map(0x00801000, 22);
  map(0x5000, 21, false, true);
  const auto pages = shadow_.mapped(10);
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0].address.value, 0x5000u);
  EXPECT_TRUE(pages[0].user);
  EXPECT_FALSE(pages[0].writable);
  EXPECT_EQ(pages[1].physical, 22 * kPageSize);
  EXPECT_EQ(shadow_.mapped(1).size(), 1u);
}

}  // namespace
}  // namespace gv
