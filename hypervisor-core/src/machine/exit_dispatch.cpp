// SPDX-License-Identifier: MIT
//
// exit_dispatch.cpp - one case per exit: who answers it.

#include "machine/machine.h"

#include "devices/bios.h"
#include "gv/overloaded.h"
#include "technique/linear_memory.h"
#include "x86/disassemble.h"

#include <cstdio>
#include <string>
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
                 [&](const InterruptWindowOpened&) { technique_->interrupt_window_opened(); },
                 [&](const HostInterrupted&) { technique_->host_interrupted(); },
                 [&](const MsrAccessed& access) { technique_->msr(access); },
                 [&](const ExecutionRefused&) {
                   if (!technique_->assist()) {
                     end_refused();
                   }
                 },
                 [&](const SystemCallExecuted&) { technique_->system_call(); },
                 // Nothing happened: the loop looks at the clock and goes on.
                 [&](const BudgetSpent&) { answered = false; },
                 [&](const AddressReached&) {
                   answered = false;
                   address_reached_ = true;
                 },
                 [&](const MemoryTouched&) { answered = false; },
                 // CPUID traps only where an engine makes it trap; Unicorn's does not.
                 [&](const CpuidExecuted&) { GV_CHECK(false && "no engine here exits on CPUID"); },
             },
             exit);
  if (answered) {
    retired_after_exit_ = context_->retired();
  }
}

// The engine has met an instruction that it cannot execute: that ends the guest, with a sentence.
void Machine::end_refused() {
  const Gva rip = technique_->linear_rip();
  const int bits = engine_->code_bits();
  std::uint8_t bytes[x86::kLongestInstruction];
  const std::size_t got =
      LinearMemory(*memory_, technique_->paging()).peek(rip, bytes, sizeof bytes);
  const x86::Disassembly line = x86::disassemble(bytes, got, rip,
                                                 bits == 64   ? x86::CodeSize::Bits64
                                                 : bits == 32 ? x86::CodeSize::Bits32
                                                              : x86::CodeSize::Bits16);
  char where[32];
  std::snprintf(where, sizeof where, "%#llx", static_cast<unsigned long long>(rip.value));
  end_text_ = "The guest crashed: this machine's " + std::string(engine_->traits().name) +
              " could not execute " + line.text + " at " + where +
              "; another engine may, see --engine.";
  end_guest(GuestEnd::Crashed, 0);
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
