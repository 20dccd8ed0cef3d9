// SPDX-License-Identifier: MIT
//
// cpuid_policy.h - what CPUID tells a guest on KVM.
//
// What this CPU and its KVM can do, with the hypervisor leaves under our own
// name: a guest must not find KVM's paravirtual clock, which would show it the
// host's time. Ring 3 of an emulating KVM asks the real CPU and is not under
// this policy.
// Control thread only.

#pragma once

#include "gv/result.h"

namespace gv {

// `device`, `vcpu`: KVM's descriptors; not owned.
Result<void> apply_cpuid_policy(int device, int vcpu);

}  // namespace gv
