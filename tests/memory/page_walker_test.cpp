// SPDX-License-Identifier: MIT
//
// Walks through tables that a test wrote, against the rules of 32-bit paging.

#include "memory/page_walker.h"
#include "x86/control_registers.h"
#include "x86/page_table_entry.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

using namespace x86;

constexpr std::uint32_t kFrames = 64;
constexpr std::uint64_t kDirectory = 0x1000, kTable = 0x2000;

class Walker : public testing::Test {
 protected:
  // Scattered, so that a walker which forgets the p2m reads other bytes.
  Walker()
      : machine_(std::move(*MachineMemory::create(2 * kFrames * kPageSize))),
        memory_(machine_, P2m::scattered(kFrames, 2 * kFrames)) {
    mode_.cr0 = cr0::PG | cr0::PE | cr0::WP;
    mode_.cr3 = kDirectory;
    directory(0, kTable | pte::P | pte::RW | pte::US);
  }
  void directory(std::uint32_t index, std::uint64_t entry) {
    memory_.store(Gpa(kDirectory + 4u * index), static_cast<std::uint32_t>(entry));
  }
  void leaf(std::uint32_t index, std::uint64_t entry) {
    memory_.store(Gpa(kTable + 4u * index), static_cast<std::uint32_t>(entry));
  }
  std::uint32_t leaf(std::uint32_t index) const {
    return memory_.load<std::uint32_t>(Gpa(kTable + 4u * index));
  }
  PageWalk walk(std::uint64_t address, AccessKind kind = AccessKind::Read,
                AccessLevel level = AccessLevel::Supervisor,
                SetAccessedDirty set = SetAccessedDirty::No) const {
    return PageWalker(const_cast<GuestMemory&>(memory_))
        .walk(mode_, Gva(address), kind, level, set);
  }

  MachineMemory machine_;
  GuestMemory memory_;
  PagingMode mode_;
};

TEST_F(Walker, WithPagingOffLinearIsPhysical) {
  mode_.cr0 = cr0::PE;
  const PageWalk w = walk(0x12345678);
  EXPECT_EQ(w.outcome, WalkOutcome::PagingOff);
  EXPECT_EQ(w.physical, 0x12345678u);
  EXPECT_EQ(w.steps, 0);
}

TEST_F(Walker, RecordsBothLevels) {
  leaf(5, 0x9000 | pte::P);
  const PageWalk w = walk(0x5abc);
  EXPECT_EQ(w.outcome, WalkOutcome::Mapped);
  EXPECT_EQ(w.physical, 0x9abcu);
  ASSERT_EQ(w.steps, 2);
  EXPECT_EQ(w.step[0].entry_address, kDirectory);
  EXPECT_EQ(w.step[1].entry_address, kTable + 20);
  EXPECT_EQ(w.step[1].index, 5u);
  EXPECT_EQ(w.step[1].entry, 0x9000u | pte::P);
}

TEST_F(Walker, AnEmptyEntryAtEitherLevelIsNotPresent) {
  EXPECT_EQ(walk(0x6000).outcome, WalkOutcome::NotPresent);
  EXPECT_EQ(walk(0x6000).steps, 2);
  EXPECT_EQ(walk(0x00400000).outcome, WalkOutcome::NotPresent);
  EXPECT_EQ(walk(0x00400000).steps, 1);
}

TEST_F(Walker, UserNeedsTheUserBitAtBothLevels) {
  leaf(1, 0x9000 | pte::P | pte::RW | pte::US);
  EXPECT_EQ(walk(0x1000, AccessKind::Write, AccessLevel::User).outcome, WalkOutcome::Mapped);
  leaf(1, 0x9000 | pte::P | pte::RW);
  EXPECT_EQ(walk(0x1000, AccessKind::Read, AccessLevel::User).outcome,
            WalkOutcome::ProtectionFailed);
  leaf(1, 0x9000 | pte::P | pte::RW | pte::US);
  directory(0, kTable | pte::P | pte::RW);
  EXPECT_EQ(walk(0x1000, AccessKind::Read, AccessLevel::User).outcome,
            WalkOutcome::ProtectionFailed);
  EXPECT_EQ(walk(0x1000, AccessKind::Write).outcome, WalkOutcome::Mapped);
}

TEST_F(Walker, ReadOnlyBindsTheSupervisorOnlyUnderWp) {
  leaf(1, 0x9000 | pte::P | pte::US);
  EXPECT_EQ(walk(0x1000, AccessKind::Write).outcome, WalkOutcome::ProtectionFailed);
  EXPECT_EQ(walk(0x1000, AccessKind::Read).outcome, WalkOutcome::Mapped);
  mode_.cr0 = cr0::PG | cr0::PE;
  EXPECT_EQ(walk(0x1000, AccessKind::Write).outcome, WalkOutcome::Mapped);
  EXPECT_EQ(walk(0x1000, AccessKind::Write, AccessLevel::User).outcome,
            WalkOutcome::ProtectionFailed);
}

TEST_F(Walker, AReadOnlyDirectoryEntryMakesFourMegabytesReadOnly) {
  leaf(1, 0x9000 | pte::P | pte::RW);
  directory(0, kTable | pte::P);
  EXPECT_EQ(walk(0x1000, AccessKind::Write).outcome, WalkOutcome::ProtectionFailed);
}

TEST_F(Walker, LargePagesNeedPse) {
  directory(1, 0x00800000 | pte::P | pte::RW | pte::PS);
  mode_.cr4 = cr4::PSE;
  const PageWalk large = walk(0x00412345);
  EXPECT_EQ(large.outcome, WalkOutcome::Mapped);
  EXPECT_EQ(large.physical, 0x00812345u);
  EXPECT_EQ(large.page_size, paging32::kLargePageSize);
  EXPECT_EQ(large.steps, 1);
  mode_.cr4 = 0;  // then the entry points to a table, and there is no memory at 8 MiB
  EXPECT_EQ(walk(0x00412345).outcome, WalkOutcome::OutsideMemory);
}

TEST_F(Walker, TablesOutsideMemoryAreToldApartFromEmptyOnes) {
  directory(2, (kFrames * kPageSize) | pte::P | pte::RW);
  EXPECT_EQ(walk(0x00800000).outcome, WalkOutcome::OutsideMemory);
  mode_.cr3 = 0xfffff000;
  EXPECT_EQ(walk(0x1000).outcome, WalkOutcome::OutsideMemory);
}

TEST_F(Walker, MarksAreSetOnlyWhenAskedForAndAllowed) {
  leaf(1, 0x9000 | pte::P);
  walk(0x1000);
  EXPECT_EQ(leaf(1) & (pte::A | pte::D), 0u);
  walk(0x1000, AccessKind::Write, AccessLevel::Supervisor, SetAccessedDirty::Yes);
  EXPECT_EQ(leaf(1) & (pte::A | pte::D), 0u) << "a refused access leaves no mark";
  const PageWalk read =
      walk(0x1000, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::Yes);
  EXPECT_TRUE(read.accessed);
  EXPECT_FALSE(read.dirty);
  EXPECT_EQ(leaf(1) & (pte::A | pte::D), pte::A);
  EXPECT_EQ(memory_.load<std::uint32_t>(Gpa(kDirectory)) & (pte::A | pte::D), pte::A);
  leaf(1, 0x9000 | pte::P | pte::RW);
  EXPECT_TRUE(
      walk(0x1000, AccessKind::Write, AccessLevel::Supervisor, SetAccessedDirty::Yes).dirty);
  EXPECT_EQ(leaf(1) & (pte::A | pte::D), pte::A | pte::D);
}

TEST_F(Walker, ErrorCodesSayWhatTheCpuWouldPush) {
  leaf(1, 0x9000 | pte::P);
  const PageWalk denied = walk(0x1000, AccessKind::Write, AccessLevel::User);
  EXPECT_EQ(PageWalker::error_code(denied, AccessKind::Write, AccessLevel::User), 7u);
  const PageWalk absent = walk(0x6000);
  EXPECT_EQ(PageWalker::error_code(absent, AccessKind::Read, AccessLevel::Supervisor), 0u);
  EXPECT_EQ(PageWalker::error_code(absent, AccessKind::Write, AccessLevel::Supervisor), 2u);
}

TEST(GuestToMachine, TheScatteredMapIsInjectiveAndNeverTheIdentity) {
  const P2m map = P2m::scattered(16, 48);
  std::vector<bool> used(48);
  for (std::uint32_t g = 0; g < 16; ++g) {
    const auto frame = map.lookup(Gfn(g));
    ASSERT_TRUE(frame);
    EXPECT_NE(frame->number, g);
    ASSERT_LT(frame->number, 48u);
    EXPECT_FALSE(used[frame->number]);
    used[frame->number] = true;
  }
  EXPECT_FALSE(map.lookup(Gfn(16)));
  EXPECT_EQ(P2m::identity(4).lookup(Gfn(3))->number, 3u);
}

TEST(GuestToMachine, OutsideMemoryReadsOnesAndDropsWrites) {
  auto machine = MachineMemory::create(8 * kPageSize);
  ASSERT_TRUE(machine);
  GuestMemory memory(*machine, P2m::scattered(2, 8));
  EXPECT_EQ(memory.load<std::uint32_t>(Gpa(2 * kPageSize)), 0xffffffffu);
  memory.store<std::uint32_t>(Gpa(2 * kPageSize - 2), 0x11223344);
  EXPECT_EQ(memory.load<std::uint32_t>(Gpa(2 * kPageSize - 2)), 0xffff3344u);
}

}  // namespace
}  // namespace gv
