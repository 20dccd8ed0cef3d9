// SPDX-License-Identifier: MIT

#include "xen/event_delivery.h"
#include "xen/hypercall_bench.h"

namespace gv::xen {
namespace {

class Events : public testing::TestWithParam<Width> {
 protected:
  HypercallBench bench_{GetParam()};
  template <class T>
  Status op(std::uint32_t command, T& argument) {
    return bench_.call_with(__HYPERVISOR_event_channel_op, {command}, argument);
  }
  bool pending(std::uint32_t port) {
    return is_pending(bench_.xen().memory(), bench_.domain(), port);
  }
  std::uint32_t bind_ipi() {
    ::evtchn_bind_ipi bind{};
    EXPECT_EQ(op(EVTCHNOP_bind_ipi, bind), 0);
    return bind.port;
  }
};

TEST_P(Events, TheStoreHasPortOneAndTheConsolePortTwo) {
  ::evtchn_status status{DOMID_SELF, 1, 0, 0, {}};
  ASSERT_EQ(op(EVTCHNOP_status, status), 0);
  EXPECT_EQ(status.status, std::uint32_t{EVTCHNSTAT_interdomain});
  EXPECT_EQ(bench_.domain().console.port, 2u);
  EXPECT_EQ(bind_ipi(), 3u);
}

TEST_P(Events, AnEventToItselfIsPendingAndReachesTheVcpu) {
  const std::uint32_t port = bind_ipi();
  EXPECT_FALSE(bench_.vcpu().event_pending());
  ::evtchn_send send{port};
  ASSERT_EQ(op(EVTCHNOP_send, send), 0);
  EXPECT_TRUE(pending(port));
  EXPECT_TRUE(bench_.vcpu().event_pending());
}

TEST_P(Events, AMaskedPortIsPendingAndTellsNobodyUntilItIsUnmasked) {
  const std::uint32_t port = bind_ipi();
  const Mpa page = base_of(bench_.domain().shared_info);
  const std::uint64_t masks = bench_.wide() ? 2560 : 2176;
  bench_.xen().memory().store<std::uint8_t>(page + masks, 0xff);
  ::evtchn_send send{port};
  ASSERT_EQ(op(EVTCHNOP_send, send), 0);
  EXPECT_TRUE(pending(port));
  EXPECT_FALSE(bench_.vcpu().event_pending());
  ::evtchn_unmask unmask{port};
  ASSERT_EQ(op(EVTCHNOP_unmask, unmask), 0);
  EXPECT_TRUE(bench_.vcpu().event_pending());
}

TEST_P(Events, ADomainMayTalkToItselfThroughTwoPorts) {
  ::evtchn_alloc_unbound offer{DOMID_SELF, DOMID_SELF, 0};
  ASSERT_EQ(op(EVTCHNOP_alloc_unbound, offer), 0);
  ::evtchn_bind_interdomain bind{DOMID_SELF, offer.port, 0};
  ASSERT_EQ(op(EVTCHNOP_bind_interdomain, bind), 0);
  EXPECT_TRUE(pending(bind.local_port)) << "something may have been sent before";
  ::evtchn_send send{bind.local_port};
  ASSERT_EQ(op(EVTCHNOP_send, send), 0);
  EXPECT_TRUE(pending(offer.port));
  ::evtchn_close close{bind.local_port};
  ASSERT_EQ(op(EVTCHNOP_close, close), 0);
  ::evtchn_status status{DOMID_SELF, offer.port, 0, 0, {}};
  ASSERT_EQ(op(EVTCHNOP_status, status), 0);
  EXPECT_EQ(status.status, std::uint32_t{EVTCHNSTAT_unbound});
  EXPECT_EQ(op(EVTCHNOP_close, close), -XEN_EINVAL) << "closed already";
}

TEST_P(Events, AVirtualInterruptIsBoundOnce) {
  ::evtchn_bind_virq bind{VIRQ_TIMER, 0, 0};
  ASSERT_EQ(op(EVTCHNOP_bind_virq, bind), 0);
  EXPECT_EQ(op(EVTCHNOP_bind_virq, bind), -XEN_EEXIST);
  bench_.xen().raise_virq(bench_.domain(), VIRQ_TIMER, 0);
  EXPECT_TRUE(pending(bind.port));
}

TEST_P(Events, HostileArgumentsAreRefused) {
  ::evtchn_send send{4000};
  EXPECT_EQ(op(EVTCHNOP_send, send), -XEN_EINVAL) << "free";
  send.port = 0xffffffff;
  EXPECT_EQ(op(EVTCHNOP_send, send), -XEN_EINVAL);
  ::evtchn_status status{DOMID_SELF, 0xfffffff0, 0, 0, {}};
  EXPECT_EQ(op(EVTCHNOP_status, status), -XEN_EINVAL);
  status.dom = 77;
  EXPECT_EQ(op(EVTCHNOP_status, status), -XEN_ESRCH);
  ::evtchn_bind_virq virq{999, 0, 0};
  EXPECT_EQ(op(EVTCHNOP_bind_virq, virq), -XEN_EINVAL);
  virq = {VIRQ_TIMER, 5, 0};
  EXPECT_EQ(op(EVTCHNOP_bind_virq, virq), -XEN_ENOENT);
  ::evtchn_bind_interdomain bind{DOMID_SELF, 2, 0};
  EXPECT_EQ(op(EVTCHNOP_bind_interdomain, bind), -XEN_EINVAL) << "not offered";
  bind.remote_dom = 77;
  EXPECT_EQ(op(EVTCHNOP_bind_interdomain, bind), -XEN_ESRCH);
  ::evtchn_bind_vcpu vcpu{2, 9};
  EXPECT_EQ(op(EVTCHNOP_bind_vcpu, vcpu), -XEN_ENOENT);
  EXPECT_EQ(bench_.call(__HYPERVISOR_event_channel_op, {99, 0}), -XEN_ENOSYS);
}

TEST_P(Events, PortsRunOutAndNothingElseDoes) {
  std::uint32_t made = 0;
  ::evtchn_bind_ipi bind{};
  while (op(EVTCHNOP_bind_ipi, bind) == 0) {
    ++made;
  }
  EXPECT_EQ(op(EVTCHNOP_bind_ipi, bind), -XEN_ENOSPC);
  EXPECT_EQ(made, bench_.domain().channels.most() - 3) << "port 0, the store's and the console's";
}

INSTANTIATE_TEST_SUITE_P(Widths, Events, testing::Values(Width::Bits32, Width::Bits64),
                         [](const auto& test) {
                           return test.param == Width::Bits32 ? "Bits32" : "Bits64";
                         });

}  // namespace
}  // namespace gv::xen
