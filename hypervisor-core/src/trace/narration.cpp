// SPDX-License-Identifier: MIT
//
// narration.cpp - an event as a line for a list, and as a sentence for a learner.
//
// Sentences claim only what the event holds. They say "the CPU" for hardware,
// "the hypervisor" for us, and use the manual's names.

#include "gv/event_log.h"
#include "gv/overloaded.h"
#include "trace/xen_narration.h"
#include "x86/exceptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace gv {
namespace {

std::string_view subject(Storey storey) {
  switch (storey) {
    case Storey::GuestUser:
      return "The guest's user code";
    case Storey::GuestKernel:
      return "The guest kernel";
    case Storey::Hypervisor:
      return "The hypervisor";
    case Storey::Hardware:
      return "The hardware";
  }
  return "The guest";
}

std::string_view object(Storey storey) {
  switch (storey) {
    case Storey::GuestUser:
      return "the guest's user code";
    case Storey::GuestKernel:
      return "the guest kernel";
    case Storey::Hypervisor:
      return "the hypervisor";
    case Storey::Hardware:
      return "the hardware";
  }
  return "the guest";
}

// The instruction as the manual prints it: "CLI", "MOV to CR3".
std::string manual_name(const ExitTaken& e) {
  switch (e.mnemonic) {
    case Mnemonic::Other:
      return "an instruction";
    case Mnemonic::MovToCr:
      return fmt::format("MOV to CR{}", e.qualification);
    case Mnemonic::MovFromCr:
      return fmt::format("MOV from CR{}", e.qualification);
    case Mnemonic::MovToDr:
      return fmt::format("MOV to DR{}", e.qualification);
    case Mnemonic::MovFromDr:
      return fmt::format("MOV from DR{}", e.qualification);
    case Mnemonic::In:
    case Mnemonic::Ins:
    case Mnemonic::Out:
    case Mnemonic::Outs: {
      std::string name(name_of(e.mnemonic));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return fmt::format("{} on port {:#x}", name, e.qualification);
    }
    case Mnemonic::LoadSegment:
      return "a load of a segment register";
    case Mnemonic::PopSegment:
      return "POP to a segment register";
    case Mnemonic::PushSegment:
      return "PUSH of a segment register";
    case Mnemonic::MovFromSegment:
      return "MOV from a segment register";
    case Mnemonic::FarTransfer:
      return "a far control transfer";
    case Mnemonic::FarCall:
      return "a far CALL";
    case Mnemonic::FarJmp:
      return "a far JMP";
    case Mnemonic::FarRet:
      return "a far RET";
    default: {
      std::string name(name_of(e.mnemonic));
      std::transform(name.begin(), name.end(), name.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      return name;
    }
  }
}

// These raise #NP, #SS or #TS as well as #GP, by what is wrong with the selector.
bool names_a_selector(Mnemonic m) {
  return m == Mnemonic::LoadSegment || m == Mnemonic::PopSegment || m == Mnemonic::FarTransfer ||
         m == Mnemonic::FarCall || m == Mnemonic::FarJmp || m == Mnemonic::FarRet ||
         m == Mnemonic::Iret || m == Mnemonic::Other;
}

// "#GP" or, for vectors that are no exception, "vector 0x20".
std::string vector_name(std::uint8_t vector) {
  const auto symbol = x86::symbol_of_vector(vector);
  return symbol.empty() ? fmt::format("vector {:#x}", vector) : std::string(symbol);
}

std::string_view access_of(std::uint32_t error_code) {
  if ((error_code & x86::page_fault::I) != 0)
    return "an instruction fetch from";
  return (error_code & x86::page_fault::W) != 0 ? "a write to" : "a read of";
}

std::string_view irq_source(std::uint8_t line) {
  switch (line) {
    case 0:
      return " (timer)";
    case 1:
      return " (keyboard)";
    case 4:
      return " (serial line)";
    case 8:
      return " (real-time clock)";
    default:
      return "";
  }
}

std::string_view bit_name(std::uint8_t number, std::uint64_t changed) {
  if (number == 0 && (changed & (1u << 31)) != 0)
    return "paging (CR0.PG)";
  if (number == 0 && (changed & 1) != 0)
    return "protected mode (CR0.PE)";
  return "";
}

std::string printable(std::uint8_t byte) {
  if (byte == '\n')
    return "a newline";
  if (byte >= 0x20 && byte < 0x7f)
    return fmt::format("'{}'", static_cast<char>(byte));
  return fmt::format("byte {:#04x}", byte);
}

// Under VT-x it leaves ring 0 of the guest, elsewhere a ring that may not execute it.
bool has_a_control(Mnemonic mnemonic) {
  return mnemonic == Mnemonic::Invlpg || mnemonic == Mnemonic::Rdtsc ||
         mnemonic == Mnemonic::MovToDr || mnemonic == Mnemonic::MovFromDr;
}

std::string narrate_exit(const ExitTaken& e) {
  const auto who = subject(e.from);
  switch (e.reason) {
    case ExitReason::PrivilegedInstruction:
      if (has_a_control(e.mnemonic)) {
        return fmt::format(
            "{} executed {}, which the hypervisor keeps to itself. The CPU stopped before it.", who,
            manual_name(e));
      }
      return fmt::format(
          "{} executed {} outside ring 0. The CPU raised {} and the hypervisor took over.", who,
          manual_name(e), names_a_selector(e.mnemonic) ? "an exception" : "#GP");
    case ExitReason::GeneralProtection:
      return fmt::format("{} broke a protection rule. The CPU raised #GP with error code {:#x}.",
                         who, e.qualification);
    case ExitReason::PageFault:
      return fmt::format(
          "{} touched a page that the tables in use refuse. The CPU raised #PF with error code "
          "{:#x}.",
          who, e.qualification);
    case ExitReason::DivideError:
      return fmt::format("{} divided by zero or overflowed the quotient. The CPU raised #DE.", who);
    case ExitReason::Exception:
      return fmt::format("{} caused {}. The CPU trapped into the hypervisor.", who,
                         vector_name(static_cast<std::uint8_t>(e.qualification)));
    case ExitReason::SoftwareInterrupt:
      return fmt::format("{} executed INT {:#x}. The CPU trapped into the hypervisor.", who,
                         e.qualification);
    case ExitReason::PortRead:
      return fmt::format("{} read from port {:#x}. The hypervisor took over to ask a device.", who,
                         e.qualification);
    case ExitReason::PortWrite:
      return fmt::format("{} wrote to port {:#x}. The hypervisor took over to tell a device.", who,
                         e.qualification);
    case ExitReason::Cpuid:
      return fmt::format("{} executed CPUID. The hypervisor answers for the virtual CPU.", who);
    case ExitReason::InvalidOpcode:
      return fmt::format("{} executed an instruction that the CPU does not know. It raised #UD.",
                         who);
    case ExitReason::Halt:
      return fmt::format("{} executed HLT and waits for an interrupt.", who);
    case ExitReason::InterruptWindow:
      return fmt::format(
          "The time slice of {} ended. The hypervisor looks for interrupts that are due.",
          object(e.from));
    case ExitReason::MachineMemory:
      return fmt::format("{} touched an address behind which the machine has no memory.", who);
    case ExitReason::TripleFault:
      return fmt::format("{} could not take an exception any more: a triple fault.", who);
    case ExitReason::ControlRegister:
      return fmt::format("{} executed {} at ring 0, and the CPU is told to exit on that.", who,
                         manual_name(e));
    case ExitReason::MsrRead:
    case ExitReason::MsrWrite:
      return fmt::format("{} accessed MSR {:#x}, which the hypervisor keeps to itself.", who,
                         e.qualification);
    case ExitReason::ExternalInterrupt:
      return fmt::format("An interrupt for the host arrived while {} ran.", object(e.from));
    case ExitReason::InstructionAssist:
      return fmt::format("KVM refused an instruction of {}. Our own interpreter executed it.",
                         object(e.from));
    case ExitReason::Callout:
      return fmt::format("{} reached {}. Its translation calls the hypervisor, without a trap.",
                         who, manual_name(e));
    case ExitReason::TranslatorCalled:
      return fmt::format("{} goes where no translation leads yet. The translator is called.", who);
    case ExitReason::Hypercall:
      return fmt::format(
          "{} makes hypercall {}: it asks the hypervisor, as a program asks a kernel.", who,
          e.qualification);
    case ExitReason::SystemCall:
      return fmt::format(
          "{} executed SYSCALL. Its kernel is at the same ring, so the hypervisor "
          "stands between.",
          who);
  }
  return fmt::format("{} left to the hypervisor.", who);
}

std::string narrate_resume(const GuestResumed& e) {
  const char* did = "";
  switch (e.handling) {
    case Handling::Emulated:
      did = "did the instruction's work on the virtual CPU";
      break;
    case Handling::Reflected:
      did = "handed the event to the guest kernel's own handler";
      break;
    case Handling::ShadowFilled:
      did = "filled a shadow page-table entry";
      break;
    case Handling::DeviceAccessed:
      did = "let a device model answer";
      break;
    case Handling::ClockAdvanced:
      did = "let virtual time pass";
      break;
    case Handling::BiosServed:
      did = "served the BIOS call";
      break;
    case Handling::Translated:
      did = "found or made the translation";
      break;
    case Handling::HypercallServed:
      did = "served the hypercall";
      break;
    case Handling::GuestStopped:
      return fmt::format("The hypervisor ended the run. Cost: {} cycles.", e.cost);
  }
  return fmt::format("The hypervisor {} and resumed {}. Cost: {} cycles.", did, object(e.to),
                     e.cost);
}

std::string narrate_fault(const PageFaulted& e) {
  const auto access = access_of(e.error_code);
  switch (e.kind) {
    case FaultKind::GuestFault:
      return fmt::format(
          "The guest's own page tables refuse {} {:08x}: a true fault, and the guest kernel must "
          "handle it.",
          access, e.address.value);
    case FaultKind::ShadowMiss:
      return fmt::format(
          "The guest's page tables allow {} {:08x}, but the shadow lacks the entry: a hidden "
          "fault.",
          access, e.address.value);
    case FaultKind::DirtyTrack:
      return fmt::format(
          "The guest's page tables allow {} {:08x}; the shadow was read-only so that the "
          "hypervisor could set the D bit.",
          access, e.address.value);
    case FaultKind::CodeWrite:
      return fmt::format(
          "The guest's page tables allow {} {:08x}; the shadow was read-only because code of that "
          "page has been translated.",
          access, e.address.value);
  }
  return {};
}

std::string narrate_control_register(const ControlRegisterWritten& e) {
  if (e.number == 3) {
    return fmt::format("The virtual CR3 now names the page directory at {:08x}.", e.after);
  }
  const auto bit = bit_name(e.number, e.before ^ e.after);
  if (!bit.empty()) {
    return fmt::format("The guest switched {} {}; the virtual CR{} is now {:08x}.", bit,
                       (e.after & (e.before ^ e.after)) != 0 ? "on" : "off", e.number, e.after);
  }
  return fmt::format("The virtual CR{} changed from {:08x} to {:08x}.", e.number, e.before,
                     e.after);
}

}  // namespace

std::string describe(const Event& event) {
  const std::string what = std::visit(
      Overloaded{
          [](const ExitTaken& e) {
            return e.mnemonic == Mnemonic::Other
                       ? std::string(title_of(e.reason))
                       : fmt::format("{} {}", title_of(e.reason), name_of(e.mnemonic));
          },
          [](const GuestResumed& e) {
            return fmt::format("resume {}: {}, {} cycles", name_of(e.to), name_of(e.handling),
                               e.cost);
          },
          [](const InstructionEmulated& e) {
            return fmt::format("emulate {} ({:#x})", name_of(e.mnemonic), e.value);
          },
          [](const PortTouched& e) {
            return fmt::format("port {:#x} {} {:#x}{}", e.port,
                               e.direction == Direction::Read ? "read" : "write", e.value,
                               e.claimed ? "" : " (no device)");
          },
          [](const PageFaulted& e) {
            return fmt::format("{} on {:08x} (error code {:#x})", name_of(e.kind), e.address.value,
                               e.error_code);
          },
          [](const ShadowFilled& e) {
            return fmt::format("shadow fill {:08x}: gfn {:#x} is mfn {:#x} {}{}", e.address.value,
                               e.gfn.number, e.mfn.number, e.writable ? "rw" : "r",
                               e.user ? " user" : "");
          },
          [](const ShadowFlushed& e) {
            return fmt::format("shadow flush by {}: {} entries", name_of(e.cause), e.entries);
          },
          [](const ExceptionDelivered& e) {
            return fmt::format("deliver {} {} to {:08x}", e.software ? "INT" : "exception",
                               e.software ? fmt::format("{:#x}", e.vector) : vector_name(e.vector),
                               e.handler.value);
          },
          [](const InterruptRaised& e) { return fmt::format("IRQ {} raised", e.line); },
          [](const InterruptDelivered& e) {
            return fmt::format("deliver interrupt {:#x} to {:08x}", e.vector, e.handler.value);
          },
          [](const ControlRegisterWritten& e) {
            return fmt::format("CR{} {:08x} becomes {:08x}", e.number, e.before, e.after);
          },
          [](const DescriptorTableLoaded& e) {
            return fmt::format("{} loaded: base {:08x}, {} {:#x}", name_of(e.table), e.base.value,
                               e.table == DescriptorTable::Gdt || e.table == DescriptorTable::Idt
                                   ? "limit"
                                   : "selector",
                               e.limit_or_selector);
          },
          [](const InterruptFlagChanged& e) {
            return fmt::format("virtual IF {}", e.enabled ? "set" : "cleared");
          },
          [](const ConsoleWritten& e) {
            return fmt::format("console {}{}", printable(e.byte),
                               e.debug_port ? " (port 0xe9)" : "");
          },
          [](const InputArrived& e) {
            return e.keyboard ? fmt::format("scan code {:#04x} arrived", e.byte)
                              : fmt::format("serial input {}", printable(e.byte));
          },
          [](const ClockSkipped& e) { return fmt::format("idle for {} cycles", e.cycles); },
          [](const BiosCalled& e) {
            return fmt::format("BIOS INT {:#x} function {:#x}", e.vector, e.function);
          },
          [](const GuestEnded& e) {
            return e.how == GuestEnd::Exited ? fmt::format("guest exited with code {}", e.code)
                                             : fmt::format("guest {}", name_of(e.how));
          },
          [](const EventsLost& e) { return fmt::format("{} events lost", e.count); },
          [](const UnitTranslated& e) {
            return fmt::format("unit of {} instructions translated",
                               e.ident + e.rewritten + e.callouts);
          },
          [](const UnitsChained& e) { return fmt::format("chained from {:08x}", e.from.value); },
          [](const UnitsInvalidated& e) {
            return fmt::format("{} {} invalidated: {}", e.units, e.units == 1 ? "unit" : "units",
                               name_of(e.cause));
          },
          [](const CacheEvicted& e) {
            return fmt::format("translation cache emptied: {} units, {}", e.units,
                               name_of(e.cause));
          },
          XenLines(),
      },
      event.body);
  return fmt::format("{} at {:08x}", what, event.rip.value);
}

std::string narrate(const Event& event) {
  return std::visit(
      Overloaded{
          [](const ExitTaken& e) { return narrate_exit(e); },
          [](const GuestResumed& e) { return narrate_resume(e); },
          [](const InstructionEmulated& e) {
            ExitTaken shown;
            shown.mnemonic = e.mnemonic;
            switch (e.mnemonic) {
              case Mnemonic::Cli:
                return std::string(
                    "The hypervisor emulated CLI: it cleared the virtual interrupt flag. The real "
                    "one stays set.");
              case Mnemonic::Sti:
                return std::string(
                    "The hypervisor emulated STI: it set the virtual interrupt flag.");
              case Mnemonic::MovToCr:
                return fmt::format(
                    "The hypervisor emulated MOV to a control register: value {:08x}.", e.value);
              case Mnemonic::MovFromCr:
                return fmt::format(
                    "The hypervisor emulated MOV from a control register: the guest reads {:08x}.",
                    e.value);
              case Mnemonic::Invlpg:
                return fmt::format("The hypervisor emulated INVLPG for {:08x}.", e.value);
              case Mnemonic::MovToDr:
              case Mnemonic::MovFromDr:
                return std::string("The hypervisor emulated MOV of a debug register.");
              case Mnemonic::In:
              case Mnemonic::Out:
              case Mnemonic::Ins:
              case Mnemonic::Outs:
                return fmt::format("The hypervisor emulated {} with a device model: value {:#x}.",
                                   e.mnemonic == Mnemonic::In    ? "IN"
                                   : e.mnemonic == Mnemonic::Out ? "OUT"
                                   : e.mnemonic == Mnemonic::Ins ? "INS"
                                                                 : "OUTS",
                                   e.value);
              default:
                return fmt::format("The hypervisor emulated {}.", manual_name(shown));
            }
          },
          [](const PortTouched& e) {
            if (!e.claimed) {
              return e.direction == Direction::Read
                         ? fmt::format("No device owns port {:#x}: the read gives {:#x}.", e.port,
                                       e.value)
                         : fmt::format("No device owns port {:#x}: the write of {:#x} is lost.",
                                       e.port, e.value);
            }
            return e.direction == Direction::Read
                       ? fmt::format("The device at port {:#x} answered {:#x}.", e.port, e.value)
                       : fmt::format("The device at port {:#x} took {:#x}.", e.port, e.value);
          },
          [](const PageFaulted& e) { return narrate_fault(e); },
          [](const ShadowFilled& e) {
            return fmt::format(
                "The hypervisor wrote a shadow entry: {:08x} is guest frame {:#x} and machine "
                "frame "
                "{:#x}, {}.",
                e.address.value, e.gfn.number, e.mfn.number, e.writable ? "writable" : "read-only");
          },
          [](const ShadowFlushed& e) {
            const char* why = "";
            switch (e.cause) {
              case FlushCause::Cr3Write:
                why = "CR3 was written";
                break;
              case FlushCause::Invlpg:
                why = "INVLPG named a page";
                break;
              case FlushCause::ModeChange:
                why = "the paging mode changed";
                break;
              case FlushCause::OutOfFrames:
                why = "the frames for shadow tables ran out";
                break;
            }
            return fmt::format("Because {}, the hypervisor dropped {} shadow {}.", why, e.entries,
                               e.entries == 1 ? "entry" : "entries");
          },
          [](const ExceptionDelivered& e) {
            return e.software
                       ? fmt::format(
                             "INT {:#x} enters the guest kernel at {:08x}, through the guest's "
                             "IDT.",
                             e.vector, e.handler.value)
                       : fmt::format(
                             "{} enters the guest kernel's handler at {:08x}, through the guest's "
                             "IDT.",
                             vector_name(e.vector), e.handler.value);
          },
          [](const InterruptRaised& e) {
            return fmt::format("A device raised IRQ {}{}.", e.line, irq_source(e.line));
          },
          [](const InterruptDelivered& e) {
            return fmt::format(
                "Interrupt vector {:#x} enters the guest kernel's handler at {:08x}.", e.vector,
                e.handler.value);
          },
          [](const ControlRegisterWritten& e) { return narrate_control_register(e); },
          [](const DescriptorTableLoaded& e) {
            switch (e.table) {
              case DescriptorTable::Gdt:
                return fmt::format("The guest's GDT is now at {:08x}, limit {:#x}.", e.base.value,
                                   e.limit_or_selector);
              case DescriptorTable::Idt:
                return fmt::format("The guest's IDT is now at {:08x}, limit {:#x}.", e.base.value,
                                   e.limit_or_selector);
              case DescriptorTable::Ldt:
                return fmt::format("The guest's LDTR now holds selector {:#x}.",
                                   e.limit_or_selector);
              case DescriptorTable::Task:
                return fmt::format("The guest's task register now holds selector {:#x}.",
                                   e.limit_or_selector);
            }
            return std::string();
          },
          [](const InterruptFlagChanged& e) {
            return std::string(
                e.enabled ? "The virtual interrupt flag is set: interrupts may be delivered."
                          : "The virtual interrupt flag is clear: interrupts wait.");
          },
          [](const ConsoleWritten& e) {
            return fmt::format("The guest wrote {} to {}.", printable(e.byte),
                               e.debug_port ? "the debug console" : "the serial line");
          },
          [](const InputArrived& e) {
            return e.keyboard ? fmt::format("The keyboard sent scan code {:#04x}.", e.byte)
                              : fmt::format("The serial line received {}.", printable(e.byte));
          },
          [](const ClockSkipped& e) {
            return fmt::format("The CPU was idle: {} cycles of virtual time passed.", e.cycles);
          },
          [](const BiosCalled& e) {
            return fmt::format("The guest called the BIOS: INT {:#x}, function {:#x}.", e.vector,
                               e.function);
          },
          [](const GuestEnded& e) {
            switch (e.how) {
              case GuestEnd::Exited:
                return fmt::format("The guest ended the run with exit code {}.", e.code);
              case GuestEnd::Halted:
                return std::string("The guest halted and nothing can wake it.");
              case GuestEnd::Crashed:
                return std::string("The guest crashed: it could not take an exception.");
            }
            return std::string();
          },
          [](const EventsLost& e) {
            return fmt::format("The recorder had no room: {} events are missing here.", e.count);
          },
          [](const UnitTranslated& e) {
            return fmt::format(
                "The translator made a unit of {} guest bytes: {} instructions copied, {} "
                "rewritten, {} as callouts. It stands at {:08x} in the cache, in {} bytes.",
                e.guest_bytes, e.ident, e.rewritten, e.callouts, e.cache.value, e.cache_bytes);
          },
          [](const UnitsChained& e) {
            return fmt::format(
                "The branch at {:08x} in the cache now leads straight to the translation at "
                "{:08x}.",
                e.from.value, e.to.value);
          },
          [](const UnitsInvalidated& e) {
            const char* why = "";
            switch (e.cause) {
              case InvalidationCause::CodeWritten:
                why = "the guest wrote to code";
                break;
              case InvalidationCause::MappingChanged:
                why = "the guest mapped other memory there";
                break;
            }
            return fmt::format("Because {}, {} {} of guest frame {:#x} {} void.", why, e.units,
                               e.units == 1 ? "translation" : "translations", e.gfn.number,
                               e.units == 1 ? "is" : "are");
          },
          [](const CacheEvicted& e) {
            const char* why = "";
            switch (e.cause) {
              case EvictionCause::NoRoom:
                why = "had no room left";
                break;
              case EvictionCause::StackSegment:
                why = "was made for another sort of stack segment";
                break;
              case EvictionCause::OutsideWrite:
                why = "may be out of date, because memory was changed from outside";
                break;
            }
            return fmt::format("The translation cache {}: all {} units, {} bytes, were dropped.",
                               why, e.units, e.bytes);
          },
          XenSentences(),
      },
      event.body);
}

}  // namespace gv
