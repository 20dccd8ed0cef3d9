// SPDX-License-Identifier: MIT
//
// snapshot.h - an immutable picture of a machine at one instant.
//
// The control thread publishes one at every stop and up to 60 times a second
// while the guest runs. Views draw from it and never touch the live machine.
// What is expensive (walks, memory) is included only as the view request asks.
//
// Threads: shared_ptr<const Snapshot> may be held by anyone.

#pragma once

#include "gv/address.h"
#include "gv/control_structure.h"
#include "gv/event.h"
#include "gv/instruction_record.h"
#include "gv/ledger.h"
#include "gv/machine_config.h"
#include "gv/page_walk.h"
#include "gv/registers.h"
#include "gv/translation_cache.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gv {

// Where a run is. `retired` names the instant right after that many
// instructions, before anything that the next one causes.
struct Position {
  std::uint64_t retired = 0;
  std::uint64_t cycles = 0;  // virtual time
  std::uint64_t events = 0;  // sequence number of the next event
  auto operator<=>(const Position&) const = default;
};

enum class RunState : std::uint8_t { Stopped, Running, Ended };

enum class StopCause : std::uint8_t {
  NotStarted,
  StepDone,
  BreakpointHit,
  ConsoleMatched,
  InstructionLimit,  // as many instructions as the command allowed
  TimeLimit,         // host time, the safety net of headless runs
  Paused,
  BeginningReached,  // a backward move arrived at instruction 0
  SeekDone,
  GuestExited,   // debug-exit port
  GuestHalted,   // HLT with nothing that could wake it
  GuestCrashed,  // triple fault or shutdown
  EngineFailed,
  EngineRefused,  // the guest needs what this engine does not have here
};
std::string_view name_of(StopCause cause);

struct DisassembledLine {
  Gva address;
  std::uint8_t length = 0;
  std::array<std::uint8_t, 15> bytes{};
  std::string text;    // "mov cr3, eax"
  std::string symbol;  // "switch_to+0x12" for the first line of a run, else empty
  SensitiveKind kind = SensitiveKind::Innocuous;
};

struct MappedPage {
  Gva address;
  std::uint64_t physical = 0;  // Gpa in the guest's tables, Mpa in the shadow
  std::uint64_t size = kPageSize;
  bool writable = false, user = false, accessed = false, dirty = false;
};

struct ScreenCell {
  std::uint8_t character = ' ';
  std::uint8_t attribute = 0x07;
  bool operator==(const ScreenCell&) const = default;
};
struct VgaTextScreen {
  static constexpr int kColumns = 80, kRows = 25;
  std::array<ScreenCell, kColumns * kRows> cells{};
  int cursor_column = 0, cursor_row = 0;
};

// One device's registers as label and value, in the chip's own terms.
struct DeviceState {
  std::string name;  // "PIC 8259", "PIT 8254", …
  std::vector<std::pair<std::string, std::string>> fields;
};

// What views want a snapshot to contain besides the registers.
struct ViewRequest {
  bool disassembly = true;
  int disassembly_lines = 40;
  bool page_tables = false;                             // mapped_guest and mapped_shadow
  std::optional<Gva> walk;                              // the address whose walks to record
  std::optional<std::pair<Gva, std::uint32_t>> memory;  // linear address, bytes (at most 64 KiB)
  bool devices = true;
  bool state_hash = false;
  bool translation_cache = false;
  bool instructions = false;  // the last and the next one, taken apart
  bool operator==(const ViewRequest&) const = default;
};

// A vCPU as the scheduler of a Xen host sees it.
struct VcpuView {
  enum class State : std::uint8_t { Running, Runnable, Blocked, Down };
  std::uint16_t index = 0;  // host-wide: Event::vcpu
  State state = State::Down;
  std::uint64_t ran = 0;    // cycles that it has had the CPU
  std::int64_t credit = 0;  // microseconds of CPU time
  bool parked = false;      // its cap is used up
};

// A domain of a Xen host.
struct DomainView {
  std::uint16_t id = 0;
  std::string name;
  bool privileged = false;  // Dom0
  int width = 64;           // bits of its kernel
  std::uint32_t pages = 0, most_pages = 0;
  std::uint32_t weight = 256, cap = 0;
  bool paused = false;
  std::optional<ShutdownReason> shutdown;
  std::vector<VcpuView> vcpus;
};

struct Snapshot {
  std::uint64_t generation = 0;  // grows with every published snapshot
  RunState state = RunState::Stopped;
  StopCause cause = StopCause::NotStarted;
  std::string cause_text;       // one sentence
  std::uint32_t exit_code = 0;  // of the debug-exit port
  Position position;
  Position furthest;  // how far this timeline has been explored
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::BareMetal;
  RegisterFile registers;
  RegisterFile registers_before;  // at the previous stop: what changed
  PhysicalRegisters physical;
  bool virtual_if = false;
  Ledger ledger;
  Gva next_instruction;
  std::vector<DisassembledLine> disassembly;  // around the next instruction
  std::vector<MappedPage> mapped_guest, mapped_shadow;
  std::optional<PageWalk> guest_walk, shadow_walk;
  std::optional<Mpa> machine_address;  // of the walked address, through the p2m
  std::vector<std::uint8_t> memory;    // as requested; shorter when unmapped
  VgaTextScreen screen;
  std::vector<DeviceState> devices;
  std::uint64_t console_bytes = 0;  // length of the console text at this instant
  std::optional<std::uint64_t> state_hash;
  std::optional<TranslationCacheView> translation_cache;  // empty without a translator
  std::optional<ExaminedInstructions> instructions;       // empty but on the interpreter
  std::optional<ControlStructure> control_structure;      // under emulated VT-x
  std::vector<DomainView> domains;                        // of a Xen host
  std::uint16_t vcpu = 0;                                 // whose registers these are, host-wide
};

}  // namespace gv
