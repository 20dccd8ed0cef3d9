// SPDX-License-Identifier: MIT
//
// Guests that try to reach what is not theirs. Each is refused with Xen's error, and nothing
// has changed: not in memory, not in what Xen keeps of the domain.

#include "x86/page_table_entry.h"
#include "xen/hypercall_bench.h"

#include <functional>

namespace gv::xen {
namespace {

using namespace x86;

class Hostile : public testing::TestWithParam<Width> {
 protected:
  HypercallBench bench_{GetParam()};
  std::uint64_t address_ = bench_.va(bench_.spare(0));
  std::uint64_t leaf(std::uint64_t mfn, bool writable) {
    return mfn << 12 | pte::P | pte::A | (writable ? pte::RW : 0u);
  }
  std::uint64_t branch(std::uint64_t mfn, bool writable = true) {
    return mfn << 12 | pte::P | pte::US | pte::A | pte::D | (writable ? pte::RW : 0u);
  }
  Mfn foreign() {
    static constexpr DomainId kNeighbour = 9;
    if (bench_.xen().find(kNeighbour) == nullptr) {
      bench_.xen().add_domain(kNeighbour, GetParam(), 1);
    }
    // A neighbour's frame: what the guest gives back, another gets.
    const Mfn frame = bench_.mfn(bench_.spare(20));
    EXPECT_EQ(bench_.map(bench_.va(bench_.spare(20)), 0), 0);
    FrameRecord& record = bench_.frames()[frame];
    record.owner = kNeighbour;
    return frame;
  }
  // Twice, so that the marks of reading the arguments are there before the comparison.
  void refused(const char* what, Status expected, const std::function<Status()>& attempt) {
    EXPECT_EQ(attempt(), expected) << what;
    const std::uint64_t before = bench_.fingerprint();
    EXPECT_EQ(attempt(), expected) << what;
    EXPECT_EQ(bench_.fingerprint(), before) << what << " left something behind";
  }
  int top() const { return bench_.wide() ? 4 : 3; }
};

TEST_P(Hostile, ANeighboursFrameCannotBeMapped) {
  const std::uint64_t mfn = foreign().number;
  refused("read", -XEN_EBUSY, [&] { return bench_.map(address_, leaf(mfn, false)); });
  refused("write", -XEN_EBUSY, [&] { return bench_.map(address_, leaf(mfn, true)); });
  refused("by machine address", -XEN_EBUSY,
          [&] { return bench_.mmu_update(bench_.entry(1, address_).value, leaf(mfn, false)); });
  refused("as a table", -XEN_EINVAL,
          [&] { return bench_.mmu_update(bench_.entry(2, 0x10000000).value, branch(mfn)); });
  refused("in the owner's name", -XEN_EPERM,
          [&] { return bench_.mmu_update(bench_.entry(1, address_).value, leaf(mfn, false), 9); });
  refused("in nobody's name", -XEN_ESRCH, [&] {
    return bench_.mmu_update(bench_.entry(1, address_).value, leaf(mfn, false), 1234);
  });
  refused("pinned", -XEN_EINVAL, [&] { return bench_.mmuext(MMUEXT_PIN_L1_TABLE, mfn); });
  refused("written to", -XEN_EINVAL, [&] { return bench_.mmu_update(mfn << 12, 0x41); });
  refused("cleared", -XEN_EINVAL, [&] { return bench_.mmuext(MMUEXT_CLEAR_PAGE, mfn); });
  refused("copied", -XEN_EINVAL,
          [&] { return bench_.mmuext(MMUEXT_COPY_PAGE, bench_.mfn(bench_.spare(3)).number, mfn); });
  refused("renamed", -XEN_EINVAL,
          [&] { return bench_.mmu_update(mfn << 12 | MMU_MACHPHYS_UPDATE, 1); });
}

TEST_P(Hostile, XensOwnFramesCannotBeMapped) {
  refused("the frame table", -XEN_EBUSY, [&] { return bench_.map(address_, leaf(0, true)); });
  refused("as a device's frame", -XEN_EBUSY, [&] {
    return bench_.mmu_update(bench_.entry(1, address_).value, leaf(0, true), DOMID_IO);
  });
  refused("through DOMID_XEN", -XEN_EPERM, [&] {
    return bench_.mmu_update(bench_.entry(1, address_).value, leaf(0, true), DOMID_XEN);
  });
}

TEST_P(Hostile, AFrameThatIsNotThereCannotBeMapped) {
  const std::uint64_t beyond = bench_.frames().frames();
  refused("just beyond", -XEN_EPERM, [&] { return bench_.map(address_, leaf(beyond, false)); });
  refused("far beyond", -XEN_EPERM,
          [&] { return bench_.map(address_, leaf(std::uint64_t{1} << 39, false)); });
  refused("as a table", -XEN_EINVAL,
          [&] { return bench_.mmu_update(bench_.entry(2, 0x10000000).value, branch(beyond)); });
  refused("an entry there", -XEN_EINVAL, [&] { return bench_.mmu_update(beyond << 12, 0); });
  refused("pinned", -XEN_EINVAL,
          [&] { return bench_.mmuext(MMUEXT_PIN_L1_TABLE, std::uint64_t{0xffffffff}); });
}

TEST_P(Hostile, APageTableCannotBeMadeWritable) {
  for (int level = 1; level <= top(); ++level) {
    const std::uint64_t mfn = bench_.table(level, 0).number;
    refused("writable", -XEN_EBUSY, [&] { return bench_.map(address_, leaf(mfn, true)); });
    refused("cleared", -XEN_EINVAL, [&] { return bench_.mmuext(MMUEXT_CLEAR_PAGE, mfn); });
    refused("copied over", -XEN_EINVAL, [&] {
      return bench_.mmuext(MMUEXT_COPY_PAGE, mfn, bench_.mfn(bench_.spare(3)).number);
    });
    EXPECT_EQ(bench_.map(address_, leaf(mfn, false)), 0) << "to look at it is allowed";
  }
}

TEST_P(Hostile, ATableOfOneLevelIsNotOneOfAnother) {
  const std::uint64_t l1 = bench_.table(1, 0).number, l2 = bench_.table(2, 0).number;
  refused("an L1 pinned as an L2", -XEN_EINVAL,
          [&] { return bench_.mmuext(MMUEXT_PIN_L2_TABLE, l1); });
  refused("an L2 pinned as an L1", -XEN_EINVAL,
          [&] { return bench_.mmuext(MMUEXT_PIN_L1_TABLE, l2); });
  refused("an L1 as a root", -XEN_EINVAL, [&] { return bench_.mmuext(MMUEXT_NEW_BASEPTR, l1); });
  refused("an L1 where an L2 belongs", -XEN_EINVAL,
          [&] { return bench_.mmu_update(bench_.entry(3, 0x40000000).value, branch(l1)); });
  refused("data as a root", -XEN_EINVAL,
          [&] { return bench_.mmuext(MMUEXT_NEW_BASEPTR, bench_.mfn(bench_.spare(2)).number); });
}

TEST_P(Hostile, TablesCannotFormALoop) {
  const std::uint64_t root = bench_.root().number;
  refused("an L2 entry leads to the root", -XEN_EINVAL,
          [&] { return bench_.mmu_update(bench_.entry(2, 0x10000000).value, branch(root)); });
  const std::uint64_t l2 = bench_.table(2, 0).number;
  refused("an L2 leads to itself and may write", -XEN_EINVAL,
          [&] { return bench_.mmu_update(bench_.entry(2, 0x10000000).value, branch(l2)); });
  EXPECT_EQ(bench_.mmu_update(bench_.entry(2, 0x10000000).value, branch(l2, false)), 0)
      << "a guest may look at its tables through themselves";
  refused("and cannot make that writable afterwards", -XEN_EINVAL, [&] {
    return bench_.mmu_update(base_of(bench_.table(2, 0)).value + (0x10000000 >> 21) * 8,
                             branch(l2));
  });
}

TEST_P(Hostile, ARootMayLeadToItselfOnlyToBeRead) {
  if (!bench_.wide()) {
    return;
  }
  const std::uint64_t root = bench_.root().number, slot = (root << 12) + 5 * 8;
  refused("writable", -XEN_EINVAL, [&] { return bench_.mmu_update(slot, branch(root)); });
  ASSERT_EQ(bench_.mmu_update(slot, branch(root, false)), 0);
  refused("writable after all", -XEN_EINVAL, [&] { return bench_.mmu_update(slot, branch(root)); });
}

TEST_P(Hostile, XensSlotsAreXens) {
  const std::uint64_t data = bench_.table(bench_.wide() ? 3 : 1, 0).number;
  if (bench_.wide()) {
    for (const std::uint64_t slot : {256u, 260u, 271u}) {
      refused("an L4 slot", -XEN_EINVAL, [&] {
        return bench_.mmu_update(base_of(bench_.root()).value + slot * 8, branch(data));
      });
    }
    return;
  }
  const std::uint64_t top_l2 = base_of(bench_.table(2, 0xc0000000)).value;
  for (const std::uint64_t slot : {428u, 496u, 511u}) {
    refused("a slot of the fourth L2", -XEN_EPERM,
            [&] { return bench_.mmu_update(top_l2 + slot * 8, branch(data)); });
  }
  refused("the fourth L2 itself", -XEN_EINVAL, [&] {
    return bench_.mmu_update(base_of(bench_.root()).value + 3 * 8,
                             branch(bench_.table(2, 0).number));
  });
}

TEST_P(Hostile, AddressesThatAreNoGuestsAreRefused) {
  const std::uint64_t mfn = bench_.mfn(bench_.spare(1)).number;
  refused("Xen's part", -XEN_EINVAL,
          [&] { return bench_.map(AddressSpace::table_start(GetParam()), leaf(mfn, true)); });
  refused("where no table is", -XEN_EINVAL,
          [&] { return bench_.map(0x40000000, leaf(mfn, true)); });
  if (bench_.wide()) {
    refused("not canonical", -XEN_EINVAL,
            [&] { return bench_.map(0x0000800000000000, leaf(mfn, true)); });
    refused("not canonical either", -XEN_EINVAL,
            [&] { return bench_.map(0x8000000000000000, leaf(mfn, true)); });
  }
}

TEST_P(Hostile, AttributesThatAreXensCannotBeSet) {
  const std::uint64_t mfn = bench_.mfn(bench_.spare(1)).number;
  for (const std::uint64_t flag : {std::uint64_t{pte::PCD}, std::uint64_t{pte::PWT},
                                   std::uint64_t{pte::PS}, std::uint64_t{pte::G}}) {
    refused("a leaf", -XEN_EINVAL, [&] { return bench_.map(address_, leaf(mfn, true) | flag); });
    refused("a branch", -XEN_EINVAL, [&] {
      return bench_.mmu_update(bench_.entry(2, 0x10000000).value, branch(mfn) | flag);
    });
  }
}

TEST_P(Hostile, ADescriptorTableCannotBeWrittenToOrHoldGates) {
  std::vector<std::uint64_t> table(512, 0);
  const std::uint64_t page = bench_.spare(4);
  const std::uint64_t mfn = bench_.mfn(page).number;
  const auto give = [&] {
    bench_.put(HypercallBench::kScratch + 512, &mfn, sizeof mfn);
    return bench_.call(__HYPERVISOR_set_gdt, {HypercallBench::kScratch + 512, 512});
  };
  refused("while it is writable", -XEN_EINVAL, give);
  table[3] = 0x0000ec0000080000;  // a call gate
  bench_.put(bench_.va(page), table.data(), kPageSize);
  ASSERT_EQ(bench_.map(bench_.va(page), leaf(mfn, false)), 0);
  refused("with a gate", -XEN_EINVAL, give);
  table[3] = 0x00cf9b000000ffff;  // code of ring 0
  ASSERT_EQ(bench_.map(bench_.va(page), leaf(mfn, true)), 0);
  bench_.put(bench_.va(page), table.data(), kPageSize);
  ASSERT_EQ(bench_.map(bench_.va(page), leaf(mfn, false)), 0);
  ASSERT_EQ(give(), 0);
  std::uint64_t shown = 0;
  bench_.get(bench_.va(page) + 3 * 8, &shown, sizeof shown);
  EXPECT_EQ(shown >> 45 & 3, bench_.wide() ? 3u : 1u) << "ring 0 became the guest kernel's";
  refused("made writable again", -XEN_EBUSY,
          [&] { return bench_.map(bench_.va(page), leaf(mfn, true)); });
  refused("a gate put in later", -XEN_EINVAL, [&] {
    const std::uint64_t gate = 0x0000ec0000080000, at = (mfn << 12) + 8;
    return bench_.wide() ? bench_.call(__HYPERVISOR_update_descriptor, {at, gate})
                         : bench_.call(__HYPERVISOR_update_descriptor,
                                       {at, 0, gate & 0xffffffff, gate >> 32});
  });
  refused("more than Xen leaves room for", -XEN_EINVAL, [&] {
    return bench_.call(__HYPERVISOR_set_gdt,
                       {HypercallBench::kScratch + 512, kGuestGdtEntries + 1});
  });
}

INSTANTIATE_TEST_SUITE_P(Widths, Hostile, testing::Values(Width::Bits32, Width::Bits64),
                         [](const auto& test) {
                           return test.param == Width::Bits32 ? "Bits32" : "Bits64";
                         });

}  // namespace
}  // namespace gv::xen
