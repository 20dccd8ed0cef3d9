// SPDX-License-Identifier: MIT
//
// scheduler.h - which vCPU gets the CPU next: Xen's credit scheduler, or round-robin.
//
// One physical CPU, in virtual time. Every accounting period each domain that wants the CPU is
// given credit in proportion to its weight, and what its vCPUs run is taken from theirs. Those that
// had credit left then go before those that had overdrawn it; within a priority it is round-robin,
// a slice at a time. A vCPU that wakes with credit left is boosted before both, until a tick finds
// it running: that is what makes I/O prompt. A cap is a ceiling on what a domain is given, and a
// vCPU that has overdrawn it is parked until it has earned the debt back.
//
// It decides and keeps books. It knows no registers and switches nothing: machine/xen_schedule.cpp
// asks it and tells it what happened.
//
// Not done: several physical CPUs, load balancing between them, affinity.
//
// A value: copying it is saving it. Control thread only. Source for the rules and the constants:
// Xen's documentation, "Credit Scheduler"; xl(1), "sched-credit".

#pragma once

#include "gv/device.h"
#include "gv/machine_config.h"
#include "xen/identity.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gv::xen {

class Scheduler {
 public:
  static constexpr Cycles kSlice = 30'000'000, kTick = 10'000'000;
  static constexpr std::uint32_t kDefaultWeight = 256;

  // Of a domain, among its vCPUs together. The cap in percent of one CPU; 0: none.
  struct Share {
    std::uint32_t weight = kDefaultWeight, cap = 0;
    bool operator==(const Share&) const = default;
  };
  // A vCPU's number on this host, in the order of add().
  using Id = std::uint32_t;

  explicit Scheduler(SchedulerKind kind = SchedulerKind::Credit) : kind_(kind) {}

  // Not runnable before wake().
  Id add(DomainId domain);
  void set_share(DomainId domain, Share share);
  Share share(DomainId domain) const;

  // True: boosted. Nothing happens to one that is runnable already.
  bool wake(Id vcpu);
  void block(Id vcpu);  // also: it ended, or is paused
  bool runnable(Id vcpu) const { return entries_[vcpu].runnable; }

  // What the vCPU that has the CPU ran since the last call.
  void charge(Id vcpu, Cycles ran);
  // Virtual time has come to `now`: ticks and accounting that are due. `running` has the CPU.
  void advance(Cycles now, std::optional<Id> running);
  // When pick() may answer differently although nobody woke or blocked, with `running` charged up
  // to `now`. Empty: never.
  std::optional<Cycles> next_instant(Id running, Cycles now) const;

  // Who should run now. `running` keeps the CPU unless its slice is over or somebody of higher
  // priority waits. Empty: nobody can.
  std::optional<Id> pick(std::optional<Id> running) const;
  // `vcpu` is given the CPU: its slice begins.
  void start(Id vcpu);
  // It gives the rest of its slice away.
  void yield(Id vcpu);
  bool slice_over(Id vcpu) const { return entries_[vcpu].slice_used >= kSlice; }
  bool yielded(Id vcpu) const { return entries_[vcpu].yielded; }

  // In cycles of CPU time.
  std::int64_t credit(Id vcpu) const { return entries_[vcpu].credit; }
  Cycles ran(Id vcpu) const { return entries_[vcpu].ran; }
  bool parked(Id vcpu) const { return entries_[vcpu].parked; }
  std::size_t size() const { return entries_.size(); }

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  enum class Priority : std::uint8_t { Boost, Under, Over };
  struct Entry {
    DomainId domain = 0;
    bool runnable = false, boosted = false, over = false, parked = false, active = false;
    bool yielded = false;
    std::int64_t credit = 0;
    Cycles ran = 0, slice_used = 0;
    std::uint64_t queued = 0;  // its place in the queue: lower is earlier
  };
  struct DomainShare {
    DomainId domain = 0;
    Share share;
  };

  Priority priority(const Entry& entry) const;
  void account();
  const DomainShare* find(DomainId domain) const;

  SchedulerKind kind_;
  std::vector<Entry> entries_;
  std::vector<DomainShare> shares_;
  std::uint64_t next_place_ = 1;
  Cycles next_tick_ = kTick;
  std::uint32_t ticks_ = 0;
};

}  // namespace gv::xen
