// SPDX-License-Identifier: MIT
//
// Every hypercall with pointers that lead nowhere, and what the smaller ones do.

#include "xen/hypercall_bench.h"

namespace gv::xen {
namespace {

class Hypercall : public testing::TestWithParam<Width> {
 protected:
  HypercallBench bench_{GetParam()};
  // Not mapped; Xen's; the address space's last bytes; for 64-bit guests also not canonical.
  std::vector<std::uint64_t> bad_pointers() const {
    std::vector<std::uint64_t> bad = {0x7f000000, AddressSpace::table_start(GetParam()),
                                      bench_.wide() ? ~std::uint64_t{3} : 0xfffffffc};
    if (bench_.wide()) {
      bad.push_back(0x0000900000000000);
    }
    return bad;
  }
};

TEST_P(Hypercall, APointerThatLeadsNowhereIsRefused) {
  struct Case {
    unsigned number;
    std::vector<std::uint64_t> before, after;
  };
  const bool wide = bench_.wide();
  const Case cases[] = {
      {__HYPERVISOR_set_trap_table, {}, {}},
      {__HYPERVISOR_mmu_update, {}, {1, 0, DOMID_SELF}},
      {__HYPERVISOR_mmuext_op, {}, {1, 0, DOMID_SELF}},
      {__HYPERVISOR_set_gdt, {}, {1}},
      {__HYPERVISOR_callback_op, {CALLBACKOP_register}, {}},
      {__HYPERVISOR_callback_op, {CALLBACKOP_unregister}, {}},
      {__HYPERVISOR_memory_op, {XENMEM_current_reservation}, {}},
      {__HYPERVISOR_memory_op, {XENMEM_decrease_reservation}, {}},
      {__HYPERVISOR_memory_op, {XENMEM_populate_physmap}, {}},
      {__HYPERVISOR_memory_op, {XENMEM_machphys_mapping}, {}},
      {__HYPERVISOR_multicall, {}, {1}},
      {__HYPERVISOR_xen_version, {XENVER_extraversion}, {}},
      {__HYPERVISOR_xen_version, {XENVER_compile_info}, {}},
      {__HYPERVISOR_xen_version, {XENVER_capabilities}, {}},
      {__HYPERVISOR_xen_version, {XENVER_platform_parameters}, {}},
      {__HYPERVISOR_xen_version, {XENVER_get_features}, {}},
      {__HYPERVISOR_xen_version, {XENVER_guest_handle}, {}},
      {__HYPERVISOR_console_io, {CONSOLEIO_write, 4}, {}},
      {__HYPERVISOR_grant_table_op, {GNTTABOP_map_grant_ref}, {1}},
      {__HYPERVISOR_grant_table_op, {GNTTABOP_unmap_grant_ref}, {1}},
      {__HYPERVISOR_grant_table_op, {GNTTABOP_copy}, {1}},
      {__HYPERVISOR_grant_table_op, {GNTTABOP_setup_table}, {1}},
      {__HYPERVISOR_grant_table_op, {GNTTABOP_query_size}, {1}},
      {__HYPERVISOR_grant_table_op, {GNTTABOP_set_version}, {1}},
      {__HYPERVISOR_vcpu_op, {VCPUOP_get_runstate_info, 0}, {}},
      {__HYPERVISOR_vcpu_op, {VCPUOP_register_runstate_memory_area, 0}, {}},
      {__HYPERVISOR_vcpu_op, {VCPUOP_set_periodic_timer, 0}, {}},
      {__HYPERVISOR_vcpu_op, {VCPUOP_set_singleshot_timer, 0}, {}},
      {__HYPERVISOR_vcpu_op, {VCPUOP_register_vcpu_info, 0}, {}},
      {__HYPERVISOR_sched_op, {SCHEDOP_shutdown}, {}},
      {__HYPERVISOR_sched_op, {SCHEDOP_poll}, {}},
      {__HYPERVISOR_sched_op, {SCHEDOP_remote_shutdown}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_alloc_unbound}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_bind_interdomain}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_bind_virq}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_bind_ipi}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_bind_vcpu}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_close}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_send}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_status}, {}},
      {__HYPERVISOR_event_channel_op, {EVTCHNOP_unmask}, {}},
      {__HYPERVISOR_physdev_op, {PHYSDEVOP_set_iopl}, {}},
  };
  for (const Case& each : cases) {
    for (const std::uint64_t bad : bad_pointers()) {
      std::vector<std::uint64_t> all = each.before;
      all.push_back(bad);
      all.insert(all.end(), each.after.begin(), each.after.end());
      all.resize(6);
      const std::uint64_t before = bench_.fingerprint();
      EXPECT_EQ(bench_.call(each.number, {all[0], all[1], all[2], all[3], all[4], all[5]}),
                -XEN_EFAULT)
          << name_of_hypercall(static_cast<int>(each.number)) << " at " << std::hex << bad;
      EXPECT_EQ(bench_.fingerprint(), before);
    }
  }
  static_cast<void>(wide);
}

TEST_P(Hypercall, WhatXenDoesNotHaveIsNotImplemented) {
  for (const unsigned number : {6u, 11u, 34u, 35u, 36u, 40u, 63u, 64u, 255u, 0xffffffffu}) {
    EXPECT_EQ(bench_.call(number, {}), -XEN_ENOSYS) << number;
  }
  for (const unsigned number :
       {__HYPERVISOR_xen_version, __HYPERVISOR_sched_op, __HYPERVISOR_event_channel_op,
        __HYPERVISOR_physdev_op, __HYPERVISOR_grant_table_op, __HYPERVISOR_callback_op}) {
    EXPECT_EQ(bench_.call(number, {200, 0, 0}), -XEN_ENOSYS) << number;
  }
}

TEST_P(Hypercall, TheVersionIsTheOneThatItsInterfaceComesFrom) {
  EXPECT_EQ(bench_.call(__HYPERVISOR_xen_version, {XENVER_version}), 4 << 16 | 17);
  EXPECT_EQ(bench_.call(__HYPERVISOR_xen_version, {XENVER_pagesize}), 4096);
}

TEST_P(Hypercall, AMulticallRunsInOrderAndKeepsEachResult) {
  constexpr std::uint64_t kList = HypercallBench::kScratch + 1024;
  if (bench_.wide()) {
    ::multicall_entry list[3] = {};
    list[0].op = __HYPERVISOR_xen_version;
    list[0].args[0] = XENVER_pagesize;
    list[1].op = 11;
    list[2].op = __HYPERVISOR_multicall;
    bench_.put(kList, list, sizeof list);
    EXPECT_EQ(bench_.call(__HYPERVISOR_multicall, {kList, 3}), 0);
    bench_.get(kList, list, sizeof list);
    EXPECT_EQ(static_cast<Status>(list[0].result), 4096);
    EXPECT_EQ(static_cast<Status>(list[1].result), -XEN_ENOSYS);
    EXPECT_EQ(static_cast<Status>(list[2].result), -XEN_EINVAL) << "not one in another";
  } else {
    std::uint32_t list[2][8] = {{__HYPERVISOR_xen_version, 0, XENVER_pagesize}, {11}};
    bench_.put(kList, list, sizeof list);
    EXPECT_EQ(bench_.call(__HYPERVISOR_multicall, {kList, 2}), 0);
    bench_.get(kList, list, sizeof list);
    EXPECT_EQ(list[0][1], 4096u);
    EXPECT_EQ(static_cast<std::int32_t>(list[1][1]), -XEN_ENOSYS);
  }
}

TEST_P(Hypercall, ALongListIsDoneInSharesAndCountedOnce) {
  // Clear the same machine-to-physical entry again and again: more often than one share.
  constexpr std::uint32_t kRequests = kMostEntriesAtOnce + 40;
  const Mfn frame = bench_.mfn(bench_.spare(0));
  std::vector<::mmu_update_t> requests(kRequests, {base_of(frame).value | MMU_MACHPHYS_UPDATE, 99});
  constexpr std::uint64_t kList = HypercallBench::kScratch + 0x10000;
  constexpr std::uint64_t kDone = HypercallBench::kScratch + 64;
  bench_.put(kList, requests.data(), requests.size() * sizeof requests[0]);
  const std::uint64_t rip = bench_.machine().engine().rip();
  ParavirtualGuest& guest = bench_.vcpu().guest();
  bench_.call(__HYPERVISOR_mmu_update, {kList, kRequests, kDone, DOMID_SELF});
  EXPECT_EQ(bench_.machine().engine().rip(), rip - 2) << "the guest calls once more";
  std::uint32_t done = 0;
  bench_.get(kDone, &done, sizeof done);
  EXPECT_EQ(done, kMostEntriesAtOnce);
  const Gpr first = bench_.wide() ? Gpr::Di : Gpr::Bx, second = bench_.wide() ? Gpr::Si : Gpr::Cx;
  EXPECT_EQ(bench_.call(__HYPERVISOR_mmu_update, {guest.register_value(first),
                                                  guest.register_value(second), kDone, DOMID_SELF}),
            0);
  bench_.get(kDone, &done, sizeof done);
  EXPECT_EQ(done, kRequests);
}

TEST_P(Hypercall, FramesGoBackToXenAndComeAgain) {
  const std::uint32_t pages = bench_.domain().pages;
  const std::uint64_t free = bench_.frames().free_frames();
  const Mfn frame = bench_.mfn(bench_.spare(0));
  ASSERT_EQ(bench_.map(bench_.va(bench_.spare(0)), 0), 0);
  const std::uint64_t list = HypercallBench::kScratch + 256;
  const std::uint64_t extent = frame.number;
  bench_.put(list, &extent, sizeof extent);
  const auto reserve = [&](std::uint64_t command) {
    if (bench_.wide()) {
      ::xen_memory_reservation r{};
      r.extent_start.p = reinterpret_cast<xen_pfn_t*>(list);
      r.nr_extents = 1;
      r.domid = DOMID_SELF;
      return bench_.call_with(__HYPERVISOR_memory_op, {command}, r);
    }
    std::uint32_t r[5] = {static_cast<std::uint32_t>(list), 1, 0, 0, DOMID_SELF};
    return bench_.call_with(__HYPERVISOR_memory_op, {command}, r);
  };
  ASSERT_EQ(reserve(XENMEM_decrease_reservation), 1);
  EXPECT_EQ(bench_.domain().pages, pages - 1);
  EXPECT_EQ(bench_.frames().free_frames(), free + 1);
  EXPECT_EQ(reserve(XENMEM_decrease_reservation), 0) << "it is not the guest's any more";
  ASSERT_EQ(reserve(XENMEM_populate_physmap), 1);
  EXPECT_EQ(bench_.domain().pages, pages);
  EXPECT_EQ(reserve(XENMEM_populate_physmap), 0) << "no more than it is allowed";
}

TEST_P(Hypercall, AShutdownEndsTheDomainWithItsReason) {
  ::sched_shutdown wanted{99};
  EXPECT_EQ(bench_.call_with(__HYPERVISOR_sched_op, {SCHEDOP_shutdown}, wanted), -XEN_EINVAL);
  wanted.reason = SHUTDOWN_poweroff;
  EXPECT_EQ(bench_.call_with(__HYPERVISOR_sched_op, {SCHEDOP_shutdown}, wanted), 0);
  ASSERT_TRUE(bench_.machine().end());
  EXPECT_EQ(bench_.machine().end()->how, GuestEnd::Exited);
}

TEST_P(Hypercall, SegmentBasesHaveToBeCanonical) {
  const Status expected = bench_.wide() ? -XEN_EINVAL : -XEN_ENOSYS;
  EXPECT_EQ(bench_.call(__HYPERVISOR_set_segment_base, {SEGBASE_FS, 0x0000900000000000}), expected);
  EXPECT_EQ(bench_.call(__HYPERVISOR_set_segment_base, {SEGBASE_GS_KERNEL, 0x1000}),
            bench_.wide() ? 0 : -XEN_ENOSYS);
}

TEST_P(Hypercall, AnIretWithoutAFrameEndsTheDomainAndNoMore) {
  bench_.vcpu().guest().set_register(Gpr::Sp, 0x7f000000);
  bench_.call(__HYPERVISOR_iret, {});
  ASSERT_TRUE(bench_.machine().end());
  EXPECT_EQ(bench_.machine().end()->how, GuestEnd::Crashed);
  EXPECT_NE(bench_.machine().end_text().find("iret"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Widths, Hypercall, testing::Values(Width::Bits32, Width::Bits64),
                         [](const auto& test) {
                           return test.param == Width::Bits32 ? "Bits32" : "Bits64";
                         });

}  // namespace
}  // namespace gv::xen
