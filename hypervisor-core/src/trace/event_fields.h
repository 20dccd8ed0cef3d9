// SPDX-License-Identifier: MIT
//
// event_fields.h - the fields of every event, by name and in their order.
//
// The one place that lists them: bytes, comparison, CSV and Perfetto arguments
// all come from here, so a field cannot be stored and forgotten elsewhere.
//
// Append only, like the variant itself: a trace file's layout is this order.

#pragma once

#include "gv/event.h"

#include <type_traits>

namespace gv {

// Calls visit(name, field...) once for each field; several bodies at once for comparison.
template <class Visit, class Body, class... Same>
constexpr void for_each_field(Visit&& visit, Body& b, Same&... s) {
  using T = std::remove_const_t<Body>;
  if constexpr (std::is_same_v<T, ExitTaken>) {
    visit("reason", b.reason, s.reason...);
    visit("from", b.from, s.from...);
    visit("length", b.length, s.length...);
    visit("mnemonic", b.mnemonic, s.mnemonic...);
    visit("qualification", b.qualification, s.qualification...);
    visit("bytes", b.bytes, s.bytes...);
  } else if constexpr (std::is_same_v<T, GuestResumed>) {
    visit("handling", b.handling, s.handling...);
    visit("reason", b.reason, s.reason...);
    visit("to", b.to, s.to...);
    visit("cost", b.cost, s.cost...);
  } else if constexpr (std::is_same_v<T, InstructionEmulated>) {
    visit("mnemonic", b.mnemonic, s.mnemonic...);
    visit("value", b.value, s.value...);
  } else if constexpr (std::is_same_v<T, PortTouched>) {
    visit("port", b.port, s.port...);
    visit("size", b.size, s.size...);
    visit("direction", b.direction, s.direction...);
    visit("claimed", b.claimed, s.claimed...);
    visit("value", b.value, s.value...);
  } else if constexpr (std::is_same_v<T, PageFaulted>) {
    visit("address", b.address, s.address...);
    visit("error_code", b.error_code, s.error_code...);
    visit("kind", b.kind, s.kind...);
  } else if constexpr (std::is_same_v<T, ShadowFilled>) {
    visit("address", b.address, s.address...);
    visit("gfn", b.gfn, s.gfn...);
    visit("mfn", b.mfn, s.mfn...);
    visit("writable", b.writable, s.writable...);
    visit("user", b.user, s.user...);
  } else if constexpr (std::is_same_v<T, ShadowFlushed>) {
    visit("cause", b.cause, s.cause...);
    visit("entries", b.entries, s.entries...);
  } else if constexpr (std::is_same_v<T, ExceptionDelivered>) {
    visit("vector", b.vector, s.vector...);
    visit("software", b.software, s.software...);
    visit("error_code", b.error_code, s.error_code...);
    visit("handler", b.handler, s.handler...);
  } else if constexpr (std::is_same_v<T, InterruptRaised>) {
    visit("line", b.line, s.line...);
  } else if constexpr (std::is_same_v<T, InterruptDelivered>) {
    visit("vector", b.vector, s.vector...);
    visit("handler", b.handler, s.handler...);
  } else if constexpr (std::is_same_v<T, ControlRegisterWritten>) {
    visit("number", b.number, s.number...);
    visit("before", b.before, s.before...);
    visit("after", b.after, s.after...);
  } else if constexpr (std::is_same_v<T, DescriptorTableLoaded>) {
    visit("table", b.table, s.table...);
    visit("limit_or_selector", b.limit_or_selector, s.limit_or_selector...);
    visit("base", b.base, s.base...);
  } else if constexpr (std::is_same_v<T, InterruptFlagChanged>) {
    visit("enabled", b.enabled, s.enabled...);
  } else if constexpr (std::is_same_v<T, ConsoleWritten>) {
    visit("byte", b.byte, s.byte...);
    visit("debug_port", b.debug_port, s.debug_port...);
  } else if constexpr (std::is_same_v<T, InputArrived>) {
    visit("byte", b.byte, s.byte...);
    visit("keyboard", b.keyboard, s.keyboard...);
  } else if constexpr (std::is_same_v<T, ClockSkipped>) {
    visit("cycles", b.cycles, s.cycles...);
  } else if constexpr (std::is_same_v<T, BiosCalled>) {
    visit("vector", b.vector, s.vector...);
    visit("function", b.function, s.function...);
  } else if constexpr (std::is_same_v<T, GuestEnded>) {
    visit("how", b.how, s.how...);
    visit("code", b.code, s.code...);
  } else if constexpr (std::is_same_v<T, EventsLost>) {
    visit("count", b.count, s.count...);
  } else if constexpr (std::is_same_v<T, UnitTranslated>) {
    visit("cache", b.cache, s.cache...);
    visit("guest_bytes", b.guest_bytes, s.guest_bytes...);
    visit("cache_bytes", b.cache_bytes, s.cache_bytes...);
    visit("ident", b.ident, s.ident...);
    visit("rewritten", b.rewritten, s.rewritten...);
    visit("callouts", b.callouts, s.callouts...);
  } else if constexpr (std::is_same_v<T, UnitsChained>) {
    visit("from", b.from, s.from...);
    visit("to", b.to, s.to...);
  } else if constexpr (std::is_same_v<T, UnitsInvalidated>) {
    visit("cause", b.cause, s.cause...);
    visit("gfn", b.gfn, s.gfn...);
    visit("units", b.units, s.units...);
  } else if constexpr (std::is_same_v<T, CacheEvicted>) {
    visit("units", b.units, s.units...);
    visit("bytes", b.bytes, s.bytes...);
    visit("cause", b.cause, s.cause...);
  } else if constexpr (std::is_same_v<T, HypercallMade>) {
    visit("number", b.number, s.number...);
    visit("domain", b.domain, s.domain...);
    visit("third", b.third, s.third...);
    visit("first", b.first, s.first...);
    visit("second", b.second, s.second...);
  } else if constexpr (std::is_same_v<T, HypercallReturned>) {
    visit("number", b.number, s.number...);
    visit("domain", b.domain, s.domain...);
    visit("result", b.result, s.result...);
  } else if constexpr (std::is_same_v<T, PageTableWritten>) {
    visit("entry", b.entry, s.entry...);
    visit("value", b.value, s.value...);
    visit("level", b.level, s.level...);
  } else if constexpr (std::is_same_v<T, FrameUseChanged>) {
    visit("frame", b.frame, s.frame...);
    visit("owner", b.owner, s.owner...);
    visit("use", b.use, s.use...);
  } else if constexpr (std::is_same_v<T, EventSent>) {
    visit("from_domain", b.from_domain, s.from_domain...);
    visit("to_domain", b.to_domain, s.to_domain...);
    visit("from_port", b.from_port, s.from_port...);
    visit("to_port", b.to_port, s.to_port...);
  } else if constexpr (std::is_same_v<T, EventUpcall>) {
    visit("handler", b.handler, s.handler...);
  } else if constexpr (std::is_same_v<T, GrantUsed>) {
    visit("granter", b.granter, s.granter...);
    visit("user", b.user, s.user...);
    visit("reference", b.reference, s.reference...);
    visit("frame", b.frame, s.frame...);
    visit("use", b.use, s.use...);
    visit("writable", b.writable, s.writable...);
  } else if constexpr (std::is_same_v<T, DomainShutDown>) {
    visit("domain", b.domain, s.domain...);
    visit("reason", b.reason, s.reason...);
  } else if constexpr (std::is_same_v<T, VcpuScheduled>) {
    visit("domain", b.domain, s.domain...);
    visit("vcpu", b.vcpu, s.vcpu...);
    visit("from_domain", b.from_domain, s.from_domain...);
    visit("from_vcpu", b.from_vcpu, s.from_vcpu...);
    visit("cause", b.cause, s.cause...);
    visit("credit", b.credit, s.credit...);
  } else {
    static_assert(std::is_same_v<T, VcpuWoken>, "list the new event's fields here");
    visit("domain", b.domain, s.domain...);
    visit("vcpu", b.vcpu, s.vcpu...);
    visit("boosted", b.boosted, s.boosted...);
  }
}

// How many enumerators an enum in an event has: readers refuse values beyond.
template <class Enum>
inline constexpr int kEnumerators = 0;
template <>
inline constexpr int kEnumerators<ExitReason> = kExitReasonCount;
template <>
inline constexpr int kEnumerators<Mnemonic> = kMnemonicCount;
template <>
inline constexpr int kEnumerators<Storey> = 4;
template <>
inline constexpr int kEnumerators<Handling> = 9;
template <>
inline constexpr int kEnumerators<Direction> = 2;
template <>
inline constexpr int kEnumerators<FaultKind> = 4;
template <>
inline constexpr int kEnumerators<FlushCause> = 4;
template <>
inline constexpr int kEnumerators<DescriptorTable> = 4;
template <>
inline constexpr int kEnumerators<GuestEnd> = 3;
template <>
inline constexpr int kEnumerators<InvalidationCause> = 2;
template <>
inline constexpr int kEnumerators<EvictionCause> = 3;
template <>
inline constexpr int kEnumerators<FrameUse> = 7;
template <>
inline constexpr int kEnumerators<GrantUse> = 3;
template <>
inline constexpr int kEnumerators<ShutdownReason> = 6;
template <>
inline constexpr int kEnumerators<ScheduleCause> = 5;

}  // namespace gv
