// SPDX-License-Identifier: MIT
//
// hypercall_names.cpp - hypercalls by number, in the words of Xen's public header xen.h.
//
// A test of the Xen layer holds them to that header.

#include "gv/event.h"

#include <array>

namespace gv {

std::string_view name_of_hypercall(int number) {
  static constexpr std::array<std::string_view, 42> kNames = {"set_trap_table",
                                                              "mmu_update",
                                                              "set_gdt",
                                                              "stack_switch",
                                                              "set_callbacks",
                                                              "fpu_taskswitch",
                                                              "sched_op_compat",
                                                              "platform_op",
                                                              "set_debugreg",
                                                              "get_debugreg",
                                                              "update_descriptor",
                                                              "unknown",
                                                              "memory_op",
                                                              "multicall",
                                                              "update_va_mapping",
                                                              "set_timer_op",
                                                              "event_channel_op_compat",
                                                              "xen_version",
                                                              "console_io",
                                                              "physdev_op_compat",
                                                              "grant_table_op",
                                                              "vm_assist",
                                                              "update_va_mapping_otherdomain",
                                                              "iret",
                                                              "vcpu_op",
                                                              "set_segment_base",
                                                              "mmuext_op",
                                                              "xsm_op",
                                                              "nmi_op",
                                                              "sched_op",
                                                              "callback_op",
                                                              "xenoprof_op",
                                                              "event_channel_op",
                                                              "physdev_op",
                                                              "hvm_op",
                                                              "sysctl",
                                                              "domctl",
                                                              "kexec_op",
                                                              "tmem_op",
                                                              "argo_op",
                                                              "xenpmu_op",
                                                              "dm_op"};
  const auto i = static_cast<std::size_t>(number);
  return number >= 0 && i < kNames.size() ? kNames[i] : std::string_view("unknown");
}

}  // namespace gv
