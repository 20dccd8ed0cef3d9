// SPDX-License-Identifier: MIT
//
// Layouts against Xen's headers: the sizes that a 32-bit compiler gives them, and names.

#include "xen/compat.h"
#include "gv/event.h"
#include "xen/public_headers.h"

#include <gtest/gtest.h>

#include <cstddef>

namespace gv::xen {
namespace {

TEST(Compat, SizesAreThoseOfA32BitGuest) {
  // Read off the headers under gcc -m32.
  EXPECT_EQ(sizeof(compat::multicall_entry), 32u);
  EXPECT_EQ(sizeof(compat::mmuext_op), 12u);
  EXPECT_EQ(sizeof(compat::callback_register), 12u);
  EXPECT_EQ(sizeof(compat::gnttab_setup_table), 16u);
  EXPECT_EQ(sizeof(compat::gnttab_copy), 24u);
  EXPECT_EQ(sizeof(compat::xen_memory_reservation), 20u);
  EXPECT_EQ(sizeof(compat::sched_poll), 16u);
  EXPECT_EQ(sizeof(compat::vcpu_register_vcpu_info), sizeof(::vcpu_register_vcpu_info));
  EXPECT_EQ(offsetof(compat::gnttab_setup_table, frame_list), 12u);
  EXPECT_EQ(offsetof(compat::gnttab_copy, status), 20u);
}

TEST(Compat, StructuresThatAreReadAsTheyAreHaveOneSizeForBoth) {
  EXPECT_EQ(sizeof(::mmu_update_t), 16u);
  EXPECT_EQ(sizeof(::gnttab_map_grant_ref), 32u);
  EXPECT_EQ(sizeof(::gnttab_unmap_grant_ref), 24u);
  EXPECT_EQ(sizeof(::grant_entry_v1), 8u);
  EXPECT_EQ(sizeof(::xencons_interface), 3088u);
  EXPECT_EQ(sizeof(::vcpu_info), sizeof(vcpu_info_x86_32));
  EXPECT_EQ(offsetof(::vcpu_info, time), offsetof(vcpu_info_x86_32, time));
}

TEST(Hypercalls, NamesAreThoseOfTheHeader) {
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_set_trap_table), "set_trap_table");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_mmu_update), "mmu_update");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_set_gdt), "set_gdt");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_stack_switch), "stack_switch");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_set_callbacks), "set_callbacks");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_fpu_taskswitch), "fpu_taskswitch");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_platform_op), "platform_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_set_debugreg), "set_debugreg");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_get_debugreg), "get_debugreg");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_update_descriptor), "update_descriptor");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_memory_op), "memory_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_multicall), "multicall");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_update_va_mapping), "update_va_mapping");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_set_timer_op), "set_timer_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_xen_version), "xen_version");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_console_io), "console_io");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_grant_table_op), "grant_table_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_vm_assist), "vm_assist");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_iret), "iret");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_vcpu_op), "vcpu_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_set_segment_base), "set_segment_base");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_mmuext_op), "mmuext_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_sched_op), "sched_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_callback_op), "callback_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_event_channel_op), "event_channel_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_physdev_op), "physdev_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_hvm_op), "hvm_op");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_sysctl), "sysctl");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_domctl), "domctl");
  EXPECT_EQ(name_of_hypercall(__HYPERVISOR_dm_op), "dm_op");
  EXPECT_EQ(name_of_hypercall(-1), "unknown");
  EXPECT_EQ(name_of_hypercall(255), "unknown");
}

TEST(Hypercalls, ShutdownReasonsAreThoseOfTheHeader) {
  EXPECT_EQ(static_cast<int>(ShutdownReason::PowerOff), SHUTDOWN_poweroff);
  EXPECT_EQ(static_cast<int>(ShutdownReason::Crash), SHUTDOWN_crash);
  EXPECT_EQ(static_cast<int>(ShutdownReason::SoftReset), SHUTDOWN_soft_reset);
}

}  // namespace
}  // namespace gv::xen
