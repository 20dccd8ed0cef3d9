// SPDX-License-Identifier: MIT
//
// event_delivery.h - pending and masked: the bits of the shared page, two levels of them.
//
// Each port has a pending and a mask bit; each word of pending bits has a bit in the vCPU's
// selector; and one byte says that there is anything at all. The word is the guest's: 32 or 64
// bits.
//
// Source: Xen's public header xen.h, struct shared_info. Control thread only.

#pragma once

#include "memory/machine_memory.h"
#include "xen/domain.h"

#include <cstdint>

namespace gv::xen {

// REQUIRES for all: port < domain.channels.most().
bool is_pending(const MachineMemory& memory, const Domain& domain, std::uint32_t port);
bool is_masked(const MachineMemory& memory, const Domain& domain, std::uint32_t port);
void clear_pending(MachineMemory& memory, const Domain& domain, std::uint32_t port);
// Sets the port's bit and, where it is not masked, what makes its vCPU look.
void set_pending(MachineMemory& memory, Domain& domain, std::uint32_t port);
// The guest unmasks through Xen: what came meanwhile is told now.
void unmask(MachineMemory& memory, Domain& domain, std::uint32_t port);
// Everything may be pending: after the vCPU's part moved elsewhere.
void mark_everything(MachineMemory& memory, Domain& domain, Vcpu& vcpu);

}  // namespace gv::xen
