// SPDX-License-Identifier: MIT
//
// event_index.h - counts of a million events in any interval, at once.
//
// Running totals are kept at every 64th event, by lane and by exit reason. The
// count of any stretch is the difference of two totals plus at most two partial
// blocks: its price does not depend on its length, so every zoom costs the
// same and no frame reads the whole log. The index grows with the log; a log
// that was cut and recorded anew (a changed past) is noticed and followed.
//
// Pure: no ImGui. Times are virtual cycles.

#pragma once

#include "gv/event_log.h"
#include "visualizers/meaning/exit_class.h"

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace gv {

// What the timeline draws as rows. The first four are ExitClass, in its order.
enum class Lane : std::uint8_t {
  Trap,
  SystemCall,
  Interrupt,
  Hidden,     // round trips, drawn where the guest resumes
  Delivered,  // the guest kernel's own handlers were entered
  Device,     // ports
  Paging,     // page faults, shadow fills and flushes
  Control,    // control registers, descriptor tables, IF, emulated instructions
  Console,    // output and input
  Other,      // interrupt lines, idle time, BIOS, end, lost events
};
inline constexpr int kLaneCount = 10;
std::string_view title_of(Lane lane);
std::string_view explanation_of(Lane lane);
Ink ink_of(Lane lane);
// Empty for ExitTaken: its lane is known when the guest resumes.
std::optional<Lane> lane_of(const Event& event);

struct LaneFilter {
  std::bitset<kLaneCount> lanes = std::bitset<kLaneCount>().set();
  std::bitset<kExitReasonCount> reasons = std::bitset<kExitReasonCount>().set();
  bool shows(const Event& event) const;
  bool operator==(const LaneFilter&) const = default;
};

struct LaneCounts {
  std::array<std::uint32_t, kLaneCount> events{};
  // Virtual time by who ran: guest user, guest kernel, hypervisor, nobody (idle).
  std::array<std::uint64_t, 4> cycles{};
};

struct TimelineColumn {
  std::uint64_t first_event = 0;  // sequence number; the next column's is one past the last
  LaneCounts counts;
};

class EventIndex {
 public:
  // Reads what is new in `events` since the last call.
  void update(const EventView& events);

  std::uint64_t size() const { return end_; }
  // Virtual time of the newest event.
  std::uint64_t last_cycles() const { return last_cycles_; }

  // Counts of events [from, to).
  LaneCounts count(std::uint64_t from, std::uint64_t to, const LaneFilter& filter) const;
  // `columns` equal intervals of virtual time over [begin, end).
  std::vector<TimelineColumn> columns(double begin, double end, int columns,
                                      const LaneFilter& filter) const;
  // The event in `lane` (or any shown one) that is nearest to `cycles`, reading at most `reach`.
  std::optional<std::uint64_t> nearest(double cycles, std::optional<Lane> lane,
                                       const LaneFilter& filter, std::uint64_t reach = 4096) const;
  // The next shown event after `sequence`, or before it.
  std::optional<std::uint64_t> next(std::uint64_t sequence, bool forward,
                                    const LaneFilter& filter) const;
  const EventView& events() const { return events_; }

 private:
  static constexpr std::uint64_t kBlock = 64;
  static constexpr int kHiddenCell = kExitReasonCount;      // any reason, shadow filled
  static constexpr int kOtherCells = kExitReasonCount + 1;  // lanes from Delivered on
  static constexpr int kCells = kOtherCells + kLaneCount - kExitClassCount;

  // Running totals of the events before a point.
  struct Totals {
    std::array<std::uint32_t, kCells> cells{};
    std::array<std::uint64_t, 4> cycles{};
    std::uint64_t since = 0;        // cycles of the event before the point
    std::uint8_t storey = 1;        // who runs at the point: 0 user, 1 kernel, 2 hypervisor
    std::uint64_t fingerprint = 0;  // of the event before the point
  };
  static void add(Totals& totals, const Event& event);
  Totals before(std::uint64_t sequence) const;
  static std::uint64_t fingerprint_of(const Event& event);

  EventView events_;
  std::vector<Totals> blocks_;  // blocks_[i]: totals before event first + i * kBlock
  Totals tail_;
  std::uint64_t first_ = 0, end_ = 0, last_cycles_ = 0;
};

}  // namespace gv
