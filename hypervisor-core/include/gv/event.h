// SPDX-License-Identifier: MIT
//
// event.h - the one vocabulary in which a run is described.
//
// The recorder writes events; everything else reads them. Panels draw them,
// lessons assert on them, the grader compares them, trace files store them. If
// two views of a run disagree, one of them is not reading events.
//
// An event is a fact about the guest in guest time. It holds no pointer and no
// host clock, so on a deterministic engine the same run gives the same bytes.
// An event's sequence number is its position in the log, from 0, without gaps.
//
// Append only: an alternative's index is its tag in a trace file.

#pragma once

#include "gv/address.h"
#include "gv/exit.h"
#include "gv/instruction.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <variant>

namespace gv {

// Whose code was running, as storeys of the trap theatre.
enum class Storey : std::uint8_t { GuestUser, GuestKernel, Hypervisor, Hardware };

// How the hypervisor answered an exit.
enum class Handling : std::uint8_t {
  Emulated,         // it did the instruction's work on the virtual CPU
  Reflected,        // it handed the event to the guest kernel's own handler
  ShadowFilled,     // it filled a shadow page-table entry; the guest never knew
  DeviceAccessed,   // it asked a device model
  ClockAdvanced,    // it served a timer or let virtual time pass
  BiosServed,       // it served a real-mode BIOS call
  GuestStopped,     // it ended the run
  Translated,       // it found or made a translation and sent the guest there
  HypercallServed,  // it did what the guest kernel asked for
};

// The vCPU stopped and the hypervisor took over ("VM exit").
struct ExitTaken {
  static constexpr std::string_view kName = "exit";
  ExitReason reason = ExitReason::Exception;
  Storey from = Storey::GuestKernel;
  std::uint8_t length = 0;  // bytes of the instruction, 0 when unknown
  Mnemonic mnemonic = Mnemonic::Other;
  std::uint32_t qualification = 0;      // port, vector, error code or CR number
  std::array<std::uint8_t, 8> bytes{};  // its first bytes
};

// The hypervisor gave the CPU back ("VM entry"): what it did and what that cost.
struct GuestResumed {
  static constexpr std::string_view kName = "resume";
  Handling handling = Handling::Emulated;
  ExitReason reason = ExitReason::Exception;  // of the exit that this answers
  Storey to = Storey::GuestKernel;
  std::uint32_t cost = 0;  // cycles, by the cost model
};

struct InstructionEmulated {
  static constexpr std::string_view kName = "emulate";
  Mnemonic mnemonic = Mnemonic::Other;
  std::uint64_t value = 0;  // what was written or read, where that means something
};

struct PortTouched {
  static constexpr std::string_view kName = "port";
  std::uint16_t port = 0;
  std::uint8_t size = 1;
  Direction direction = Direction::Read;
  bool claimed = false;     // false when no device owns the port: it floats high
  std::uint32_t value = 0;  // what was written, or what the device answered
};

enum class FaultKind : std::uint8_t {
  GuestFault,  // the guest's own tables refuse: its handler must run (a "true" fault)
  ShadowMiss,  // the guest's tables allow it, the shadow lacks the entry (a "hidden" fault)
  DirtyTrack,  // the guest's tables allow the write; the shadow was read-only to see it
  CodeWrite,   // the same, because the page's code has been translated
};

struct PageFaulted {
  static constexpr std::string_view kName = "page-fault";
  Gva address;
  std::uint32_t error_code = 0;  // as the CPU pushes it: SDM vol. 3A, "Page-Fault Exception"
  FaultKind kind = FaultKind::GuestFault;
};

struct ShadowFilled {
  static constexpr std::string_view kName = "shadow-fill";
  Gva address;
  Gfn gfn;
  Mfn mfn;
  bool writable = false;
  bool user = false;
};

enum class FlushCause : std::uint8_t { Cr3Write, Invlpg, ModeChange, OutOfFrames };

struct ShadowFlushed {
  static constexpr std::string_view kName = "shadow-flush";
  FlushCause cause = FlushCause::Cr3Write;
  std::uint32_t entries = 0;  // shadow entries dropped
};

// The guest kernel's own handler was entered through its IDT.
struct ExceptionDelivered {
  static constexpr std::string_view kName = "deliver-exception";
  std::uint8_t vector = 0;
  bool software = false;  // INT n, not a fault
  std::uint32_t error_code = 0;
  Gva handler;
};

struct InterruptRaised {
  static constexpr std::string_view kName = "irq";
  std::uint8_t line = 0;  // PIC input 0 to 15
};

struct InterruptDelivered {
  static constexpr std::string_view kName = "deliver-interrupt";
  std::uint8_t vector = 0;
  Gva handler;
};

struct ControlRegisterWritten {
  static constexpr std::string_view kName = "cr-write";
  std::uint8_t number = 0;
  std::uint64_t before = 0, after = 0;
};

enum class DescriptorTable : std::uint8_t { Gdt, Idt, Ldt, Task };

struct DescriptorTableLoaded {
  static constexpr std::string_view kName = "table-load";
  DescriptorTable table = DescriptorTable::Gdt;
  std::uint16_t limit_or_selector = 0;
  Gva base;
};

struct InterruptFlagChanged {
  static constexpr std::string_view kName = "if";
  bool enabled = false;
};

struct ConsoleWritten {
  static constexpr std::string_view kName = "console";
  std::uint8_t byte = 0;
  bool debug_port = false;  // port 0xe9, not the serial line
};

struct InputArrived {
  static constexpr std::string_view kName = "input";
  std::uint8_t byte = 0;
  bool keyboard = false;  // a scan code for the 8042, not a byte for the serial line
};

struct ClockSkipped {
  static constexpr std::string_view kName = "idle";
  std::uint64_t cycles = 0;
};

struct BiosCalled {
  static constexpr std::string_view kName = "bios";
  std::uint8_t vector = 0;
  std::uint8_t function = 0;  // AH
};

enum class GuestEnd : std::uint8_t { Exited, Halted, Crashed };

struct GuestEnded {
  static constexpr std::string_view kName = "end";
  GuestEnd how = GuestEnd::Exited;
  std::uint32_t code = 0;  // of the debug-exit port
};

// The recorder had no room. Readers must show the gap, never paper over it.
struct EventsLost {
  static constexpr std::string_view kName = "lost";
  std::uint64_t count = 0;
};

// Guest kernel code was translated: one unit, at rip. Addresses in the cache are linear.
struct UnitTranslated {
  static constexpr std::string_view kName = "translate";
  Gva cache;
  std::uint16_t guest_bytes = 0, cache_bytes = 0;
  std::uint8_t ident = 0, rewritten = 0, callouts = 0;  // guest instructions, by treatment
};

// A branch in the cache now leads straight to another translation.
struct UnitsChained {
  static constexpr std::string_view kName = "chain";
  Gva from;  // the branch, in the cache
  Gva to;    // the translation of the code at rip
};

enum class InvalidationCause : std::uint8_t { CodeWritten, MappingChanged };

// Translations are void because the guest code that they were made from is.
struct UnitsInvalidated {
  static constexpr std::string_view kName = "invalidate";
  InvalidationCause cause = InvalidationCause::CodeWritten;
  Gfn gfn;  // that held the code
  std::uint32_t units = 0;
};

enum class EvictionCause : std::uint8_t {
  NoRoom,        // for another unit or stub
  StackSegment,  // SS became flat or ceased to be: every sequence was made for the other sort
  OutsideWrite,  // a learner or a debugger wrote to memory; nobody knows what is still true
};

// The translation cache was emptied.
struct CacheEvicted {
  static constexpr std::string_view kName = "evict";
  std::uint32_t units = 0, bytes = 0;
  EvictionCause cause = EvictionCause::NoRoom;
};

// A paravirtual guest's kernel called its hypervisor. Arguments beyond these three are in memory
// or rare; what came of the call is in the events that follow, and in its return.
struct HypercallMade {
  static constexpr std::string_view kName = "hypercall";
  std::uint8_t number = 0;  // as in Xen's public headers; name_of_hypercall() says its name
  std::uint16_t domain = 0;
  std::uint32_t third = 0;  // its low half
  std::uint64_t first = 0, second = 0;
};

struct HypercallReturned {
  static constexpr std::string_view kName = "hypercall-return";
  std::uint8_t number = 0;
  std::uint16_t domain = 0;
  std::int64_t result = 0;  // below zero: an error of Xen's
};

// The hypervisor wrote an entry of a guest's page tables, after it had checked it.
struct PageTableWritten {
  static constexpr std::string_view kName = "page-table";
  Mpa entry;
  std::uint64_t value = 0;
  std::uint8_t level = 1;
};

// What a machine frame is used for. The first five never coincide with Writable: that is what
// keeps a paravirtual guest inside its own memory.
enum class FrameUse : std::uint8_t { None, L1Table, L2Table, L3Table, L4Table, Segments, Writable };

// A frame became a page table or descriptor table, or ceased to be one.
struct FrameUseChanged {
  static constexpr std::string_view kName = "frame-use";
  Mfn frame;
  std::uint16_t owner = 0;
  FrameUse use = FrameUse::None;
};

// A domain notified another, or itself, through an event channel.
struct EventSent {
  static constexpr std::string_view kName = "event-sent";
  std::uint16_t from_domain = 0, to_domain = 0;
  std::uint32_t from_port = 0, to_port = 0;
};

// The guest kernel's event callback was entered.
struct EventUpcall {
  static constexpr std::string_view kName = "upcall";
  Gva handler;
};

enum class GrantUse : std::uint8_t { Map, Unmap, Copy };

// A frame was reached through a grant of its owner.
struct GrantUsed {
  static constexpr std::string_view kName = "grant";
  std::uint16_t granter = 0, user = 0;
  std::uint32_t reference = 0;
  Mfn frame;
  GrantUse use = GrantUse::Map;
  bool writable = false;
};

enum class ShutdownReason : std::uint8_t { PowerOff, Reboot, Suspend, Crash, Watchdog, SoftReset };

struct DomainShutDown {
  static constexpr std::string_view kName = "shutdown";
  std::uint16_t domain = 0;
  ShutdownReason reason = ShutdownReason::PowerOff;
};

// Why the CPU went from one vCPU to another.
enum class ScheduleCause : std::uint8_t {
  Blocked,      // the one before waits for an event
  Yielded,      // it gave the CPU away
  SliceEnded,   // its time slice is over, or its credit
  Preempted,    // one of higher priority has woken
  DomainEnded,  // its domain does not run any more
};

// The scheduler gave the CPU to a vCPU. The event's own `vcpu` is that one already.
struct VcpuScheduled {
  static constexpr std::string_view kName = "schedule";
  std::uint16_t domain = 0, vcpu = 0;  // the domain's number, and its vCPU's within it
  std::uint16_t from_domain = 0, from_vcpu = 0;
  ScheduleCause cause = ScheduleCause::Blocked;
  std::int64_t credit = 0;  // what the vCPU has left, in microseconds of CPU time
};

// A vCPU that waited can run again.
struct VcpuWoken {
  static constexpr std::string_view kName = "wake";
  std::uint16_t domain = 0, vcpu = 0;
  bool boosted = false;  // it goes before those that have been running
};

using EventBody =
    std::variant<ExitTaken, GuestResumed, InstructionEmulated, PortTouched, PageFaulted,
                 ShadowFilled, ShadowFlushed, ExceptionDelivered, InterruptRaised,
                 InterruptDelivered, ControlRegisterWritten, DescriptorTableLoaded,
                 InterruptFlagChanged, ConsoleWritten, InputArrived, ClockSkipped, BiosCalled,
                 GuestEnded, EventsLost, UnitTranslated, UnitsChained, UnitsInvalidated,
                 CacheEvicted, HypercallMade, HypercallReturned, PageTableWritten, FrameUseChanged,
                 EventSent, EventUpcall, GrantUsed, DomainShutDown, VcpuScheduled, VcpuWoken>;
inline constexpr int kEventKindCount = std::variant_size_v<EventBody>;

struct Event {
  std::uint64_t retired = 0;  // instructions this vCPU had completed
  std::uint64_t cycles = 0;   // virtual time; one cycle is one nanosecond of a nominal 1 GHz CPU
  Gva rip;                    // the instruction the event belongs to
  std::uint16_t vcpu = 0;     // host-wide: see Snapshot::domains for whose it is
  EventBody body;
};

constexpr std::string_view name_of(const Event& event) {
  return std::visit([](const auto& body) { return body.kName; }, event.body);
}
std::string_view name_of_event_kind(int kind);  // 0 to kEventKindCount - 1

std::string_view name_of(Storey storey);
std::string_view name_of(Handling handling);
std::string_view name_of(FaultKind kind);
std::string_view name_of(FlushCause cause);
std::string_view name_of(DescriptorTable table);
std::string_view name_of(GuestEnd end);
std::string_view name_of(InvalidationCause cause);
std::string_view name_of(EvictionCause cause);
std::string_view name_of(FrameUse use);
std::string_view name_of(GrantUse use);
std::string_view name_of(ShutdownReason reason);
std::string_view name_of(ScheduleCause cause);
// "mmu_update"; numbers that Xen does not have are "unknown".
std::string_view name_of_hypercall(int number);
inline constexpr int kHypercallCount = 64;

static_assert(std::is_trivially_copyable_v<Event>, "events are copied as bytes");
static_assert(sizeof(Event) <= 64, "an event fits one cache line");

}  // namespace gv
