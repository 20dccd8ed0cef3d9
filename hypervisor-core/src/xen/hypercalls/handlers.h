// SPDX-License-Identifier: MIT
//
// handlers.h - every hypercall that this Xen serves; a source file for each family.
//
// Names, numbers, arguments and structures are those of Xen's public headers. Each takes the
// call and returns its result, an error of Xen's below zero.

#pragma once

#include "xen/call.h"

namespace gv::xen {

// traps.cpp
Status set_trap_table(Call& call);
Status set_callbacks(Call& call);
Status callback_op(Call& call);
// page_table_updates.cpp
Status mmu_update(Call& call);
Status update_va_mapping(Call& call);
Status update_va_mapping_otherdomain(Call& call);
// page_table_roots.cpp
Status mmuext_op(Call& call);
// segments.cpp
Status set_gdt(Call& call);
Status update_descriptor(Call& call);
Status stack_switch(Call& call);
Status set_segment_base(Call& call);
// cpu_state.cpp
Status fpu_taskswitch(Call& call);
Status set_debugreg(Call& call);
Status get_debugreg(Call& call);
Status iret(Call& call);
Status vm_assist(Call& call);
Status physdev_op(Call& call);
// memory.cpp
Status memory_op(Call& call);
// version.cpp
Status xen_version(Call& call);
// console_io.cpp
Status console_io(Call& call);
// grant_table_op.cpp
Status grant_table_op(Call& call);
// event_channel.cpp
Status event_channel_op(Call& call);
// timers.cpp
Status set_timer_op(Call& call);
Status vcpu_op(Call& call);
// scheduling.cpp
Status sched_op(Call& call);
// multicall.cpp
Status multicall(Call& call);

}  // namespace gv::xen
