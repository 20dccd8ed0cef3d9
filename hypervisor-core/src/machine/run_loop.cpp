// SPDX-License-Identifier: MIT
//
// run_loop.cpp - THE run loop: enter the guest, take its exit, answer it, again.
//
// Devices and interrupts are served only at block boundaries of an undisturbed
// run, so that stopping anywhere leaves no trace in what follows.

#include "machine/machine.h"

#include <algorithm>
#include <utility>

namespace gv {

namespace {

// How long a request to pause may wait, in guest instructions: a millisecond or so.
constexpr std::uint64_t kSlice = 1'000'000;
// Timer periods without anything that wakes the guest before HLT counts as the end.
constexpr int kIdlePeriodsUntilHalted = 4096;

}  // namespace

RunStop Machine::run(const RunLimits& limits) {
  while (!end_) {
    if (context_->retired() >= limits.stop_exactly) {
      return RunStop::TargetReached;
    }
    if (!engine_->inside_block()) {
      if (!std::exchange(boundary_served_, false)) {
        if (recorder_.next() >= limits.stop_at_events || context_->now() >= limits.stop_at_cycles) {
          return RunStop::TargetReached;
        }
        if (limits.pause != nullptr && limits.pause->load(std::memory_order_relaxed)) {
          return RunStop::Paused;
        }
        is_host() ? serve_vcpus() : serve_clock_and_interrupts();
        // A run that stops between an interrupt's delivery and its handler goes on into the
        // handler, as it would have: a boundary is served once.
        if (stops_here(limits, context_->retired())) {
          boundary_served_ = true;
          return RunStop::ObserverStopped;
        }
        if (recorder_.next() >= limits.stop_at_events) {
          boundary_served_ = true;
          return RunStop::TargetReached;
        }
      }
      if (halted_ && !end_) {
        is_host() ? idle_host(limits.pause) : idle(limits.pause);
        continue;
      }
    }
    if (end_) {
      break;
    }

    const std::uint64_t events_before = recorder_.next();
    technique_->enter_guest(interrupts_->pending());
    if (end_) {
      break;
    }
    // The handler of an interrupt may have been translated on the way in: who stops there stops
    // behind that, and before the handler's first instruction.
    if (recorder_.next() > events_before && recorder_.next() >= limits.stop_at_events &&
        !engine_->inside_block()) {
      technique_->leave_guest();
      boundary_served_ = true;
      return RunStop::TargetReached;
    }
    if (!unfinished_touches_.empty() && engine_->rip() != unfinished_at_) {
      unfinished_touches_.clear();  // it faulted, and will touch once more
    }
    const std::uint64_t measured_before = engine_->measured();
    const Result<Exit> exit = engine_->run(next_entry(limits));
    technique_->leave_guest();
    if (!exit) {
      engine_failure_ = exit.error();
      return RunStop::EngineFailed;
    }
    const std::uint64_t measured = engine_->measured() - measured_before;
    context_->time += measured;
    ledger_.measured += measured;
    const std::uint64_t retired_at_exit = context_->retired();
    collect_touches();
    dispatch(*exit);
    settle_unfinished_touches();
    if (std::exchange(refused_, false)) {
      return RunStop::EngineFailed;
    }
    if (stops_here(limits, retired_at_exit)) {
      boundary_served_ = std::holds_alternative<AddressReached>(*exit) && !engine_->inside_block();
      return RunStop::ObserverStopped;
    }
  }
  return RunStop::GuestEnded;
}

// What the CPU touched, in the machine's count, before an exit's answer adds to that.
void Machine::collect_touches() {
  for (MemoryTouch touch : engine_->take_touches()) {
    touch.before += context_->emulated;
    touch.retired += context_->emulated;
    touches_.push_back(touch);
  }
  settle_unfinished_touches();
  for (MemoryTouch touch : engine_->take_unfinished_touches()) {
    touch.before += context_->emulated;
    touch.retired += context_->emulated;
    unfinished_touches_.push_back(touch);
  }
  if (!unfinished_touches_.empty()) {
    unfinished_at_ = engine_->rip();
  }
}

// The guest's instruction has retired meanwhile: the CPU went on with it, or the hypervisor did
// what was left.
void Machine::settle_unfinished_touches() {
  if (!unfinished_touches_.empty() && context_->retired() > unfinished_touches_.back().before) {
    touches_.insert(touches_.end(), unfinished_touches_.begin(), unfinished_touches_.end());
    unfinished_touches_.clear();
  }
}

bool Machine::stops_here(const RunLimits& limits, std::uint64_t retired_before) {
  if (limits.observer == nullptr) {
    return false;
  }
  const bool at_address = std::exchange(address_reached_, false);
  const std::uint64_t kinds = std::exchange(context_->kinds_recorded, 0);
  bool stop = false;
  if (memory_->watch().touched()) {
    // What the hypervisor wrote for the guest, it wrote now; in the middle of a port
    // instruction that is counted when it completes.
    for (MemoryTouch touch : memory_->watch().take()) {
      touch.before = retired_before;
      touch.retired = context_->retired() + (engine_->inside_block() ? 1 : 0);
      touches_.push_back(touch);
    }
  }
  for (const MemoryTouch& touch : std::exchange(touches_, {})) {
    stop = limits.observer->stop_at_touch(touch) || stop;
  }
  return stop || (at_address && limits.observer->stop_at_address()) ||
         (kinds != 0 && limits.observer->stop_after_exit(kinds));
}

Entry Machine::next_entry(const RunLimits& limits) const {
  Entry entry;
  entry.port_reply = port_reply_;
  const std::uint64_t executed = engine_->retired() + engine_->added();
  std::uint64_t slice = kSlice;
  if (const auto deadline = next_deadline()) {
    slice = std::min(slice, *deadline - std::min(*deadline, context_->now()));
  }
  slice = std::min(slice, limits.stop_at_cycles - std::min(limits.stop_at_cycles, context_->now()));
  // From cycles to instructions, up: a boundary is never before its time.
  slice = (slice + context_->cycles_per_instruction - 1) / context_->cycles_per_instruction;
  const bool wanted_elsewhere =
      recorder_.next() >= limits.stop_at_events ||
      (limits.pause != nullptr && limits.pause->load(std::memory_order_relaxed));
  if (wanted_elsewhere) {
    slice = 1;  // exits in mid-block must not keep the run from its next boundary
  }
  if (interrupts_->pending()) {
    if (technique_->interrupts_enabled() || technique_->waits_one_instruction()) {
      slice = 1;  // the next boundary
    } else if (technique_->if_changes_unseen()) {
      entry.stop_when_if_may_change = true;
    }
  }
  entry.slice = std::max<std::uint64_t>(slice, 1);
  entry.stop_at_block = executed + entry.slice;
  if (limits.stop_exactly != UINT64_MAX) {
    entry.stop_exactly = limits.stop_exactly - context_->emulated;
  }
  return entry;
}

// At a boundary: time that has come, then an interrupt that may be taken.
void Machine::serve_clock_and_interrupts() {
  const auto deadline = interrupts_->deadline();
  const bool clock_due = deadline && *deadline <= context_->now();
  const bool window_due = technique_->waits_one_instruction() && interrupts_->pending();
  // If the guest ran since the last exit, the hypervisor has taken the CPU back for this.
  if ((clock_due || window_due) && context_->retired() != retired_after_exit_) {
    technique_->time_slice_ended();
    retired_after_exit_ = context_->retired();
  }
  if (clock_due) {
    interrupts_->advance(context_->now());
  }
  const bool enabled = technique_->interrupts_enabled();
  if (enabled && interrupts_->pending()) {
    halted_ = false;
    technique_->deliver_interrupt(interrupts_->acknowledge());
  }
}

// HLT: virtual time jumps to the next thing that happens, or the run ends there.
void Machine::idle(const std::atomic<bool>* pause) {
  const std::uint64_t began = context_->now();
  const bool enabled = technique_->interrupts_enabled();
  for (int periods = 0; !interrupts_->wakes(enabled); ++periods) {
    const auto deadline = interrupts_->deadline();
    if (!interrupts_->can_wake(enabled) || !deadline || periods == kIdlePeriodsUntilHalted) {
      end_guest(GuestEnd::Halted, 0);
      return;
    }
    if (periods > 0 && pause != nullptr && pause->load(std::memory_order_relaxed)) {
      break;
    }
    const std::uint64_t skipped = *deadline - std::min(*deadline, context_->now());
    context_->time += skipped;
    ledger_.idle_cycles += skipped;
    interrupts_->advance(context_->now());
  }
  if (!interrupts_->can_wake(enabled)) {
    end_guest(GuestEnd::Halted, 0);
    return;
  }
  if (interrupts_->wakes(enabled) && interrupts_->ends_wait()) {
    halted_ = false;
  }
  if (context_->now() != began) {
    context_->record(technique_->linear_rip(), ClockSkipped{context_->now() - began});
  }
}

}  // namespace gv
