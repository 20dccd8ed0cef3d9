// SPDX-License-Identifier: MIT
//
// vmx_exit_names.cpp - Intel's numbers and names of the exits that we have.

#include "gv/vmx_exit_reason.h"

namespace gv {
namespace {

// A privileged instruction that an execution control makes exit has a reason of its own.
std::optional<VmxExitReason> of_instruction(Mnemonic mnemonic) {
  switch (mnemonic) {
    case Mnemonic::Hlt:
      return VmxExitReason{12, "HLT"};
    case Mnemonic::Invd:
      return VmxExitReason{13, "INVD"};
    case Mnemonic::Invlpg:
      return VmxExitReason{14, "INVLPG"};
    case Mnemonic::Rdtsc:
      return VmxExitReason{16, "RDTSC"};
    case Mnemonic::MovToCr:
    case Mnemonic::MovFromCr:
    case Mnemonic::Clts:
    case Mnemonic::Lmsw:
      return VmxExitReason{28, "control-register accesses"};
    case Mnemonic::MovToDr:
    case Mnemonic::MovFromDr:
      return VmxExitReason{29, "MOV DR"};
    case Mnemonic::Rdmsr:
      return VmxExitReason{31, "RDMSR"};
    case Mnemonic::Wrmsr:
      return VmxExitReason{32, "WRMSR"};
    case Mnemonic::Lgdt:
    case Mnemonic::Lidt:
    case Mnemonic::Sgdt:
    case Mnemonic::Sidt:
      return VmxExitReason{46, "access to GDTR or IDTR"};
    case Mnemonic::Lldt:
    case Mnemonic::Ltr:
    case Mnemonic::Sldt:
    case Mnemonic::Str:
      return VmxExitReason{47, "access to LDTR or TR"};
    case Mnemonic::Wbinvd:
      return VmxExitReason{54, "WBINVD"};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<VmxExitReason> vmx_exit_reason(ExitReason reason, Mnemonic mnemonic) {
  switch (reason) {
    case ExitReason::PrivilegedInstruction:
      return of_instruction(mnemonic);
    case ExitReason::GeneralProtection:
    case ExitReason::PageFault:
    case ExitReason::DivideError:
    case ExitReason::Exception:
    case ExitReason::SoftwareInterrupt:
    case ExitReason::InvalidOpcode:
      return VmxExitReason{0, "exception or non-maskable interrupt"};
    case ExitReason::ExternalInterrupt:
      return VmxExitReason{1, "external interrupt"};
    case ExitReason::TripleFault:
      return VmxExitReason{2, "triple fault"};
    case ExitReason::InterruptWindow:
      return VmxExitReason{7, "interrupt window"};
    case ExitReason::Cpuid:
      return VmxExitReason{10, "CPUID"};
    case ExitReason::Halt:
      return VmxExitReason{12, "HLT"};
    case ExitReason::ControlRegister:
      return VmxExitReason{28, "control-register accesses"};
    case ExitReason::PortRead:
    case ExitReason::PortWrite:
      return VmxExitReason{30, "I/O instruction"};
    case ExitReason::MsrRead:
      return VmxExitReason{31, "RDMSR"};
    case ExitReason::MsrWrite:
      return VmxExitReason{32, "WRMSR"};
    case ExitReason::MachineMemory:
      return VmxExitReason{48, "EPT violation"};
    case ExitReason::Callout:
    case ExitReason::TranslatorCalled:
    case ExitReason::Hypercall:
    case ExitReason::SystemCall:
      break;  // calls, not exits of a CPU's own making
    case ExitReason::InstructionAssist:
      break;  // hardware executes every instruction that it has
  }
  return std::nullopt;
}

}  // namespace gv
