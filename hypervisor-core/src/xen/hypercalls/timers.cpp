// SPDX-License-Identifier: MIT
//
// timers.cpp - hypercalls set_timer_op and vcpu_op: a vCPU's timers, and where its data lies.

#include "xen/event_delivery.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

#include <cstring>

namespace gv::xen {

namespace {

constexpr Cycles kShortestPeriod = 1'000'000;

// The vCPU's part of the shared page moves to memory of the guest's choice, once.
Status register_info(Call& call, Vcpu& vcpu) {
  const auto wanted = call.read<::vcpu_register_vcpu_info>(call.args[2]);
  if (!wanted) {
    return -XEN_EFAULT;
  }
  Hypervisor& xen = call.xen();
  if (wanted->offset > kPageSize - sizeof(::vcpu_info) || vcpu.registered_info) {
    return -XEN_EINVAL;
  }
  const TableOwner owner = call.domain().owner();
  if (xen.page_tables().acquire(wanted->mfn, FrameUse::Writable, owner) != 0) {
    return -XEN_EINVAL;
  }
  const Mfn frame(static_cast<std::uint32_t>(wanted->mfn));
  const Mpa to = base_of(frame) + wanted->offset;
  std::memcpy(xen.memory().at(to), xen.memory().at(vcpu.info), sizeof(::vcpu_info));
  xen.host().memory_written(to, sizeof(::vcpu_info));
  vcpu.registered_info = frame;
  vcpu.info = to;
  vcpu.guest().cpu().vcpu_info = to;
  mark_everything(xen.memory(), call.domain(), vcpu);
  return 0;
}

// One vCPU on one CPU: it has been running since the host started.
Status write_runstate(Call& call, std::uint64_t to) {
  const Cycles now = call.xen().host().now();
  if (call.wide()) {
    ::vcpu_runstate_info info{};
    info.state = RUNSTATE_running;
    info.time[RUNSTATE_running] = now;
    return call.write(to, info) ? 0 : -XEN_EFAULT;
  }
  std::uint8_t info[44] = {};  // the same, its 64-bit fields aligned to four bytes
  std::memcpy(info + 12, &now, sizeof now);
  return call.write_bytes(to, info, sizeof info) ? 0 : -XEN_EFAULT;
}

Status set_single_shot(Call& call, Vcpu& vcpu) {
  const auto wanted = call.read<::vcpu_set_singleshot_timer>(call.args[2]);
  if (!wanted) {
    return -XEN_EFAULT;
  }
  if ((wanted->flags & VCPU_SSHOTTMR_future) != 0 &&
      wanted->timeout_abs_ns < call.xen().host().now()) {
    return -XEN_ETIME;
  }
  vcpu.single_shot = wanted->timeout_abs_ns;
  return 0;
}

}  // namespace

Status set_timer_op(Call& call) {
  const std::uint64_t at =
      call.wide() ? call.args[0] : call.args[0] | (call.args[1] & 0xffffffff) << 32;
  if (at == 0) {
    call.vcpu.single_shot.reset();
  } else {
    call.vcpu.single_shot = at;
  }
  return 0;
}

Status vcpu_op(Call& call) {
  const std::uint32_t id = call.arg32(1);
  Domain& domain = call.domain();
  if (id >= domain.vcpus.size()) {
    return -XEN_ENOENT;
  }
  Vcpu& vcpu = *domain.vcpus[id];
  const bool self = &vcpu == &call.vcpu;
  switch (call.arg32(0)) {
    case VCPUOP_initialise:
      return -XEN_EEXIST;  // every vCPU that a domain has runs from its start
    case VCPUOP_up:
    case VCPUOP_down:
      return call.arg32(0) == VCPUOP_up ? 0 : -XEN_EINVAL;
    case VCPUOP_is_up:
      return 1;
    case VCPUOP_get_runstate_info:
      return write_runstate(call, call.args[2]);
    case VCPUOP_register_runstate_memory_area: {
      const auto area = call.read<::vcpu_register_runstate_memory_area>(call.args[2]);
      if (!area) {
        return -XEN_EFAULT;
      }
      const std::uint64_t to = call.wide() ? area->addr.p : area->addr.p & 0xffffffff;
      vcpu.runstate_area = Gva(to);
      return to == 0 ? 0 : write_runstate(call, to);
    }
    case VCPUOP_set_periodic_timer: {
      const auto wanted = call.read<::vcpu_set_periodic_timer>(call.args[2]);
      if (!wanted) {
        return -XEN_EFAULT;
      }
      if (wanted->period_ns < kShortestPeriod || wanted->period_ns > INT64_MAX) {
        return -XEN_EINVAL;
      }
      vcpu.period = wanted->period_ns;
      vcpu.next_period = call.xen().host().now() + vcpu.period;
      return 0;
    }
    case VCPUOP_stop_periodic_timer:
      vcpu.period = 0;
      return 0;
    case VCPUOP_set_singleshot_timer:
      return self ? set_single_shot(call, vcpu) : -XEN_EINVAL;
    case VCPUOP_stop_singleshot_timer:
      if (!self) {
        return -XEN_EINVAL;
      }
      vcpu.single_shot.reset();
      return 0;
    case VCPUOP_register_vcpu_info:
      return register_info(call, vcpu);
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace gv::xen
