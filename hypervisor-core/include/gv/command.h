// SPDX-License-Identifier: MIT
//
// command.h - what a user may ask of a machine.
//
// Commands are values; they queue and are answered by a Notice with the same
// id. A refused command is a notice too, never silence.

#pragma once

#include "gv/execution_controls.h"
#include "gv/exit.h"
#include "gv/snapshot.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace gv {

// What a condition may look at: the machine at an exit or at an instruction.
struct StopProbe {
  const RegisterFile& registers;
  const Event* exit;  // the ExitTaken event, or null at an address breakpoint
  Position position;
  const Ledger& ledger;
};
// Runs on the control thread; must not block. Lua conditions are compiled into one of these.
using StopCondition = std::function<bool(const StopProbe&)>;

struct AtAddress {
  Gva address;
};
struct OnExit {
  ExitReason reason = ExitReason::PrivilegedInstruction;
  std::optional<Mnemonic> mnemonic;            // only this instruction
  std::optional<std::uint32_t> qualification;  // only this port, vector, …
};
struct OnAnyExit {};
struct OnEventKind {
  int kind = 0;
};  // index of the EventBody alternative
enum class WatchFor : std::uint8_t { Write, Read, Access };
// Forwards the run stops right after the instruction that touched, backwards right before it.
// The address is looked up in the guest's tables when the move begins; it has to be mapped. A
// condition sees the machine at the end of the block. Without a history the run stops there too.
struct OnMemory {
  Gva address;
  std::uint32_t bytes = 1;  // at most kMostWatchedBytes
  WatchFor what = WatchFor::Write;
};
inline constexpr std::uint32_t kMostWatchedBytes = 4096;

struct Breakpoint {
  std::uint32_t id = 0;
  std::variant<AtAddress, OnExit, OnAnyExit, OnEventKind, OnMemory> where;
  StopCondition condition;     // empty: always
  std::string condition_text;  // as the user wrote it
  bool enabled = true;
};

// Runs forward until a breakpoint, a limit or the guest's end.
struct Run {
  std::optional<std::uint64_t> instructions;       // at most this many
  std::optional<std::string> until_console;        // ECMAScript regex on the console text
  std::vector<Breakpoint> until;                   // besides the standing breakpoints
  std::optional<std::uint64_t> host_milliseconds;  // safety net, never a grade
};
struct Step {
  std::uint64_t instructions = 1;
};
struct StepBack {
  std::uint64_t instructions = 1;
};
// Backwards to the previous place where one of these (or a standing breakpoint) was hit.
struct RunBack {
  std::vector<Breakpoint> until;
};
struct Seek {
  std::uint64_t retired = 0;
};  // forwards or backwards, exact
struct Pause {};
struct SetBreakpoints {
  std::vector<Breakpoint> breakpoints;
};
// What every published snapshot holds from now on.
struct SetView {
  ViewRequest view;
};
// One snapshot with what `view` asks for, in the answer alone: what is published stays as it is.
struct Look {
  ViewRequest view;
};
struct Type {
  std::string serial;
  // On a Xen host: whose console it is for. Empty: the domain that was booted, or Dom0.
  std::optional<std::uint16_t> domain = {};
};  // bytes for the serial line
struct PressKeys {
  std::vector<std::uint8_t> scan_codes;
};  // set 1, for the keyboard 8042
struct WriteRegister {
  Gpr gpr = Gpr::Ax;
  std::uint64_t value = 0;
};
struct WriteInstructionPointer {
  std::uint64_t value = 0;
};
struct WriteFlags {
  std::uint64_t value = 0;
};
struct WriteMemory {
  Gva address;
  std::vector<std::uint8_t> bytes;
};

// From now on other things exit: where hardware assistance shows its control structure.
struct SetExecutionControls {
  ExecutionControls controls;
};

// What a toolstack does to a domain of a Xen host.
enum class DomainAction : std::uint8_t {
  Pause,
  Unpause,
  AskToPowerOff,  // by XenStore: the guest's kernel does it, or does not
  AskToReboot,
  Destroy,  // without asking
};
struct ControlDomain {
  std::uint16_t domain = 0;
  DomainAction action = DomainAction::Pause;
};
// How the scheduler shares the CPU: the cap in percent of one CPU, 0 for none.
struct SetDomainShare {
  std::uint16_t domain = 0;
  std::uint32_t weight = 256, cap = 0;
};

using Command =
    std::variant<Run, Step, StepBack, RunBack, Seek, Pause, SetBreakpoints, SetView, Type,
                 PressKeys, WriteRegister, WriteInstructionPointer, WriteFlags, WriteMemory, Look,
                 SetExecutionControls, ControlDomain, SetDomainShare>;

// The answer to a command.
struct Notice {
  std::uint64_t command = 0;  // the id that submit() gave
  bool refused = false;
  std::string text;  // why refused, or one sentence about the stop
  StopCause cause = StopCause::NotStarted;
  std::uint32_t breakpoint = 0;  // id, when cause is BreakpointHit
  std::shared_ptr<const Snapshot> snapshot;
};

}  // namespace gv
