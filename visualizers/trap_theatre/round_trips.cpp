// SPDX-License-Identifier: MIT
//
// round_trips.cpp - from a list of events to journeys.

#include "visualizers/trap_theatre/round_trips.h"

#include "visualizers/meaning/quantity.h"

#include <algorithm>

namespace gv {
namespace {

RoundTrip trip_from(const EventView& events, std::uint64_t at, std::uint64_t end) {
  RoundTrip trip;
  const Event& first = events[at];
  trip.exit_sequence = at;
  trip.retired = first.retired;
  trip.rip = first.rip;
  trip.exit = std::get<ExitTaken>(first.body);
  for (std::uint64_t next = at + 1; next < end; ++next) {
    const Event& event = events[next];
    if (std::holds_alternative<ExitTaken>(event.body))
      break;  // the trip never came back
    if (const auto* resumed = std::get_if<GuestResumed>(&event.body)) {
      trip.resume = *resumed;
      trip.resume_sequence = next;
      break;
    }
    if (const auto* port = std::get_if<PortTouched>(&event.body))
      trip.port = *port;
    if (const auto* fault = std::get_if<PageFaulted>(&event.body))
      trip.fault = *fault;
    if (const auto* given = std::get_if<ExceptionDelivered>(&event.body))
      trip.delivered = *given;
    if (const auto* given = std::get_if<InterruptDelivered>(&event.body))
      trip.interrupt = *given;
    trip.ended |= std::holds_alternative<GuestEnded>(event.body);
    trip.steps.push_back(describe(event));
  }
  return trip;
}

ExitReason reason_of_vector(std::uint8_t vector) {
  switch (vector) {
    case 0:
      return ExitReason::DivideError;
    case 6:
      return ExitReason::InvalidOpcode;
    case 13:
      return ExitReason::GeneralProtection;
    case 14:
      return ExitReason::PageFault;
    default:
      return ExitReason::Exception;
  }
}

bool is_user(const std::vector<MappedPage>& pages, Gva address) {
  return std::any_of(pages.begin(), pages.end(), [&](const MappedPage& page) {
    return page.user && address >= page.address && address - page.address < page.size;
  });
}

std::optional<RoundTrip> direct_from(const EventView& events, std::uint64_t at,
                                     const std::vector<MappedPage>& user_pages) {
  const Event& event = events[at];
  RoundTrip trip;
  trip.direct = true;
  trip.exit_sequence = at;
  trip.resume_sequence = at;
  trip.retired = event.retired;
  trip.rip = event.rip;
  trip.exit.from = is_user(user_pages, event.rip) ? Storey::GuestUser : Storey::GuestKernel;
  if (const auto* given = std::get_if<ExceptionDelivered>(&event.body)) {
    trip.delivered = *given;
    trip.exit.reason =
        given->software ? ExitReason::SoftwareInterrupt : reason_of_vector(given->vector);
    trip.exit.mnemonic = given->software ? Mnemonic::Int : Mnemonic::Other;
    trip.exit.qualification = given->vector;
    if (at > events.first()) {
      if (const auto* fault = std::get_if<PageFaulted>(&events[at - 1].body))
        trip.fault = *fault;
    }
    return trip;
  }
  if (const auto* given = std::get_if<InterruptDelivered>(&event.body)) {
    trip.interrupt = *given;
    trip.exit.reason = ExitReason::InterruptWindow;
    trip.exit.qualification = given->vector;
    return trip;
  }
  if (const auto* port = std::get_if<PortTouched>(&event.body)) {
    trip.port = *port;
    const bool out = port->direction == Direction::Write;
    trip.exit.reason = out ? ExitReason::PortWrite : ExitReason::PortRead;
    trip.exit.mnemonic = out ? Mnemonic::Out : Mnemonic::In;
    trip.exit.qualification = port->port;
    return trip;
  }
  return std::nullopt;
}

}  // namespace

std::string RoundTrip::instruction() const {
  if (direct && interrupt)
    return "interrupt " + hex_text(interrupt->vector);
  return instruction_text(exit);
}

ExitClass RoundTrip::exit_class() const {
  if (fault && fault->kind != FaultKind::GuestFault)
    return ExitClass::Hidden;
  return resume ? class_of(exit.reason, resume->handling) : class_of(exit.reason);
}

std::string RoundTrip::reason() const {
  if (direct && interrupt)
    return "a device wants attention";
  std::string text(title_of(exit.reason));
  if (fault)
    text += " at " + address_text(fault->address.value);
  return text;
}

std::string RoundTrip::landing() const {
  if (delivered)
    return "handler of vector " + hex_text(delivered->vector);
  if (interrupt)
    return "interrupt handler " + hex_text(interrupt->vector);
  if (ended)
    return "the guest ends here";
  if (direct)
    return "next instruction";
  if (!resume)
    return "not resumed yet";
  if (resume->handling == Handling::ShadowFilled)
    return "same instruction again";
  if (resume->handling == Handling::GuestStopped)
    return "the guest stops here";
  return "next instruction";
}

std::optional<RoundTrip> trip_at(const EventView& events, std::uint64_t sequence, std::uint64_t end,
                                 std::uint64_t reach) {
  end = std::min(end, events.end());
  if (sequence >= end || sequence < events.first())
    return std::nullopt;
  const std::uint64_t stop = std::max(events.first(), sequence - std::min(sequence, reach));
  for (std::uint64_t at = sequence + 1; at-- > stop;) {
    if (std::holds_alternative<ExitTaken>(events[at].body))
      return trip_from(events, at, end);
  }
  return std::nullopt;
}

std::vector<RoundTrip> latest_trips(const EventView& events, std::uint64_t end, std::size_t count,
                                    std::uint64_t reach) {
  std::vector<RoundTrip> out;
  end = std::min(end, events.end());
  const std::uint64_t stop = std::max(events.first(), end - std::min(end, reach));
  for (std::uint64_t at = end; at-- > stop && out.size() < count;) {
    if (std::holds_alternative<ExitTaken>(events[at].body))
      out.push_back(trip_from(events, at, end));
  }
  return out;
}

std::vector<RoundTrip> latest_direct(const EventView& events, std::uint64_t end, std::size_t count,
                                     const std::vector<MappedPage>& user_pages,
                                     std::uint64_t reach) {
  std::vector<RoundTrip> out;
  end = std::min(end, events.end());
  const std::uint64_t stop = std::max(events.first(), end - std::min(end, reach));
  for (std::uint64_t at = end; at-- > stop && out.size() < count;) {
    if (auto trip = direct_from(events, at, user_pages))
      out.push_back(std::move(*trip));
  }
  return out;
}

std::optional<RoundTrip> direct_at(const EventView& events, std::uint64_t sequence,
                                   std::uint64_t end, const std::vector<MappedPage>& user_pages) {
  if (sequence >= std::min(end, events.end()) || sequence < events.first())
    return std::nullopt;
  return direct_from(events, sequence, user_pages);
}

std::uint64_t TrapFlow::total() const {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : trips)
    sum += n;
  return sum;
}

TrapFlow flow_between(const EventView& events, std::uint64_t from, std::uint64_t to,
                      std::uint64_t reach) {
  TrapFlow flow;
  to = std::min(to, events.end());
  from = std::max({from, events.first(), to - std::min(to, reach)});
  if (from >= to)
    return flow;
  flow.instructions = events[to - 1].retired - events[from].retired;
  for (std::uint64_t at = from; at < to; ++at) {
    if (const auto* resumed = std::get_if<GuestResumed>(&events[at].body)) {
      ++flow.trips[static_cast<std::size_t>(class_of(resumed->reason, resumed->handling))];
      flow.device_accesses += resumed->handling == Handling::DeviceAccessed ? 1 : 0;
      flow.cycles += resumed->cost;
    }
  }
  return flow;
}

}  // namespace gv
