// SPDX-License-Identifier: MIT
//
// hypercall_table.h - from a hypercall's number to what is done about it.
//
// Control thread only.

#pragma once

#include "xen/virtual_cpu.h"

namespace gv::xen {

// The vCPU's guest has made a hypercall: does it, and leaves the result in its registers.
void dispatch_hypercall(Vcpu& vcpu);

}  // namespace gv::xen
