// SPDX-License-Identifier: MIT
//
// exit.h - why a virtual CPU stopped and the hypervisor took over.
//
// An engine returns an Exit and decides nothing; the run loop in
// machine/run_loop.cpp sees every one. A guest that faults, halts or destroys
// itself is an Exit like any other: guest trouble is never an Error.
//
// A plain value; no pointers. Vectors and error codes: SDM vol. 3A,
// "Interrupt and Exception Handling".

#pragma once

#include "gv/address.h"

#include <cstdint>
#include <string_view>
#include <variant>

namespace gv {

enum class Direction : std::uint8_t { Read, Write };

// A fault or trap that the physical CPU raised; rip is at the instruction.
struct Faulted {
  std::uint8_t vector = 0;
  std::uint32_t error_code = 0;
  Gva address;  // CR2, for a page fault
};

// INT n, INT3, INTO: rip is after the instruction.
struct SoftwareInterrupted {
  std::uint8_t vector = 0;
};

// IN, OUT, INS, OUTS. A read asks for a reply at the next entry; rip is at the
// instruction and the instruction completes on that entry, as KVM does it.
struct PortAccessed {
  std::uint16_t port = 0;
  std::uint8_t size = 1;  // bytes: 1, 2 or 4
  Direction direction = Direction::Read;
  std::uint32_t value = 0;  // of a write
};

// CPUID; rip is at the instruction, which completes on the next entry with the reply.
struct CpuidExecuted {
  std::uint32_t leaf = 0, subleaf = 0;
};

// An opcode the engine refuses: #UD, or an instruction that only a hypervisor provides.
struct InvalidOpcode {};

// HLT executed at ring 0 of the engine; rip is after it.
struct HaltExecuted {};

// The entry's instruction target was reached.
struct BudgetSpent {};

// An address that Entry asked to watch was reached; its instruction has not run.
struct AddressReached {};

// Watched memory was read or written; take_touches() says by which instruction.
struct MemoryTouched {};

// A physical access outside machine memory.
struct MachineMemoryMissed {
  Mpa address;
  Direction direction = Direction::Read;
};

// An instruction that this engine must not execute itself (on Unicorn: RDTSC,
// which would read the host's clock, and MOV DR at ring 0, which can crash it).
// rip is at it; the technique does its work.
struct Intercepted {};

// The guest can no longer take an exception: shutdown. The engine, or reflection, found it.
struct TripleFaulted {};

// An interrupt may be delivered now: what Entry asked to be told.
struct InterruptWindowOpened {};

// The host took its CPU back: a timer of its own, or somebody who wants the hypervisor.
struct HostInterrupted {};

// RDMSR or WRMSR of a register that the engine does not keep; it raises #GP at the next entry.
struct MsrAccessed {
  std::uint32_t index = 0;
  Direction direction = Direction::Read;
  std::uint64_t value = 0;  // of a write
};

// The engine cannot execute the instruction at rip, which a CPU could.
struct ExecutionRefused {};

// SYSCALL, where Intercepts::system_calls asks for it. It has retired and rip is after it, but
// RCX, R11, the flags and the ring are as before: the hypervisor decides what it means.
struct SystemCallExecuted {};

using Exit = std::variant<Faulted, SoftwareInterrupted, PortAccessed, CpuidExecuted, InvalidOpcode,
                          HaltExecuted, BudgetSpent, MachineMemoryMissed, Intercepted,
                          AddressReached, MemoryTouched, TripleFaulted, InterruptWindowOpened,
                          HostInterrupted, MsrAccessed, ExecutionRefused, SystemCallExecuted>;

// The causes that the ledger counts and breakpoints name. Finer than Exit's
// alternatives: a #GP on CLI and a #GP on a bad selector are different lessons.
enum class ExitReason : std::uint8_t {
  PrivilegedInstruction,  // #GP or #NP that the hypervisor emulates
  GeneralProtection,      // #GP that is the guest's own
  PageFault,
  DivideError,
  Exception,  // every other vector
  SoftwareInterrupt,
  PortRead,
  PortWrite,
  Cpuid,
  InvalidOpcode,
  Halt,
  InterruptWindow,  // the time slice ended: a timer is due or an interrupt may be delivered
  MachineMemory,
  TripleFault,
  // Only where the guest runs at ring 0 and exits are configured:
  ControlRegister,  // MOV CR, CLTS, LMSW
  MsrRead,
  MsrWrite,
  ExternalInterrupt,  // the host's own interrupt, not the guest's
  // KVM refused an instruction, and our own CPU executed that one.
  InstructionAssist,
  Callout,           // translated kernel code asked for what it cannot do in the cache
  TranslatorCalled,  // guest code is not in the translation cache, or not linked to it
  Hypercall,         // the guest kernel called the hypervisor
  SystemCall,        // SYSCALL in a user program whose kernel the CPU cannot enter by itself
};
inline constexpr int kExitReasonCount = 23;

// Stable names, used in traces, Lua and on the screen: "privileged-instruction", …
std::string_view name_of(ExitReason reason);
// One short phrase for people: "privileged instruction", …; and one sentence that explains it.
std::string_view title_of(ExitReason reason);
std::string_view explanation_of(ExitReason reason);

}  // namespace gv
