// SPDX-License-Identifier: MIT
//
// interrupt_delivery.h - what a CPU does when it takes an interrupt or exception.
//
// Finds the gate, changes stack and privilege, pushes the frame, and returns
// where execution goes on. On bare metal this is the hardware's part, done here
// because Unicorn never looks at the guest's IDT; under trap-and-emulate it is
// reflection: the hypervisor plays the guest's hardware. One source for both,
// so that the guest sees the same frame.
//
// 32-bit and 16-bit gates of a 32-bit IDT, the 64-bit gates of long mode with
// their stack table, and the real-mode vector table.
// Task gates and LDT selectors raise #GP. Source: SDM vol. 3A, "Exception- or
// Interrupt-Handler Procedures"; vol. 2A, "INT n".
//
// Pure but for the frame written to guest memory.

#pragma once

#include "gv/registers.h"
#include "technique/linear_memory.h"

#include <cstdint>
#include <optional>
#include <variant>

namespace gv {

enum class InterruptSource : std::uint8_t {
  Hardware,   // an external interrupt
  Exception,  // raised by the CPU; may have an error code
  Software,   // INT n: the gate's DPL counts
};

struct InterruptRequest {
  std::uint8_t vector = 0;
  InterruptSource source = InterruptSource::Exception;
  std::optional<std::uint32_t> error_code;
};

// Delivery itself faulted: the exception that this raises instead.
struct DeliveryFault {
  std::uint8_t vector = 0;
  std::uint32_t error_code = 0;
  std::optional<Gva> address;  // CR2, for a page fault
};

// The CPU after delivery: cs, ss, esp, eip and eflags are the handler's.
using DeliveryResult = std::variant<RegisterFile, DeliveryFault>;

// `cpu` is the guest's view at the interrupted instruction.
DeliveryResult deliver(const RegisterFile& cpu, const LinearMemory& memory,
                       const InterruptRequest& request);

// The same, with the rules for faults during delivery: they become the new
// exception, #DF after a contributory pair, and empty (triple fault) after that.
// `delivered` is the request that got through in the end; CR2 is set in the result.
struct Escalated {
  RegisterFile cpu;
  InterruptRequest delivered;
};
std::optional<Escalated> deliver_or_escalate(const RegisterFile& cpu, const LinearMemory& memory,
                                             const InterruptRequest& request);

}  // namespace gv
