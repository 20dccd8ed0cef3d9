// SPDX-License-Identifier: MIT
//
// event_index.cpp - running totals over the event log.

#include "visualizers/timeline/event_index.h"

#include <algorithm>
#include <cmath>

namespace gv {

std::string_view title_of(Lane lane) {
  switch (lane) {
    case Lane::Trap:
      return "traps";
    case Lane::SystemCall:
      return "system calls";
    case Lane::Interrupt:
      return "interrupts";
    case Lane::Hidden:
      return "hidden";
    case Lane::Delivered:
      return "guest handlers";
    case Lane::Device:
      return "ports";
    case Lane::Paging:
      return "paging";
    case Lane::Control:
      return "CPU state";
    case Lane::Console:
      return "console";
    case Lane::Other:
      return "other";
  }
  return "";
}

std::string_view explanation_of(Lane lane) {
  switch (lane) {
    case Lane::Trap:
      return "Round trips into the hypervisor after an instruction trapped.";
    case Lane::SystemCall:
      return "Round trips after INT n: the guest called its kernel.";
    case Lane::Interrupt:
      return "Round trips because a time slice ended or a timer was due.";
    case Lane::Hidden:
      return "Round trips that only the shadow page table caused.";
    case Lane::Delivered:
      return "The guest kernel's own exception and interrupt handlers were entered.";
    case Lane::Device:
      return "Ports read and written.";
    case Lane::Paging:
      return "Page faults, shadow entries filled, shadows flushed.";
    case Lane::Control:
      return "Control registers, descriptor tables, the interrupt flag, emulated instructions.";
    case Lane::Console:
      return "Bytes to and from the console.";
    case Lane::Other:
      return "Interrupt lines, idle time, BIOS calls, the end, and gaps in the record.";
  }
  return "";
}

Ink ink_of(Lane lane) {
  switch (lane) {
    case Lane::Delivered:
      return Ink::GuestKernel;
    case Lane::Device:
      return Ink::DeviceWork;
    case Lane::Paging:
      return Ink::ShadowWork;
    case Lane::Control:
      return Ink::Emulated;
    case Lane::Console:
      return Ink::GuestUser;
    case Lane::Other:
      return Ink::MutedText;
    default:
      return ink_of(static_cast<ExitClass>(lane));
  }
}

std::optional<Lane> lane_of(const Event& event) {
  struct Visitor {
    std::optional<Lane> operator()(const ExitTaken&) const { return std::nullopt; }
    std::optional<Lane> operator()(const GuestResumed& e) const {
      return static_cast<Lane>(class_of(e.reason, e.handling));
    }
    std::optional<Lane> operator()(const InstructionEmulated&) const { return Lane::Control; }
    std::optional<Lane> operator()(const PortTouched&) const { return Lane::Device; }
    std::optional<Lane> operator()(const PageFaulted&) const { return Lane::Paging; }
    std::optional<Lane> operator()(const ShadowFilled&) const { return Lane::Paging; }
    std::optional<Lane> operator()(const ShadowFlushed&) const { return Lane::Paging; }
    std::optional<Lane> operator()(const ExceptionDelivered&) const { return Lane::Delivered; }
    std::optional<Lane> operator()(const InterruptRaised&) const { return Lane::Other; }
    std::optional<Lane> operator()(const InterruptDelivered&) const { return Lane::Delivered; }
    std::optional<Lane> operator()(const ControlRegisterWritten&) const { return Lane::Control; }
    std::optional<Lane> operator()(const DescriptorTableLoaded&) const { return Lane::Control; }
    std::optional<Lane> operator()(const InterruptFlagChanged&) const { return Lane::Control; }
    std::optional<Lane> operator()(const ConsoleWritten&) const { return Lane::Console; }
    std::optional<Lane> operator()(const InputArrived&) const { return Lane::Console; }
    std::optional<Lane> operator()(const ClockSkipped&) const { return Lane::Other; }
    std::optional<Lane> operator()(const BiosCalled&) const { return Lane::Other; }
    std::optional<Lane> operator()(const GuestEnded&) const { return Lane::Other; }
    std::optional<Lane> operator()(const EventsLost&) const { return Lane::Other; }
    std::optional<Lane> operator()(const UnitTranslated&) const { return Lane::Control; }
    std::optional<Lane> operator()(const UnitsChained&) const { return Lane::Control; }
    std::optional<Lane> operator()(const UnitsInvalidated&) const { return Lane::Control; }
    std::optional<Lane> operator()(const CacheEvicted&) const { return Lane::Control; }
    std::optional<Lane> operator()(const HypercallMade&) const { return Lane::Control; }
    std::optional<Lane> operator()(const HypercallReturned&) const { return Lane::Control; }
    std::optional<Lane> operator()(const PageTableWritten&) const { return Lane::Paging; }
    std::optional<Lane> operator()(const FrameUseChanged&) const { return Lane::Paging; }
    std::optional<Lane> operator()(const EventSent&) const { return Lane::Delivered; }
    std::optional<Lane> operator()(const EventUpcall&) const { return Lane::Delivered; }
    std::optional<Lane> operator()(const GrantUsed&) const { return Lane::Paging; }
    std::optional<Lane> operator()(const DomainShutDown&) const { return Lane::Other; }
    std::optional<Lane> operator()(const VcpuScheduled&) const { return Lane::Other; }
    std::optional<Lane> operator()(const VcpuWoken&) const { return Lane::Other; }
  };
  return std::visit(Visitor{}, event.body);
}

bool LaneFilter::shows(const Event& event) const {
  const auto lane = lane_of(event);
  if (!lane || !lanes[static_cast<std::size_t>(*lane)])
    return false;
  if (const auto* resumed = std::get_if<GuestResumed>(&event.body)) {
    return reasons[static_cast<std::size_t>(resumed->reason)];
  }
  return true;
}

std::uint64_t EventIndex::fingerprint_of(const Event& event) {
  const std::uint64_t mixed = event.cycles * 0x9e3779b97f4a7c15U ^
                              event.retired * 0xc2b2ae3d27d4eb4fU ^
                              event.rip.value * 0x165667b19e3779f9U;
  return mixed ^ event.body.index();
}

void EventIndex::add(Totals& totals, const Event& event) {
  std::uint64_t passed = event.cycles - std::min(event.cycles, totals.since);
  if (const auto* idle = std::get_if<ClockSkipped>(&event.body)) {
    const std::uint64_t skipped = std::min(passed, idle->cycles);
    totals.cycles[3] += skipped;
    passed -= skipped;
  }
  totals.cycles[totals.storey] += passed;
  totals.since = event.cycles;
  totals.fingerprint = fingerprint_of(event);
  if (std::holds_alternative<ExitTaken>(event.body)) {
    totals.storey = 2;
    return;
  }
  if (const auto* resumed = std::get_if<GuestResumed>(&event.body)) {
    const bool hidden = resumed->handling == Handling::ShadowFilled;
    ++totals.cells[hidden ? kHiddenCell : static_cast<std::size_t>(resumed->reason)];
    totals.storey = resumed->to == Storey::GuestUser ? 0 : 1;
    return;
  }
  const auto lane = static_cast<int>(lane_of(event).value_or(Lane::Other));
  ++totals.cells[static_cast<std::size_t>(kOtherCells + lane - kExitClassCount)];
}

void EventIndex::update(const EventView& events) {
  // Shrunk, trimmed at the front, or recorded anew: keep the totals that still hold.
  if (events.first() != first_) {
    blocks_.clear();
    tail_ = {};
    first_ = end_ = events.first();
  }
  const bool shrunk = events.end() < end_;
  const bool rewritten =
      !shrunk && end_ > first_ && fingerprint_of(events[end_ - 1]) != tail_.fingerprint;
  if (shrunk || rewritten) {
    while (!blocks_.empty()) {
      const std::uint64_t at = first_ + (blocks_.size() - 1) * kBlock;
      if (at == first_ ||
          (at <= events.end() && fingerprint_of(events[at - 1]) == blocks_.back().fingerprint))
        break;
      blocks_.pop_back();
    }
    end_ = blocks_.empty() ? first_ : first_ + (blocks_.size() - 1) * kBlock;
    tail_ = blocks_.empty() ? Totals{} : blocks_.back();
    if (!blocks_.empty())
      blocks_.pop_back();
  }
  events_ = events;
  for (; end_ < events.end(); ++end_) {
    if ((end_ - first_) % kBlock == 0)
      blocks_.push_back(tail_);
    add(tail_, events[end_]);
  }
  last_cycles_ = end_ > first_ ? events[end_ - 1].cycles : 0;
}

EventIndex::Totals EventIndex::before(std::uint64_t sequence) const {
  if (blocks_.empty() || sequence <= first_)
    return {};
  sequence = std::min(sequence, end_);
  const std::uint64_t block =
      std::min<std::uint64_t>((sequence - first_) / kBlock, blocks_.size() - 1);
  Totals totals = blocks_[block];
  for (std::uint64_t at = first_ + block * kBlock; at < sequence; ++at)
    add(totals, events_[at]);
  return totals;
}

namespace {

template <class Totals, class Counts>
void subtract(const Totals& low, const Totals& high, const LaneFilter& filter, int hidden_cell,
              int other_cells, Counts& out) {
  for (int reason = 0; reason < kExitReasonCount; ++reason) {
    if (!filter.reasons[static_cast<std::size_t>(reason)])
      continue;
    const auto i = static_cast<std::size_t>(reason);
    out.events[static_cast<std::size_t>(class_of(static_cast<ExitReason>(reason)))] +=
        high.cells[i] - low.cells[i];
  }
  if (filter.reasons[static_cast<std::size_t>(ExitReason::PageFault)]) {
    const auto i = static_cast<std::size_t>(hidden_cell);
    out.events[static_cast<std::size_t>(ExitClass::Hidden)] += high.cells[i] - low.cells[i];
  }
  for (int lane = kExitClassCount; lane < kLaneCount; ++lane) {
    const auto i = static_cast<std::size_t>(other_cells + lane - kExitClassCount);
    out.events[static_cast<std::size_t>(lane)] += high.cells[i] - low.cells[i];
  }
  for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
    if (!filter.lanes[lane])
      out.events[lane] = 0;
  }
  for (std::size_t i = 0; i < out.cycles.size(); ++i)
    out.cycles[i] = high.cycles[i] - low.cycles[i];
}

}  // namespace

LaneCounts EventIndex::count(std::uint64_t from, std::uint64_t to, const LaneFilter& filter) const {
  LaneCounts out;
  if (from < to)
    subtract(before(from), before(to), filter, kHiddenCell, kOtherCells, out);
  return out;
}

std::vector<TimelineColumn> EventIndex::columns(double begin, double end, int columns,
                                                const LaneFilter& filter) const {
  std::vector<TimelineColumn> out;
  if (columns <= 0 || !(end > begin))
    return out;
  out.resize(static_cast<std::size_t>(columns));
  const double step = (end - begin) / columns;
  const auto edge = [&](int i) {
    const double cycles = std::ceil(begin + step * i);
    return events_.lower_bound_cycles(cycles <= 0 ? 0 : static_cast<std::uint64_t>(cycles));
  };
  std::uint64_t at = edge(0);
  Totals low = before(at);
  for (int i = 0; i < columns; ++i) {
    const std::uint64_t next = edge(i + 1);
    TimelineColumn& column = out[static_cast<std::size_t>(i)];
    column.first_event = at;
    // Virtual time from one event to the next has one owner; columns share it by their edges.
    const double left = begin + step * i, right = left + step;
    const auto owner = [&](const Totals& totals, std::uint64_t following) -> std::size_t {
      return std::holds_alternative<ClockSkipped>(events_[following].body) ? 3 : totals.storey;
    };
    auto& cycles = column.counts.cycles;
    if (next > at) {
      const Totals high = before(next);
      subtract(low, high, filter, kHiddenCell, kOtherCells, column.counts);
      const std::size_t earlier = owner(low, at);
      const double lead = std::max(0.0, left - static_cast<double>(low.since));
      cycles[earlier] -= std::min(cycles[earlier], static_cast<std::uint64_t>(lead));
      low = high;
      if (next < end_)
        cycles[owner(low, next)] +=
            static_cast<std::uint64_t>(std::max(0.0, right - static_cast<double>(low.since)));
    } else if (at < end_ && right > 0) {
      cycles[owner(low, at)] = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(step));
    }
    at = next;
  }
  return out;
}

std::optional<std::uint64_t> EventIndex::nearest(double cycles, std::optional<Lane> lane,
                                                 const LaneFilter& filter,
                                                 std::uint64_t reach) const {
  if (end_ == first_)
    return std::nullopt;
  const std::uint64_t middle =
      events_.lower_bound_cycles(cycles <= 0 ? 0 : static_cast<std::uint64_t>(cycles));
  const auto fits = [&](std::uint64_t at) {
    return filter.shows(events_[at]) && (!lane || lane_of(events_[at]) == lane);
  };
  std::optional<std::uint64_t> best;
  const auto distance = [&](std::uint64_t at) {
    return std::abs(static_cast<double>(events_[at].cycles) - cycles);
  };
  for (std::uint64_t at = middle; at < std::min(end_, middle + reach); ++at) {
    if (fits(at)) {
      best = at;
      break;
    }
  }
  for (std::uint64_t at = middle; at > first_ && middle - at < reach;) {
    --at;
    if (fits(at)) {
      if (!best || distance(at) < distance(*best))
        best = at;
      break;
    }
  }
  return best;
}

std::optional<std::uint64_t> EventIndex::next(std::uint64_t sequence, bool forward,
                                              const LaneFilter& filter) const {
  if (forward) {
    for (std::uint64_t at = std::max(sequence + 1, first_); at < end_; ++at) {
      if (filter.shows(events_[at]))
        return at;
    }
  } else {
    for (std::uint64_t at = std::min(sequence, end_); at > first_;) {
      if (filter.shows(events_[--at]))
        return at;
    }
  }
  return std::nullopt;
}

}  // namespace gv
