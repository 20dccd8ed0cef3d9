// SPDX-License-Identifier: MIT
//
// hypercall_service.h - what a paravirtual guest's CPU asks the rest of its hypervisor for.
//
// The technique knows the CPU: rings, frames, callbacks, privileged instructions. What the
// guest asks for by number, who owns which frame and what an event is, it does not know; it
// asks through here. Implemented by the Xen layer, one for each vCPU.
//
// Control thread only.

#pragma once

#include "engine/vcpu_engine.h"

#include <cstdint>
#include <string>

namespace gv {

class HypercallService {
 public:
  virtual ~HypercallService() = default;

  // The guest kernel made a hypercall: its number and arguments are in the vCPU's registers, RIP
  // is behind the instruction. The result goes back the same way.
  virtual void hypercall() = 0;
  // MOV to CR3: a machine frame, in the guest's spelling. False: the guest may not, #GP.
  virtual bool load_base_pointer(std::uint64_t value) = 0;
  virtual std::uint64_t base_pointer() = 0;  // what MOV from CR3 reads
  // CPUID as this hypervisor shows it, its own leaves included.
  virtual CpuidReply cpuid(std::uint32_t leaf, std::uint32_t subleaf) = 0;
  // Grows with every change to present entries of the domain's page tables.
  virtual std::uint64_t table_generation() const = 0;
  // The guest cannot go on: one sentence why.
  virtual void crash(const std::string& why) = 0;
};

}  // namespace gv
