// SPDX-License-Identifier: MIT
//
// cpu_state.cpp - hypercalls for what a kernel would do with privileged instructions.

#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

Status fpu_taskswitch(Call& call) {
  call.guest().set_fpu_trap(call.arg32(0) != 0);
  return 0;
}

// Kept for the guest to read back; no breakpoint is armed. DR4 and DR5 are names for 6 and 7.
Status set_debugreg(Call& call) {
  const std::uint32_t number = call.arg32(0);
  const std::uint64_t value = call.args[1];
  if (number > 7 || (number < 4 && !is_guest_address(call.domain().width, value)) ||
      (number >= 4 && value >> 32 != 0)) {
    return -XEN_EINVAL;
  }
  call.guest().cpu().debug[number == 4 || number == 5 ? number + 2 : number] = value;
  return 0;
}

Status get_debugreg(Call& call) {
  const std::uint32_t number = call.arg32(0);
  if (number > 7) {
    return -XEN_EINVAL;
  }
  return static_cast<Status>(
      call.guest().cpu().debug[number == 4 || number == 5 ? number + 2 : number]);
}

Status iret(Call& call) {
  call.sets_registers = true;
  call.guest().interrupt_return();
  return 0;
}

Status vm_assist(Call& call) {
  const std::uint32_t type = call.arg32(1);
  constexpr std::uint32_t kStrictPhysical = 32;  // VMASST_TYPE_m2p_strict, 64-bit guests
  const bool known =
      type <= VMASST_TYPE_runstate_update_flag || (type == kStrictPhysical && call.wide());
  if (!known) {
    return -XEN_EINVAL;
  }
  const std::uint64_t bit = std::uint64_t{1} << type;
  switch (call.arg32(0)) {
    case VMASST_CMD_enable:
      call.domain().assists |= bit;
      break;
    case VMASST_CMD_disable:
      call.domain().assists &= ~bit;
      break;
    default:
      return -XEN_ENOSYS;
  }
  const bool architectural = (call.domain().assists >> VMASST_TYPE_architectural_iopl & 1) != 0;
  for (const auto& vcpu : call.domain().vcpus) {
    if (vcpu->attached()) {
      vcpu->guest().cpu().architectural_iopl = architectural;
    }
  }
  return 0;
}

Status physdev_op(Call& call) {
  switch (call.arg32(0)) {
    case PHYSDEVOP_set_iopl: {
      const auto wanted = call.read<::physdev_set_iopl>(call.args[1]);
      if (!wanted) {
        return -XEN_EFAULT;
      }
      if (wanted->iopl > 3) {
        return -XEN_EINVAL;
      }
      call.guest().cpu().io_privilege = static_cast<std::uint8_t>(wanted->iopl);
      return 0;
    }
    case PHYSDEVOP_set_iobitmap:
      return 0;  // no port is the domain's, whatever its map says
    default:
      return -XEN_ENOSYS;  // a domain without devices has no interrupts to route
  }
}

}  // namespace gv::xen
