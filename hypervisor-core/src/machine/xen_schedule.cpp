// SPDX-License-Identifier: MIT
//
// xen_schedule.cpp - several vCPUs on one CPU: whose turn it is, and the change from one to
// another.
//
// Decided only when the hypervisor has the CPU anyway: an exit has been answered, or an instant
// has come that was known when the guest was entered. Where else a run is stopped, nobody looks;
// so stopping leaves no trace here either.

#include "machine/machine.h"

#include <algorithm>
#include <utility>

namespace gv {

namespace {

constexpr int kIdlePeriodsUntilHalted = 4096;

std::optional<Cycles> earlier(std::optional<Cycles> a, std::optional<Cycles> b) {
  return !a ? b : !b ? a : std::min(*a, *b);
}

}  // namespace

// The timers of every vCPU, and the scheduler's own.
std::optional<Cycles> Machine::next_deadline() const {
  if (!is_host()) {
    return interrupts_->deadline();
  }
  std::optional<Cycles> first;
  for (const HostedVcpu& each : hosted_) {
    if (each.vcpu->up() && each.vcpu->domain().runs()) {
      first = earlier(first, each.vcpu->deadline());
    }
  }
  return earlier(first, xen_->scheduler().next_instant(current_, charged_until_));
}

void Machine::charge_current() {
  const Cycles now = context_->now();
  if (!halted_) {
    xen_->scheduler().charge(current_, now - charged_until_);
  }
  charged_until_ = now;
}

// Who waits, waits; whose event has come does so no more.
void Machine::settle_runnable() {
  xen::Scheduler& scheduler = xen_->scheduler();
  for (std::uint32_t i = 0; i < hosted_.size(); ++i) {
    HostedVcpu& each = hosted_[i];
    bool& halted = i == current_ ? halted_ : each.halted;
    const bool may_run = each.vcpu->up() && each.vcpu->domain().runs();
    if (halted && may_run && each.vcpu->wakes(each.guest->interrupts_enabled())) {
      each.vcpu->ends_wait();
      halted = false;
    }
    const bool wants = may_run && !halted;
    if (wants && !scheduler.runnable(i)) {
      const bool boosted = scheduler.wake(i);
      context_->record(
          technique_->linear_rip(),
          VcpuWoken{each.vcpu->domain().id, static_cast<std::uint16_t>(each.vcpu->id()), boosted});
    } else if (!wants) {
      scheduler.block(i);
    }
  }
}

ScheduleCause Machine::why_switch() const {
  const xen::Scheduler& scheduler = xen_->scheduler();
  if (!hosted_[current_].vcpu->domain().runs()) {
    return ScheduleCause::DomainEnded;
  }
  if (!scheduler.runnable(current_)) {
    return ScheduleCause::Blocked;
  }
  if (scheduler.yielded(current_)) {
    return ScheduleCause::Yielded;
  }
  return scheduler.slice_over(current_) ? ScheduleCause::SliceEnded : ScheduleCause::Preempted;
}

// At a boundary: time that has come, who runs next, then an event that may be delivered to it.
void Machine::serve_vcpus() {
  xen::Scheduler& scheduler = xen_->scheduler();
  const auto deadline = next_deadline();
  const bool clock_due = deadline && *deadline <= context_->now();
  const bool ran = context_->retired() != retired_after_exit_;
  const bool asked = std::exchange(reschedule_, false);
  if (ran && !clock_due && !asked) {
    return;
  }
  const auto take_cpu_back = [&] {
    if (context_->retired() != retired_after_exit_) {
      technique_->time_slice_ended();
      retired_after_exit_ = context_->retired();
    }
  };
  if (clock_due || asked) {
    take_cpu_back();
    for (HostedVcpu& each : hosted_) {
      each.vcpu->advance(context_->now());
    }
  }
  charge_current();
  scheduler.advance(context_->now(), current_);
  settle_runnable();
  const auto next = scheduler.pick(current_);
  if (next && *next != current_) {
    switch_to(*next, why_switch());
  } else if (scheduler.slice_over(current_)) {
    scheduler.start(current_);  // nobody else wants it
  }
  if (!halted_ && technique_->interrupts_enabled() && interrupts_->pending()) {
    technique_->deliver_interrupt(interrupts_->acknowledge());
  }
}

void Machine::switch_to(std::size_t next, ScheduleCause cause) {
  HostedVcpu& old = hosted_[current_];
  HostedVcpu& chosen = hosted_[next];
  old.shown = technique_->registers();
  old.registers = engine_->switch_out();
  old.halted = halted_;
  old.guest->interrupt_from_outside();
  const auto from = static_cast<std::uint16_t>(old.vcpu->id());

  current_ = static_cast<std::uint32_t>(next);
  context_->vcpu = static_cast<std::uint16_t>(next);
  technique_ = chosen.guest.get();
  interrupts_ = chosen.vcpu;
  halted_ = chosen.halted;
  const Result<void> in = engine_->switch_in(chosen.started ? chosen.registers : reset_state_);
  GV_CHECK(in);  // the state is this engine's own
  if (chosen.started) {
    chosen.guest->take_cpu();
  } else {
    chosen.started = true;
    if (const Result<void> started = chosen.guest->start(chosen.entry); !started) {
      refuse(started.error().message);
    }
  }
  xen::Scheduler& scheduler = xen_->scheduler();
  scheduler.start(current_);
  // Registers out and in, and an empty TLB.
  context_->time += cost_.exit_and_entry;
  ++ledger_.vcpu_switches.count;
  ledger_.vcpu_switches.cycles += cost_.exit_and_entry;
  charged_until_ = context_->now();
  context_->record(
      technique_->linear_rip(),
      VcpuScheduled{chosen.vcpu->domain().id, static_cast<std::uint16_t>(chosen.vcpu->id()),
                    old.vcpu->domain().id, from, cause, scheduler.credit(current_) / 1000});
}

// Nobody can run: virtual time jumps to the next thing that happens, or the run ends there.
void Machine::idle_host(const std::atomic<bool>* pause) {
  const std::uint64_t began = context_->now();
  for (int periods = 0;; ++periods) {
    const auto deadline = next_deadline();
    if (!deadline || periods == kIdlePeriodsUntilHalted) {
      end_guest(GuestEnd::Halted, 0);
      return;
    }
    if (periods > 0 && pause != nullptr && pause->load(std::memory_order_relaxed)) {
      break;
    }
    const std::uint64_t skipped = *deadline - std::min(*deadline, context_->now());
    context_->time += skipped;
    ledger_.idle_cycles += skipped;
    charged_until_ = context_->now();
    for (HostedVcpu& each : hosted_) {
      each.vcpu->advance(context_->now());
    }
    xen_->scheduler().advance(context_->now(), std::nullopt);
    settle_runnable();
    if (const auto next = xen_->scheduler().pick(current_)) {
      if (*next != current_) {
        switch_to(*next, why_switch());
      }
      break;
    }
  }
  if (context_->now() != began) {
    context_->record(technique_->linear_rip(), ClockSkipped{context_->now() - began});
  }
}

}  // namespace gv
