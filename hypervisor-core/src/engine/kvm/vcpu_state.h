// SPDX-License-Identifier: MIT
//
// vcpu_state.h - our register file in KVM's structures and back.
//
// Pure. The only place that knows how the two spell the same register.

#pragma once

#include "gv/registers.h"

#include <linux/kvm.h>

namespace gv {

RegisterFile register_file_of(const kvm_regs& general, const kvm_sregs& special);
void put_general(const RegisterFile& from, kvm_regs& general);
// Leaves EFER, the APIC base and pending interrupts as they are.
void put_special(const RegisterFile& from, kvm_sregs& special);

std::uint64_t& general_register(kvm_regs& general, Gpr which);

}  // namespace gv
