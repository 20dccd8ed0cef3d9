// SPDX-License-Identifier: MIT
//
// exit_class.cpp - families, inks and words of exits.

#include "visualizers/meaning/exit_class.h"

#include "visualizers/meaning/quantity.h"

namespace gv {

std::string_view title_of(ExitClass exit_class) {
  switch (exit_class) {
    case ExitClass::Trap:
      return "trap or fault";
    case ExitClass::SystemCall:
      return "system call";
    case ExitClass::Interrupt:
      return "interrupt";
    case ExitClass::Hidden:
      return "hidden";
  }
  return "";
}

std::string_view explanation_of(ExitClass exit_class) {
  switch (exit_class) {
    case ExitClass::Trap:
      return "An instruction could not complete in the ring it really runs in: the CPU trapped.";
    case ExitClass::SystemCall:
      return "The guest asked for a gate with INT n. The hypervisor passes it on to the guest "
             "kernel.";
    case ExitClass::Interrupt:
      return "Something outside the instruction stream: a time slice ended or a timer was due.";
    case ExitClass::Hidden:
      return "A page fault that only the shadow page table caused. The guest never learns of it.";
  }
  return "";
}

Ink ink_of(ExitClass exit_class) {
  switch (exit_class) {
    case ExitClass::Trap:
      return Ink::Trapped;
    case ExitClass::SystemCall:
      return Ink::Reflected;
    case ExitClass::Interrupt:
      return Ink::Interrupt;
    case ExitClass::Hidden:
      return Ink::ShadowWork;
  }
  return Ink::Text;
}

ExitClass class_of(ExitReason reason) {
  switch (reason) {
    case ExitReason::SoftwareInterrupt:
      return ExitClass::SystemCall;
    case ExitReason::InterruptWindow:
      return ExitClass::Interrupt;
    default:
      return ExitClass::Trap;
  }
}

ExitClass class_of(ExitReason reason, Handling handling) {
  if (handling == Handling::ShadowFilled)
    return ExitClass::Hidden;
  return class_of(reason);
}

Ink ink_of(Storey storey) {
  switch (storey) {
    case Storey::GuestUser:
      return Ink::GuestUser;
    case Storey::GuestKernel:
      return Ink::GuestKernel;
    case Storey::Hypervisor:
      return Ink::Hypervisor;
    case Storey::Hardware:
      return Ink::Hardware;
  }
  return Ink::Text;
}

Ink ink_of(Handling handling) {
  switch (handling) {
    case Handling::Emulated:
      return Ink::Emulated;
    case Handling::Reflected:
      return Ink::Reflected;
    case Handling::ShadowFilled:
      return Ink::ShadowWork;
    case Handling::DeviceAccessed:
      return Ink::DeviceWork;
    case Handling::ClockAdvanced:
      return Ink::Interrupt;
    case Handling::BiosServed:
      return Ink::DeviceWork;
    case Handling::GuestStopped:
      return Ink::Error;
    case Handling::Translated:
    case Handling::HypercallServed:
      return Ink::Hypervisor;
  }
  return Ink::Text;
}

std::string_view title_of(Storey storey) {
  switch (storey) {
    case Storey::GuestUser:
      return "Guest user";
    case Storey::GuestKernel:
      return "Guest kernel";
    case Storey::Hypervisor:
      return "Hypervisor";
    case Storey::Hardware:
      return "Hardware";
  }
  return "";
}

std::string_view phrase_of(Handling handling) {
  switch (handling) {
    case Handling::Emulated:
      return "emulated the instruction on the virtual CPU";
    case Handling::Reflected:
      return "reflected it to the guest kernel's own handler";
    case Handling::ShadowFilled:
      return "filled a shadow page-table entry; the guest never knew";
    case Handling::DeviceAccessed:
      return "asked a device model";
    case Handling::ClockAdvanced:
      return "served the clock";
    case Handling::BiosServed:
      return "served a BIOS call";
    case Handling::GuestStopped:
      return "ended the run";
    case Handling::Translated:
      return "found or made the translation";
    case Handling::HypercallServed:
      return "did what the guest kernel asked for";
  }
  return "";
}

std::string_view badge_of(Handling handling) {
  switch (handling) {
    case Handling::Emulated:
      return "emulated";
    case Handling::Reflected:
      return "reflected";
    case Handling::ShadowFilled:
      return "shadow filled";
    case Handling::DeviceAccessed:
      return "device";
    case Handling::ClockAdvanced:
      return "clock";
    case Handling::BiosServed:
      return "BIOS";
    case Handling::GuestStopped:
      return "stopped";
    case Handling::Translated:
      return "translated";
    case Handling::HypercallServed:
      return "hypercall";
  }
  return "";
}

std::string instruction_text(const ExitTaken& exit) {
  const std::string name(name_of(exit.mnemonic));
  switch (exit.reason) {
    case ExitReason::PortRead:
    case ExitReason::PortWrite:
      return (exit.mnemonic == Mnemonic::Other
                  ? std::string(exit.reason == ExitReason::PortRead ? "in" : "out")
                  : name) +
             " " + hex_text(exit.qualification);
    case ExitReason::SoftwareInterrupt:
      return "int " + hex_text(exit.qualification);
    case ExitReason::PrivilegedInstruction:
    case ExitReason::ControlRegister:
      if (exit.mnemonic == Mnemonic::MovToCr || exit.mnemonic == Mnemonic::MovFromCr) {
        // The name says "mov cr"; the number says which.
        const std::string number = std::to_string(exit.qualification & 0xf);
        return exit.mnemonic == Mnemonic::MovToCr ? "mov cr" + number + ", r"
                                                  : "mov r, cr" + number;
      }
      return exit.mnemonic == Mnemonic::Other ? "privileged" : name;
    case ExitReason::InterruptWindow:
      return "time slice";
    default:
      break;
  }
  return exit.mnemonic == Mnemonic::Other ? std::string(title_of(exit.reason)) : name;
}

}  // namespace gv
