// SPDX-License-Identifier: MIT

#include "xen/hypercall_table.h"

#include "xen/call.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

namespace {

constexpr std::uint64_t kInstructionLength = 2;  // SYSCALL and INT 0x82 alike

constexpr Gpr kArguments64[6] = {Gpr::Di, Gpr::Si, Gpr::Dx, Gpr::R10, Gpr::R8, Gpr::R9};
constexpr Gpr kArguments32[6] = {Gpr::Bx, Gpr::Cx, Gpr::Dx, Gpr::Si, Gpr::Di, Gpr::Bp};

}  // namespace

Handler handler_of(std::uint64_t number) {
  switch (number) {
    case __HYPERVISOR_set_trap_table:
      return set_trap_table;
    case __HYPERVISOR_mmu_update:
      return mmu_update;
    case __HYPERVISOR_set_gdt:
      return set_gdt;
    case __HYPERVISOR_stack_switch:
      return stack_switch;
    case __HYPERVISOR_set_callbacks:
      return set_callbacks;
    case __HYPERVISOR_fpu_taskswitch:
      return fpu_taskswitch;
    case __HYPERVISOR_set_debugreg:
      return set_debugreg;
    case __HYPERVISOR_get_debugreg:
      return get_debugreg;
    case __HYPERVISOR_update_descriptor:
      return update_descriptor;
    case __HYPERVISOR_memory_op:
      return memory_op;
    case __HYPERVISOR_multicall:
      return multicall;
    case __HYPERVISOR_update_va_mapping:
      return update_va_mapping;
    case __HYPERVISOR_set_timer_op:
      return set_timer_op;
    case __HYPERVISOR_xen_version:
      return xen_version;
    case __HYPERVISOR_console_io:
      return console_io;
    case __HYPERVISOR_grant_table_op:
      return grant_table_op;
    case __HYPERVISOR_vm_assist:
      return vm_assist;
    case __HYPERVISOR_update_va_mapping_otherdomain:
      return update_va_mapping_otherdomain;
    case __HYPERVISOR_iret:
      return iret;
    case __HYPERVISOR_vcpu_op:
      return vcpu_op;
    case __HYPERVISOR_set_segment_base:
      return set_segment_base;
    case __HYPERVISOR_mmuext_op:
      return mmuext_op;
    case __HYPERVISOR_sched_op:
      return sched_op;
    case __HYPERVISOR_callback_op:
      return callback_op;
    case __HYPERVISOR_event_channel_op:
      return event_channel_op;
    case __HYPERVISOR_physdev_op:
      return physdev_op;
    default:
      return nullptr;
  }
}

Status run_call(Call& call, std::uint64_t number) {
  const Handler handler = handler_of(number);
  return handler == nullptr ? -XEN_ENOSYS : handler(call);
}

void dispatch_hypercall(Vcpu& vcpu) {
  ParavirtualGuest& guest = vcpu.guest();
  Hypervisor& xen = vcpu.hypervisor();
  const Domain& domain = vcpu.domain();
  const bool wide = domain.wide();
  Call call{.vcpu = vcpu};
  const auto& registers = wide ? kArguments64 : kArguments32;
  for (std::size_t i = 0; i < call.args.size(); ++i) {
    call.args[i] = guest.register_value(registers[i]);
  }
  const auto number = static_cast<std::uint32_t>(guest.register_value(Gpr::Ax));
  const auto shown = static_cast<std::uint8_t>(number < 0xff ? number : 0xff);
  xen.record(HypercallMade{shown, domain.id, call.arg32(2), call.args[0], call.args[1]});
  xen.begin_work();
  const Status status = run_call(call, number);
  if (number < static_cast<std::uint32_t>(kHypercallCount)) {
    LedgerRow& row = xen.ledger().hypercalls[number];
    ++row.count;
    row.cycles += xen.cost().hypercall + xen.work();
  }
  if (call.again) {
    for (std::size_t i = 0; i < call.args.size(); ++i) {
      guest.set_register(registers[i], call.args[i]);
    }
    VcpuEngine& cpu = guest.context().engine;
    cpu.set_rip(cpu.rip() - kInstructionLength);
  } else if (!call.sets_registers) {
    guest.set_register(
        Gpr::Ax, wide ? static_cast<std::uint64_t>(status) : static_cast<std::uint32_t>(status));
  }
  xen.record(HypercallReturned{shown, domain.id, status});
  xen.flush_if_changed(vcpu);
}

}  // namespace gv::xen
