// SPDX-License-Identifier: MIT
//
// shadow_exits.cpp - what exits only because nested paging is off, and the answers.
//
// The hypervisor keeps shadow page tables, so it must hear of whatever changes what the guest's
// tables mean: MOV CR3, INVLPG, the paging bits of CR0 and CR4, and every page fault, to tell the
// guest's from the shadow's.

#include "technique/hardware_assisted/emulated_vtx.h"

#include "x86/exceptions.h"

namespace gv {

using namespace x86;

void EmulatedVtx::shadow_fault(const Faulted& fault) {
  const std::uint64_t flushes = context_.ledger.shadow_flushes;
  take_exit(ExitReason::PageFault, fault.error_code, true);
  if (const auto error = hardware_.fill(fault)) {
    hardware_.fault({kPageFault, *error, fault.address});
    resume(Handling::Reflected, context_.cost.interrupt);
    return;
  }
  const bool flushed = context_.ledger.shadow_flushes != flushes;
  resume(Handling::ShadowFilled,
         context_.cost.shadow_fill + (flushed ? context_.cost.shadow_flush : 0));
}

void EmulatedVtx::access_control_register(const Instruction& what) {
  const bool asked_for = vmcs_.controls.control_registers;
  const bool write = what.mnemonic == Mnemonic::MovToCr;
  const int number = what.system_register;
  const bool moves = write || what.mnemonic == Mnemonic::MovFromCr;
  if (!moves || !what.gpr || number == 1 || number > 4) {
    // CLTS and LMSW reach no bit that is the hypervisor's. The rest is #UD.
    if (asked_for) {
      take_exit(ExitReason::ControlRegister, what.system_register, true);
      let_the_cpu_do_it();
    } else {
      pass();
    }
    return;
  }
  const auto which = static_cast<ControlRegister>(number);
  const std::uint64_t value =
      write ? context_.engine.gpr(*what.gpr) : hardware_.guest_control(which);
  if (write) {
    if (const auto can = hardware_.check_write(number, value); !can) {
      context_.machine.refuse(can.error().message);
      return;  // RIP stays at the instruction
    }
  }
  // CR3 holds the shadow's root: the guest may neither write nor see it. Of CR0 and CR4 a read
  // comes from the read shadow, and a write exits if it changes a bit of the guest/host mask.
  const bool exits = number != 2 && (asked_for || number == 3 ||
                                     (write && hardware_.changes_owned_bits(number, value)));
  if (exits) {
    take_exit(ExitReason::ControlRegister, what.system_register, true);
  }
  bool flushed = false;
  if (write) {
    flushed = hardware_.write_control(number, value);
  } else {
    context_.engine.set_gpr(*what.gpr, value);
  }
  finish(what, value);
  if (exits) {
    resume(Handling::Emulated,
           context_.cost.decode_and_emulate + (flushed ? context_.cost.shadow_flush : 0));
  }
}

void EmulatedVtx::invalidate_page(const Instruction& what) {
  take_exit(ExitReason::PrivilegedInstruction, 0, true);
  const int bits = context_.engine.code_bits();
  const Gva address = effective_address(*what.memory, registers(),
                                        bits == 16 ? CodeSize::Bits16 : CodeSize::Bits32);
  hardware_.forget_translation(address);
  finish(what, address.value);
  resume(Handling::Emulated, context_.cost.decode_and_emulate);
}

void EmulatedVtx::finish(const Instruction& what, std::uint64_t value) {
  const Gva rip = linear_rip();
  ++context_.emulated;
  context_.engine.set_rip(context_.engine.rip() + what.length);
  if (context_.recorder.enabled()) {
    context_.record(rip, InstructionEmulated{what.mnemonic, value});
  }
}

}  // namespace gv
