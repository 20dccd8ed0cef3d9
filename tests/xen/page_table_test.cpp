// SPDX-License-Identifier: MIT
//
// What a guest may do with its page tables, and what Xen keeps count of meanwhile.

#include "x86/page_table_entry.h"
#include "xen/hypercall_bench.h"

namespace gv::xen {
namespace {

using namespace x86;

class PageTable : public testing::TestWithParam<Width> {
 protected:
  HypercallBench bench_{GetParam()};
  std::uint64_t writable(Mfn frame) { return base_of(frame).value | pte::P | pte::RW | pte::A; }
  std::uint64_t readable(Mfn frame) { return base_of(frame).value | pte::P | pte::A; }
  FrameRecord record(Mfn frame) { return bench_.frames()[frame]; }
};

TEST_P(PageTable, TheBuiltTablesAreTypedAndReadOnly) {
  const int top = bench_.wide() ? 4 : 3;
  for (int level = top; level >= 1; --level) {
    const Mfn table = bench_.table(level, 0);
    EXPECT_EQ(record(table).use, PageTables::table_of(level));
    EXPECT_TRUE(record(table).has(frame_flag::kValidated));
  }
  EXPECT_TRUE(record(bench_.root()).has(frame_flag::kPinned));
  // The guest sees its root through a leaf that gives no right to write.
  const std::uint64_t physical = bench_.xen().address_space().physical(bench_.root());
  EXPECT_EQ(bench_.entry_value(1, bench_.va(physical)) & pte::RW, 0u);
}

TEST_P(PageTable, NoFrameOfTheGuestHasItsOwnNumber) {
  for (unsigned i = 0; i < 8; ++i) {
    EXPECT_NE(bench_.mfn(bench_.spare(i)).number, bench_.spare(i));
  }
}

TEST_P(PageTable, AMappingMovesItsReferences) {
  const std::uint64_t address = bench_.va(bench_.spare(0));
  const Mfn first = bench_.mfn(bench_.spare(0)), second = bench_.mfn(bench_.spare(1));
  const FrameRecord before_first = record(first), before_second = record(second);
  ASSERT_EQ(bench_.map(address, writable(second)), 0);
  EXPECT_EQ(record(first).references, before_first.references - 1);
  EXPECT_EQ(record(second).references, before_second.references + 1);
  EXPECT_EQ(record(second).use_references, before_second.use_references + 1);
  ASSERT_EQ(bench_.map(address, 0), 0);
  EXPECT_EQ(record(second).references, before_second.references);
  EXPECT_EQ(record(second).use_references, before_second.use_references);
}

TEST_P(PageTable, AFrameBecomesATableWhenNobodyCanWriteToIt) {
  const std::uint64_t address = bench_.va(bench_.spare(0));
  const Mfn frame = bench_.mfn(bench_.spare(0));
  EXPECT_EQ(bench_.mmuext(MMUEXT_PIN_L1_TABLE, frame.number), -XEN_EINVAL) << "it is writable";
  ASSERT_EQ(bench_.map(address, readable(frame)), 0);
  ASSERT_EQ(bench_.mmuext(MMUEXT_PIN_L1_TABLE, frame.number), 0);
  EXPECT_EQ(record(frame).use, FrameUse::L1Table);
  EXPECT_EQ(bench_.map(address, writable(frame)), -XEN_EBUSY) << "it is a table";
  EXPECT_EQ(bench_.mmuext(MMUEXT_PIN_L1_TABLE, frame.number), -XEN_EINVAL) << "pinned already";
  ASSERT_EQ(bench_.mmuext(MMUEXT_UNPIN_TABLE, frame.number), 0);
  EXPECT_EQ(bench_.mmuext(MMUEXT_UNPIN_TABLE, frame.number), -XEN_EINVAL);
  EXPECT_EQ(record(frame).use, FrameUse::None);
  EXPECT_EQ(bench_.map(address, writable(frame)), 0);
}

TEST_P(PageTable, ATableIsHookedInAndItsMappingsWork) {
  const Mfn table = bench_.mfn(bench_.spare(0)), data = bench_.mfn(bench_.spare(1));
  const std::uint32_t mark = 0x5ca1ab1e;
  bench_.put(bench_.va(bench_.spare(1)), &mark, sizeof mark);
  const std::uint64_t leaf = readable(data);
  bench_.put(bench_.va(bench_.spare(0)) + 5 * 8, &leaf, sizeof leaf);
  ASSERT_EQ(bench_.map(bench_.va(bench_.spare(0)), readable(table)), 0);
  const std::uint64_t far = 0x10000000;  // nothing is there yet
  ASSERT_EQ(bench_.mmu_update(bench_.entry(2, far).value,
                              base_of(table).value | pte::P | pte::RW | pte::US | pte::A),
            0);
  std::uint32_t seen = 0;
  bench_.get(far + 5 * kPageSize, &seen, sizeof seen);
  EXPECT_EQ(seen, mark);
  EXPECT_EQ(record(table).use, FrameUse::L1Table);
  ASSERT_EQ(bench_.mmu_update(bench_.entry(2, far).value, 0), 0);
  EXPECT_EQ(record(table).use, FrameUse::None);
}

TEST_P(PageTable, ANewRootTakesOver) {
  const std::uint64_t copy = bench_.spare(0);
  std::vector<std::uint8_t> bytes(kPageSize);
  const std::uint64_t physical = bench_.xen().address_space().physical(bench_.root());
  bench_.get(bench_.va(physical), bytes.data(), bytes.size());
  if (!bench_.wide()) {
    // Its fourth L2 holds Xen's entries of one root alone: another root needs another.
    EXPECT_EQ(bench_.frames()[bench_.table(2, 0xc0000000)].use_references, 1u);
    return;
  }
  const Mfn frame = bench_.mfn(copy), old = bench_.root();
  bench_.put(bench_.va(copy), bytes.data(), bytes.size());
  ASSERT_EQ(bench_.map(bench_.va(copy), readable(frame)), 0);
  ASSERT_EQ(bench_.mmuext(MMUEXT_NEW_BASEPTR, frame.number), 0);
  EXPECT_EQ(bench_.root(), frame);
  ASSERT_EQ(bench_.mmuext(MMUEXT_UNPIN_TABLE, old.number), 0);
  EXPECT_EQ(record(old).use, FrameUse::None) << "nothing holds the old tree";
  std::uint8_t code = 0;
  bench_.get(0x100000, &code, 1);
  EXPECT_EQ(code, 0xeb) << "the guest goes on";
}

TEST_P(PageTable, AccessedAndDirtyMarksAreKeptWhenAsked) {
  const std::uint64_t address = bench_.va(bench_.spare(0));
  const Mfn frame = bench_.mfn(bench_.spare(0));
  ASSERT_EQ(bench_.map(address, writable(frame) | pte::D), 0);
  ASSERT_EQ(bench_.mmu_update(bench_.entry(1, address).value | MMU_PT_UPDATE_PRESERVE_AD,
                              base_of(frame).value | pte::P | pte::RW),
            0);
  EXPECT_EQ(bench_.entry_value(1, address) & (pte::A | pte::D), pte::A | pte::D);
}

TEST_P(PageTable, MachineToPhysicalIsTheGuestsToSetForItsOwnFrames) {
  const Mfn frame = bench_.mfn(bench_.spare(0));
  ASSERT_EQ(bench_.mmu_update(base_of(frame).value | MMU_MACHPHYS_UPDATE, 77), 0);
  EXPECT_EQ(bench_.xen().address_space().physical(frame), 77u);
  EXPECT_EQ(bench_.mmu_update(0 | MMU_MACHPHYS_UPDATE, 77), -XEN_EINVAL) << "Xen's own frame";
}

INSTANTIATE_TEST_SUITE_P(Widths, PageTable, testing::Values(Width::Bits32, Width::Bits64),
                         [](const auto& test) {
                           return test.param == Width::Bits32 ? "Bits32" : "Bits64";
                         });

}  // namespace
}  // namespace gv::xen
