// SPDX-License-Identifier: MIT
//
// Grants, by a domain that grants to itself: the one rule more is that frames have to fit.

#include "x86/page_table_entry.h"
#include "xen/hypercall_bench.h"

namespace gv::xen {
namespace {

using namespace x86;

class Grants : public testing::TestWithParam<Width> {
 protected:
  void SetUp() override { ASSERT_TRUE(bench_.xen().grow_grant_table(bench_.domain(), 1)); }
  HypercallBench bench_{GetParam()};
  void grant(std::uint32_t reference, std::uint64_t mfn, std::uint16_t flags,
             DomainId to = DomainId{1}) {
    const ::grant_entry_v1 entry{flags, to, static_cast<std::uint32_t>(mfn)};
    bench_.xen().memory().store(bench_.domain().grants.entry(reference), entry);
  }
  std::uint16_t flags(std::uint32_t reference) {
    return bench_.xen().memory().load<std::uint16_t>(bench_.domain().grants.entry(reference));
  }
  ::gnttab_map_grant_ref map(std::uint32_t reference, std::uint32_t how,
                             DomainId of = DomainId{DOMID_SELF}) {
    ::gnttab_map_grant_ref op{};
    op.host_addr = bench_.va(bench_.spare(1));
    op.flags = how;
    op.ref = reference;
    op.dom = of;
    bench_.put(HypercallBench::kScratch, &op, sizeof op);
    EXPECT_EQ(bench_.call(__HYPERVISOR_grant_table_op,
                          {GNTTABOP_map_grant_ref, HypercallBench::kScratch, 1}),
              0);
    bench_.get(HypercallBench::kScratch, &op, sizeof op);
    return op;
  }
  std::int16_t unmap(std::uint32_t handle) {
    ::gnttab_unmap_grant_ref op{};
    op.host_addr = bench_.va(bench_.spare(1));
    op.handle = handle;
    bench_.put(HypercallBench::kScratch, &op, sizeof op);
    EXPECT_EQ(bench_.call(__HYPERVISOR_grant_table_op,
                          {GNTTABOP_unmap_grant_ref, HypercallBench::kScratch, 1}),
              0);
    bench_.get(HypercallBench::kScratch, &op, sizeof op);
    return op.status;
  }
};

TEST_P(Grants, AMappingHoldsTheFrameUntilItGoes) {
  const Mfn frame = bench_.mfn(bench_.spare(0));
  const FrameRecord before = bench_.frames()[frame];
  grant(8, frame.number, GTF_permit_access);
  const auto mapped = map(8, GNTMAP_host_map);
  ASSERT_EQ(mapped.status, GNTST_okay);
  EXPECT_EQ(mapped.dev_bus_addr, base_of(frame).value);
  EXPECT_EQ(flags(8), GTF_permit_access | GTF_reading | GTF_writing);
  EXPECT_EQ(bench_.frames()[frame].references, before.references + 1);
  const std::uint32_t mark = 0xfeedface;
  bench_.put(bench_.va(bench_.spare(0)), &mark, sizeof mark);
  std::uint32_t seen = 0;
  bench_.get(bench_.va(bench_.spare(1)), &seen, sizeof seen);
  EXPECT_EQ(seen, mark) << "two addresses, one frame";
  EXPECT_EQ(unmap(mapped.handle), GNTST_okay);
  EXPECT_EQ(flags(8), GTF_permit_access);
  EXPECT_EQ(bench_.frames()[frame].references, before.references);
  EXPECT_EQ(bench_.frames()[frame].use_references, before.use_references);
  EXPECT_EQ(unmap(mapped.handle), GNTST_bad_handle);
}

TEST_P(Grants, AReadOnlyGrantGivesNoRightToWrite) {
  grant(8, bench_.mfn(bench_.spare(0)).number, GTF_permit_access | GTF_readonly);
  EXPECT_EQ(map(8, GNTMAP_host_map).status, GNTST_general_error);
  const auto mapped = map(8, GNTMAP_host_map | GNTMAP_readonly);
  ASSERT_EQ(mapped.status, GNTST_okay);
  EXPECT_EQ(bench_.entry_value(1, bench_.va(bench_.spare(1))) & pte::RW, 0u);
}

TEST_P(Grants, ForgedGrantsAreRefused) {
  EXPECT_EQ(map(5, GNTMAP_host_map).status, GNTST_general_error) << "an empty entry";
  EXPECT_EQ(map(100000, GNTMAP_host_map).status, GNTST_bad_gntref);
  EXPECT_EQ(map(0xffffffff, GNTMAP_host_map).status, GNTST_bad_gntref);
  EXPECT_EQ(map(5, GNTMAP_host_map, 77).status, GNTST_bad_domain);
  EXPECT_EQ(map(5, 0).status, GNTST_bad_gntref) << "mapped nowhere";
  grant(6, bench_.mfn(bench_.spare(0)).number, GTF_permit_access, 42);
  EXPECT_EQ(map(6, GNTMAP_host_map).status, GNTST_general_error) << "for somebody else";
  grant(7, 0, GTF_permit_access);
  EXPECT_EQ(map(7, GNTMAP_host_map).status, GNTST_general_error)
      << "Xen's frame, not the granter's";
  grant(7, 0xffffffff, GTF_permit_access);
  EXPECT_EQ(map(7, GNTMAP_host_map).status, GNTST_general_error);
  grant(9, bench_.root().number, GTF_permit_access);
  EXPECT_EQ(map(9, GNTMAP_host_map).status, GNTST_general_error) << "a page table, writable";
  EXPECT_EQ(unmap(12345), GNTST_bad_handle);
}

TEST_P(Grants, ATableIsSetUpAndAskedFor) {
  ::gnttab_query_size size{};
  size.dom = DOMID_SELF;
  bench_.put(HypercallBench::kScratch, &size, sizeof size);
  ASSERT_EQ(
      bench_.call(__HYPERVISOR_grant_table_op, {GNTTABOP_query_size, HypercallBench::kScratch, 1}),
      0);
  bench_.get(HypercallBench::kScratch, &size, sizeof size);
  EXPECT_EQ(size.status, GNTST_okay);
  EXPECT_EQ(size.nr_frames, 1u);
  EXPECT_EQ(size.max_nr_frames, kMostGrantFrames);
  EXPECT_FALSE(bench_.xen().grow_grant_table(bench_.domain(), kMostGrantFrames + 1));
}

INSTANTIATE_TEST_SUITE_P(Widths, Grants, testing::Values(Width::Bits32, Width::Bits64),
                         [](const auto& test) {
                           return test.param == Width::Bits32 ? "Bits32" : "Bits64";
                         });

}  // namespace
}  // namespace gv::xen
