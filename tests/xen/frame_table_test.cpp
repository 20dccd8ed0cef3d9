// SPDX-License-Identifier: MIT

#include "xen/frame_table.h"

#include <gtest/gtest.h>

namespace gv::xen {
namespace {

class Frames : public testing::Test {
 protected:
  static MachineMemory memory() {
    auto made = MachineMemory::create(64 * kPageSize);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  MachineMemory memory_ = memory();
  FrameTable table_{memory_};
};

TEST_F(Frames, TheTablesOwnFramesAreXensAndAreNeverGivenOut) {
  EXPECT_EQ(table_[Mfn(0)].owner, kXenItself);
  for (std::uint32_t left = table_.free_frames(); left > 0; --left) {
    const auto frame = table_.allocate(7, Placement::Bottom);
    ASSERT_TRUE(frame);
    EXPECT_GE(frame->number, FrameTable::frames_needed(64));
  }
  EXPECT_FALSE(table_.allocate(7, Placement::Top));
}

TEST_F(Frames, OnlyItsOwnerCanReferToAFrame) {
  const Mfn frame = *table_.allocate(7, Placement::Top);
  EXPECT_TRUE(table_.get(frame.number, 7));
  EXPECT_FALSE(table_.get(frame.number, 8));
  EXPECT_FALSE(table_.get(64, 7)) << "beyond the machine";
  EXPECT_FALSE(table_.get(UINT64_MAX, 7));
  table_.put(frame);
  EXPECT_EQ(table_[frame].references, 1u);
}

TEST_F(Frames, AFreedFrameIsNobodysAndEmpty) {
  const Mfn frame = *table_.allocate(7, Placement::Top);
  memory_.store<std::uint64_t>(base_of(frame), 0x1234);
  const std::uint32_t free = table_.free_frames();
  table_.put(frame);
  EXPECT_EQ(table_.free_frames(), free + 1);
  EXPECT_FALSE(table_.get(frame.number, 7));
  EXPECT_EQ(memory_.load<std::uint64_t>(base_of(frame)), 0u);
  EXPECT_EQ(*table_.allocate(8, Placement::Top), frame);
}

}  // namespace
}  // namespace gv::xen
