// SPDX-License-Identifier: MIT
//
// The credit scheduler on its own: a model of a CPU asks it, runs whom it says, and counts.

#include "xen/scheduler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace gv::xen {
namespace {

constexpr Cycles kMillisecond = 1'000'000;

// A vCPU that runs for `burst`, then waits for `rest`; without a rest it never stops.
struct Load {
  Cycles burst = 0, rest = 0;
};

// One CPU that does what the scheduler says, at the instants that it names.
class Cpu {
 public:
  explicit Cpu(SchedulerKind kind = SchedulerKind::Credit) : scheduler(kind) {}

  Scheduler::Id add(DomainId domain, Scheduler::Share share, Load load = {}) {
    scheduler.set_share(domain, share);
    const Scheduler::Id id = scheduler.add(domain);
    loads_.push_back({load, load.burst, 0, 0});
    scheduler.wake(id);
    return id;
  }

  void run(Cycles until) {
    while (now_ < until) {
      wake_due();
      scheduler.advance(now_, running_);
      if (const auto next = scheduler.pick(running_); next != running_) {
        running_ = next;
        if (next) {
          scheduler.start(*next);
          loads_[*next].waited = std::max(loads_[*next].waited, now_ - loads_[*next].woken);
        }
      } else if (running_ && scheduler.slice_over(*running_)) {
        scheduler.start(*running_);
      }
      Cycles at = std::min(until, next_wake());
      if (running_) {
        State& state = loads_[*running_];
        if (state.load.rest != 0) {
          at = std::min(at, now_ + state.left);
        }
      }
      if (const auto instant = scheduler.next_instant(running_.value_or(0), now_)) {
        at = std::min(at, std::max(*instant, now_ + 1));
      }
      const Cycles ran = at - now_;
      now_ = at;
      if (!running_) {
        idle += ran;
        continue;
      }
      scheduler.charge(*running_, ran);
      State& state = loads_[*running_];
      if (state.load.rest != 0 && (state.left -= ran) == 0) {
        state.left = state.load.burst;
        state.wakes_at = now_ + state.load.rest;
        scheduler.block(*running_);
      }
    }
  }

  double share_of(Scheduler::Id id) const {
    return static_cast<double>(scheduler.ran(id)) / static_cast<double>(now_);
  }
  Cycles longest_wait(Scheduler::Id id) const { return loads_[id].waited; }

  Scheduler scheduler;
  Cycles idle = 0;

 private:
  struct State {
    Load load;
    Cycles left = 0, wakes_at = 0, woken = 0, waited = 0;
  };
  void wake_due() {
    for (Scheduler::Id i = 0; i < loads_.size(); ++i) {
      if (!scheduler.runnable(i) && loads_[i].wakes_at <= now_) {
        scheduler.wake(i);
        loads_[i].woken = now_;
      }
    }
  }
  Cycles next_wake() const {
    Cycles first = UINT64_MAX;
    for (Scheduler::Id i = 0; i < loads_.size(); ++i) {
      if (!scheduler.runnable(i)) {
        first = std::min(first, loads_[i].wakes_at);
      }
    }
    return first;
  }

  std::vector<State> loads_;
  std::optional<Scheduler::Id> running_;
  Cycles now_ = 0;
};

constexpr Cycles kTenSeconds = 10'000 * kMillisecond;

TEST(CreditScheduler, SharesFollowTheWeights) {
  for (const std::vector<std::uint32_t>& weights :
       {std::vector<std::uint32_t>{256, 256}, {256, 512}, {100, 200, 700}, {64, 256, 256, 1024}}) {
    Cpu cpu;
    std::uint32_t all = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      cpu.add(static_cast<DomainId>(i + 1), {weights[i], 0});
      all += weights[i];
    }
    cpu.run(kTenSeconds);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double due = static_cast<double>(weights[i]) / all;
      // Two percent of what is due; for a small share one slice, which is the grain.
      const double allowed = std::max(0.02 * due, 0.003);
      EXPECT_NEAR(cpu.share_of(static_cast<Scheduler::Id>(i)), due, allowed)
          << "domain of weight " << weights[i] << " of " << all;
    }
    EXPECT_EQ(cpu.idle, 0u);
  }
}

TEST(CreditScheduler, ADomainsWeightIsSharedAmongItsVcpus) {
  Cpu cpu;
  const auto a = cpu.add(1, {256, 0}), b = cpu.add(1, {256, 0}), c = cpu.add(2, {256, 0});
  cpu.run(kTenSeconds);
  EXPECT_NEAR(cpu.share_of(a) + cpu.share_of(b), 0.5, 0.01);
  EXPECT_NEAR(cpu.share_of(c), 0.5, 0.01);
  EXPECT_NEAR(cpu.share_of(a), 0.25, 0.01);
}

TEST(CreditScheduler, ACapHoldsEvenOnAnIdleCpu) {
  for (const std::uint32_t cap : {10u, 25u, 50u, 90u}) {
    Cpu cpu;
    const auto capped = cpu.add(1, {256, cap});
    cpu.run(kTenSeconds);
    EXPECT_NEAR(cpu.share_of(capped), cap / 100.0, 0.01) << "cap " << cap;
    EXPECT_GT(cpu.idle, 0u);
  }
}

TEST(CreditScheduler, WhatACappedDomainLeavesGoesToTheOthers) {
  Cpu cpu;
  const auto capped = cpu.add(1, {1024, 20}), other = cpu.add(2, {256, 0});
  cpu.run(kTenSeconds);
  EXPECT_NEAR(cpu.share_of(capped), 0.20, 0.01);
  EXPECT_NEAR(cpu.share_of(other), 0.80, 0.01);
}

TEST(CreditScheduler, WhoSleepsMostOfTheTimeIsBoostedAndNeverWaitsLong) {
  Cpu cpu;
  const auto napper = cpu.add(1, {256, 0}, {kMillisecond / 10, 5 * kMillisecond});
  cpu.add(2, {256, 0});
  cpu.add(3, {256, 0});
  cpu.run(kTenSeconds);
  EXPECT_LT(cpu.longest_wait(napper), kMillisecond);
  EXPECT_NEAR(cpu.share_of(napper), 0.0196, 0.001) << "it gets all that it asks for";
}

TEST(RoundRobin, KnowsNeitherWeightsNorBoost) {
  Cpu cpu(SchedulerKind::RoundRobin);
  const auto light = cpu.add(1, {64, 0}), heavy = cpu.add(2, {1024, 0});
  const auto napper = cpu.add(3, {256, 0}, {kMillisecond / 10, 5 * kMillisecond});
  cpu.run(kTenSeconds);
  EXPECT_NEAR(cpu.share_of(light) / cpu.share_of(heavy), 1.0, 0.02);
  EXPECT_GT(cpu.longest_wait(napper), Scheduler::kSlice / 2) << "it waits for others' slices";
}

TEST(Scheduler, ItsStateIsItsBytes) {
  Cpu cpu;
  cpu.add(1, {256, 30});
  cpu.add(2, {512, 0}, {3 * kMillisecond, kMillisecond});
  cpu.run(321 * kMillisecond);
  StateWriter out;
  cpu.scheduler.save(out);
  const auto bytes = out.take();
  StateReader in(bytes);
  Scheduler copy;
  copy.restore(in);
  EXPECT_TRUE(in.ok());
  StateWriter again;
  copy.save(again);
  EXPECT_EQ(again.take(), bytes);
  EXPECT_EQ(copy.credit(0), cpu.scheduler.credit(0));
}

}  // namespace
}  // namespace gv::xen
