// SPDX-License-Identifier: MIT
//
// exit_dispatch.cpp - one case per exit: who answers it.

#include "machine/machine.h"

#include "devices/bios.h"
#include "gv/overloaded.h"

#include <variant>

namespace gv {

void Machine::dispatch(const Exit& exit) {
  port_reply_ = 0;
  bool answered = true;
  std::visit(Overloaded{
                 [&](const Faulted& fault) { technique_->fault(fault); },
                 [&](const SoftwareInterrupted& interrupt) {
                   technique_->software_interrupt(interrupt.vector);
                 },
                 [&](const PortAccessed& access) { port_reply_ = technique_->port(access); },
                 [&](const InvalidOpcode&) { technique_->invalid_opcode(); },
                 [&](const HaltExecuted&) { dispatch_halt(); },
                 [&](const Intercepted&) { technique_->intercepted(); },
                 [&](const MachineMemoryMissed& miss) { technique_->missed_memory(miss); },
                 [&](const TripleFaulted&) { end_guest(GuestEnd::Crashed, 0); },
                 // Nothing happened: the loop looks at the clock and goes on.
                 [&](const BudgetSpent&) { answered = false; },
                 [&](const AddressReached&) {
                   answered = false;
                   address_reached_ = true;
                 },
                 // CPUID traps only where an engine makes it trap; Unicorn's does not.
                 [&](const CpuidExecuted&) { GV_CHECK(false && "no engine here exits on CPUID"); },
             },
             exit);
  if (answered) {
    retired_after_exit_ = context_->retired();
  }
}

// In real mode a HLT in the BIOS ROM is a BIOS call; every other one halts.
void Machine::dispatch_halt() {
  if (platform_.bios != nullptr) {
    RegisterFile registers = technique_->registers();
    if (const auto vector = Bios::vector_of(registers)) {
      const Gva rip = technique_->linear_rip();
      const auto function = static_cast<std::uint8_t>(registers[Gpr::Ax] >> 8);
      context_->record(rip, BiosCalled{*vector, function});
      const BiosOutcome outcome = platform_.bios->serve(*vector, registers, context_->now());
      if (outcome == BiosOutcome::Unhandled) {
        end_guest(GuestEnd::Crashed, *vector);
        return;
      }
      technique_->set_registers(registers);
      halted_ = outcome == BiosOutcome::Waiting;
      return;
    }
  }
  technique_->halted();
}

}  // namespace gv
