// SPDX-License-Identifier: MIT
//
// event_names.cpp - stable names of what stands in events, snapshots and configs.
//
// Traces, Lua scripts and tests spell these names: they do not change.

#include "gv/event.h"
#include "gv/machine_config.h"
#include "gv/page_walk.h"
#include "gv/race.h"
#include "gv/snapshot.h"
#include "trace/event_fields.h"
#include "trace/names.h"

#include <utility>

namespace gv {
namespace {

using Name = std::string_view;

constexpr std::array<Name, kEnumerators<Storey>> kStoreys = {"guest-user", "guest-kernel",
                                                             "hypervisor", "hardware"};
constexpr std::array<Name, kEnumerators<Handling>> kHandlings = {
    "emulated",    "reflected",     "shadow-filled", "device-accessed", "clock-advanced",
    "bios-served", "guest-stopped", "translated",    "hypercall-served"};
constexpr std::array<Name, kEnumerators<FaultKind>> kFaultKinds = {"guest-fault", "shadow-miss",
                                                                   "dirty-track", "code-write"};
constexpr std::array<Name, kEnumerators<FlushCause>> kFlushCauses = {
    "cr3-write", "invlpg", "mode-change", "out-of-frames"};
constexpr std::array<Name, kEnumerators<DescriptorTable>> kTables = {"gdt", "idt", "ldt", "task"};
constexpr std::array<Name, kEnumerators<GuestEnd>> kEnds = {"exited", "halted", "crashed"};
constexpr std::array<Name, kEnumerators<InvalidationCause>> kInvalidations = {"code-written",
                                                                              "mapping-changed"};
constexpr std::array<Name, kEnumerators<EvictionCause>> kEvictions = {"no-room", "stack-segment",
                                                                      "outside-write"};
constexpr std::array<Name, kEnumerators<FrameUse>> kFrameUses = {
    "none", "l1-table", "l2-table", "l3-table", "l4-table", "segments", "writable"};
constexpr std::array<Name, kEnumerators<GrantUse>> kGrantUses = {"map", "unmap", "copy"};
constexpr std::array<Name, kEnumerators<ShutdownReason>> kShutdownReasons = {
    "poweroff", "reboot", "suspend", "crash", "watchdog", "soft-reset"};
constexpr std::array<Name, kEnumerators<ScheduleCause>> kScheduleCauses = {
    "blocked", "yielded", "slice-ended", "preempted", "domain-ended"};
constexpr std::array<Name, 3> kTreatments = {"ident", "rewritten", "callout"};
constexpr std::array<Name, 14> kStopCauses = {
    "not-started",  "step-done",     "breakpoint-hit",    "console-matched", "instruction-limit",
    "time-limit",   "paused",        "beginning-reached", "seek-done",       "guest-exited",
    "guest-halted", "guest-crashed", "engine-failed",     "engine-refused"};
static_assert(static_cast<std::size_t>(StopCause::EngineRefused) + 1 == kStopCauses.size());
constexpr std::array<Name, 6> kWalkOutcomes = {
    "mapped", "not-present", "protection-failed", "reserved-bit", "outside-memory", "paging-off"};
static_assert(static_cast<std::size_t>(WalkOutcome::PagingOff) + 1 == kWalkOutcomes.size());
constexpr std::array<Name, 3> kEngines = {"unicorn", "kvm", "interpreter"};
static_assert(static_cast<std::size_t>(EngineKind::Interpreter) + 1 == kEngines.size());
constexpr std::array<Name, 6> kTechniques = {"bare-metal",       "interpretation",
                                             "trap-and-emulate", "binary-translation",
                                             "paravirtual",      "hardware-assisted"};
static_assert(static_cast<std::size_t>(TechniqueKind::HardwareAssisted) + 1 == kTechniques.size());

constexpr std::array<Name, 2> kRaceRulers = {"instructions", "console-lines"};
constexpr std::array<Name, 4> kRaceStates = {"ready", "running", "paused", "finished"};
static_assert(static_cast<std::size_t>(RaceState::Finished) + 1 == kRaceStates.size());

template <std::size_t... I>
constexpr std::array<Name, sizeof...(I)> kind_names(std::index_sequence<I...>) {
  return {std::variant_alternative_t<I, EventBody>::kName...};
}
constexpr auto kEventKinds = kind_names(std::make_index_sequence<kEventKindCount>());

constexpr std::array<Name, 3> kGuestTypes = {"auto", "pv", "pvh"};

}  // namespace

std::string_view name_of_event_kind(int kind) { return name_in(kEventKinds, kind); }
std::string_view name_of(Storey storey) { return name_in(kStoreys, storey); }
std::string_view name_of(Handling handling) { return name_in(kHandlings, handling); }
std::string_view name_of(FaultKind kind) { return name_in(kFaultKinds, kind); }
std::string_view name_of(FlushCause cause) { return name_in(kFlushCauses, cause); }
std::string_view name_of(DescriptorTable table) { return name_in(kTables, table); }
std::string_view name_of(GuestEnd end) { return name_in(kEnds, end); }
std::string_view name_of(InvalidationCause cause) { return name_in(kInvalidations, cause); }
std::string_view name_of(EvictionCause cause) { return name_in(kEvictions, cause); }
std::string_view name_of(FrameUse use) { return name_in(kFrameUses, use); }
std::string_view name_of(GrantUse use) { return name_in(kGrantUses, use); }
std::string_view name_of(ShutdownReason reason) { return name_in(kShutdownReasons, reason); }
std::string_view name_of(ScheduleCause cause) { return name_in(kScheduleCauses, cause); }
std::string_view name_of(Treatment treatment) { return name_in(kTreatments, treatment); }
std::string_view name_of(StopCause cause) { return name_in(kStopCauses, cause); }
std::string_view name_of(WalkOutcome outcome) { return name_in(kWalkOutcomes, outcome); }
std::string_view name_of(RaceRuler ruler) { return name_in(kRaceRulers, ruler); }
std::string_view name_of(RaceState state) { return name_in(kRaceStates, state); }
std::string_view name_of(EngineKind engine) { return name_in(kEngines, engine); }
std::string_view name_of(TechniqueKind technique) { return name_in(kTechniques, technique); }

std::string title_of(EngineKind engine, TechniqueKind technique) {
  const bool emulated = technique == TechniqueKind::HardwareAssisted && engine != EngineKind::Kvm;
  return std::string(name_of(technique)) + " on " + std::string(name_of(engine)) +
         (emulated ? " (emulated VT-x)" : "");
}
Result<EngineKind> engine_from_name(std::string_view name) {
  return enumerator_from_name<EngineKind>(name, kEngines, "engine");
}

Result<TechniqueKind> technique_from_name(std::string_view name) {
  return enumerator_from_name<TechniqueKind>(name, kTechniques, "technique");
}

std::string_view name_of(GuestType type) { return name_in(kGuestTypes, type); }
Result<GuestType> guest_type_from_name(std::string_view name) {
  return enumerator_from_name<GuestType>(name, kGuestTypes, "guest type");
}

std::string engine_names() { return any_of(kEngines); }
std::string technique_names() { return any_of(kTechniques); }

}  // namespace gv
