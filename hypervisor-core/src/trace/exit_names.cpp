// SPDX-License-Identifier: MIT
//
// exit_names.cpp - the exit reasons in words.
//
// These sentences are read by students beside the running code. They use the
// manual's terms and say who acts: the guest, the CPU or the hypervisor.

#include "gv/exit.h"

#include <array>

namespace gv {
namespace {

struct ReasonText {
  std::string_view name, title, explanation;
};

constexpr std::array<ReasonText, kExitReasonCount> kReasons = {{
    {"privileged-instruction", "privileged instruction",
     "The guest kernel executed a privileged instruction outside ring 0; the CPU raised #GP and "
     "the hypervisor does the instruction's work on the virtual CPU."},
    {"general-protection", "general protection",
     "The guest broke a protection rule of its own machine; the CPU raised #GP and the fault "
     "belongs to the guest kernel."},
    {"page-fault", "page fault",
     "The page tables that the CPU walks refused an access; the hypervisor has to find out "
     "whether the guest's own tables refuse it too."},
    {"divide-error", "divide error",
     "The guest divided by zero, or the quotient did not fit; the CPU raised #DE and the fault "
     "belongs to the guest kernel."},
    {"exception", "exception",
     "The CPU raised an exception in guest code; the hypervisor passes it to the guest kernel."},
    {"software-interrupt", "software interrupt",
     "The guest executed INT n, most often to call its kernel; the real IDT is the hypervisor's, "
     "so the hypervisor enters the guest's handler by hand."},
    {"port-read", "port read",
     "The guest read an I/O port; the hypervisor asks a device model for the value."},
    {"port-write", "port write",
     "The guest wrote to an I/O port; the hypervisor hands the value to a device model."},
    {"cpuid", "CPUID",
     "The guest asked which CPU it runs on; the hypervisor answers for the virtual CPU."},
    {"invalid-opcode", "invalid opcode", "The CPU does not know the instruction and raised #UD."},
    {"halt", "halt",
     "The guest executed HLT: it has nothing to do until the next interrupt, so the hypervisor "
     "lets virtual time pass."},
    {"interrupt-window", "interrupt window",
     "The time slice ended: a timer is due, or an interrupt can now be delivered."},
    {"machine-memory", "machine memory",
     "The guest touched a physical address behind which the simulated host has no memory."},
    {"triple-fault", "triple fault",
     "An exception hit while the CPU was already delivering a double fault; a real machine resets "
     "here, and the run ends."},
    {"control-register", "control register",
     "The guest at ring 0 accessed a control register, and the hypervisor has asked the CPU to "
     "exit on that."},
    {"msr-read", "MSR read",
     "The guest at ring 0 read a model-specific register that the hypervisor keeps to itself."},
    {"msr-write", "MSR write",
     "The guest at ring 0 wrote a model-specific register that the hypervisor keeps to itself."},
    {"external-interrupt", "external interrupt",
     "An interrupt arrived for the host while the guest ran; the CPU left the guest so that the "
     "hypervisor can serve it."},
    {"instruction-assist", "instruction assist",
     "KVM refused to execute an instruction; the hypervisor's own interpreter executed that one, "
     "and the guest goes on behind it."},
    {"callout", "callout",
     "Translated kernel code reached an instruction whose work needs the hypervisor; the "
     "translation calls it, and no trap is needed."},
    {"translator-called", "translator called",
     "The guest kernel goes to code that is not in the translation cache, or not yet linked; the "
     "translator makes the translation or the link."},
    {"hypercall", "hypercall",
     "The guest kernel called the hypervisor by its number and arguments, as a program calls a "
     "kernel; it knows that it is a guest."},
    {"system-call", "system call",
     "A user program executed SYSCALL; the CPU enters the hypervisor, which hands the call to the "
     "guest kernel."},
}};

const ReasonText& text_of(ExitReason reason) {
  const auto i = static_cast<std::size_t>(reason);
  return kReasons[i < kReasons.size() ? i : static_cast<std::size_t>(ExitReason::Exception)];
}

}  // namespace

std::string_view name_of(ExitReason reason) { return text_of(reason).name; }
std::string_view title_of(ExitReason reason) { return text_of(reason).title; }
std::string_view explanation_of(ExitReason reason) { return text_of(reason).explanation; }

}  // namespace gv
