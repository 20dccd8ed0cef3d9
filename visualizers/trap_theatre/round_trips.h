// SPDX-License-Identifier: MIT
//
// round_trips.h - exits paired with the resumes that answer them.
//
// The trap theatre's model. A round trip starts with an ExitTaken event and
// ends with the next GuestResumed; what lies between is what the hypervisor
// did. Everything comes from the events: nothing is guessed, and a trip whose
// end is not recorded yet stays open.
//
// Pure: no ImGui. Costs are virtual cycles.

#pragma once

#include "gv/event_log.h"
#include "gv/snapshot.h"
#include "visualizers/meaning/exit_class.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gv {

struct RoundTrip {
  // On bare metal nobody stands between: the CPU itself goes to the guest's handler or the device.
  bool direct = false;
  std::uint64_t exit_sequence = 0;
  std::optional<std::uint64_t> resume_sequence;
  std::uint64_t retired = 0;
  Gva rip;
  ExitTaken exit;
  std::optional<GuestResumed> resume;
  std::optional<PortTouched> port;
  std::optional<PageFaulted> fault;
  std::optional<ExceptionDelivered> delivered;
  std::optional<InterruptDelivered> interrupt;
  bool ended = false;              // the guest ended on this trip
  std::vector<std::string> steps;  // what was recorded in between, one line each

  ExitClass exit_class() const;
  std::string instruction() const;
  // "privileged instruction", "page fault at 00400000": reason and its detail.
  std::string reason() const;
  // Where the guest goes on, and why there.
  std::string landing() const;
};

// The trip that event `sequence` belongs to: it, or the nearest exit before it. Empty when that is
// not among the last `reach` events before it.
std::optional<RoundTrip> trip_at(const EventView& events, std::uint64_t sequence, std::uint64_t end,
                                 std::uint64_t reach = 4096);
// The newest `count` trips that began before `end`, newest first.
std::vector<RoundTrip> latest_trips(const EventView& events, std::uint64_t end, std::size_t count,
                                    std::uint64_t reach = 4096);

// What happens on bare metal in the place of exits: handlers entered and ports touched, newest
// first. `user_pages` tell whose code an address is; they are the guest's tables as the snapshot
// has them.
std::vector<RoundTrip> latest_direct(const EventView& events, std::uint64_t end, std::size_t count,
                                     const std::vector<MappedPage>& user_pages,
                                     std::uint64_t reach = 4096);
std::optional<RoundTrip> direct_at(const EventView& events, std::uint64_t sequence,
                                   std::uint64_t end, const std::vector<MappedPage>& user_pages);

// Many trips at once, when single ones are too fast to see.
struct TrapFlow {
  std::array<std::uint64_t, kExitClassCount> trips{};
  std::uint64_t device_accesses = 0;  // of those that went down to the hardware storey
  std::uint64_t cycles = 0;           // spent in the hypervisor
  std::uint64_t instructions = 0;     // from the first event to the last
  std::uint64_t total() const;
};
// Over [from, to); at most `reach` of the newest events are read.
TrapFlow flow_between(const EventView& events, std::uint64_t from, std::uint64_t to,
                      std::uint64_t reach = 65536);

}  // namespace gv
