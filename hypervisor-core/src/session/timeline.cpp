// SPDX-License-Identifier: MIT

#include "session/timeline.h"

#include "technique/linear_memory.h"

#include <time.h>

#include <algorithm>

namespace gv {

namespace {

bool before(Position a, Position b) {
  return a.retired != b.retired ? a.retired < b.retired : a.events < b.events;
}

// What this thread has cost the host so far.
std::chrono::nanoseconds host_work() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

}  // namespace

Timeline::Timeline(std::unique_ptr<Machine> machine, bool time_travel)
    : machine_(std::move(machine)), time_travel_(time_travel) {
  if (time_travel_) {
    checkpoints_.take(*machine_);
  }
  furthest_ = position();
}

const Timeline::PastInput* Timeline::next_input() const {
  return next_input_ < inputs_.size() ? &inputs_[next_input_] : nullptr;
}

void Timeline::apply_due_inputs() {
  while (const PastInput* input = next_input()) {
    if (before(position(), input->at)) {
      return;
    }
    ++next_input_;
    apply(input->input);
  }
}

RunStop Timeline::advance(const RunLimits& wanted, std::uint64_t cycles) {
  apply_due_inputs();
  RunLimits limits = wanted;
  const std::uint64_t now = position().cycles;
  const std::chrono::nanoseconds work_before = host_work();
  limits.stop_at_cycles = std::min(limits.stop_at_cycles, now + cycles);
  if (time_travel_) {
    const bool costly = work_before - last_checkpoint_work_ >= kCheckpointWork;
    if ((now >= last_checkpoint_cycles_ + kCheckpointEvery ||
         position().events >= last_checkpoint_events_ + kCheckpointEvents || costly) &&
        machine_->at_boundary()) {
      if (!checkpoints_.has(position())) {
        checkpoints_.take(*machine_);
      }
      last_checkpoint_cycles_ = now;
      last_checkpoint_events_ = position().events;
      last_checkpoint_work_ = host_work();
    }
    // The next one may be due before this call's own limits.
    const std::uint64_t due = std::max(last_checkpoint_cycles_ + kCheckpointEvery, now + 1);
    limits.stop_at_cycles = std::min({limits.stop_at_cycles, due, now + look_every_});
    limits.stop_at_events =
        std::min(limits.stop_at_events, last_checkpoint_events_ + kCheckpointEvents);
  }
  if (const PastInput* input = next_input()) {
    if (position().retired < input->at.retired) {
      limits.stop_exactly = std::min(limits.stop_exactly, input->at.retired);
    } else {
      limits.stop_at_events = std::min(limits.stop_at_events, input->at.events);
    }
  }
  RunStop stop = machine_->run(limits);
  // An input may be what wakes a guest that had halted for good.
  if (stop == RunStop::GuestEnded && machine_->end()->how == GuestEnd::Halted) {
    if (const PastInput* input = next_input(); input && !before(position(), input->at)) {
      apply_due_inputs();
      stop = RunStop::TargetReached;
    }
  }
  note_progress();
  if (time_travel_) {
    pace_looks(host_work() - work_before);
  }
  return stop;
}

void Timeline::pace_looks(std::chrono::nanoseconds work) {
  if (work > kLookWork) {
    look_every_ = std::max(look_every_ / 4, kShortestLook);
  } else if (work < kLookWork / 4) {
    look_every_ = std::min(look_every_ * 2, kLongestLook);
  }
}

void Timeline::note_progress() {
  if (before(furthest_, position())) {
    furthest_ = position();
  }
}

bool Timeline::go_back(Position target) {
  if (!time_travel_) {
    return false;
  }
  const Checkpoint* from = checkpoints_.latest_before(target);
  if (from == nullptr || !checkpoints_.restore(*machine_, *from)) {
    return false;
  }
  last_checkpoint_cycles_ = position().cycles;
  last_checkpoint_events_ = position().events;
  last_checkpoint_work_ = host_work();
  next_input_ = 0;
  // An input at this very instant is still to come: a byte that arrived leaves an event behind,
  // and a write may be made twice.
  while (next_input_ < inputs_.size() && before(inputs_[next_input_].at, position())) {
    ++next_input_;
  }
  return true;
}

Position Timeline::go_to_checkpoint_before(Position end) {
  Position just_before = end;
  if (end.events > 0) {
    --just_before.events;
  } else {
    --just_before.retired;
    just_before.events = UINT64_MAX;
  }
  go_back(just_before);
  return position();
}

void Timeline::replay_until(Position end, RunObserver& observer) {
  while (before(position(), end) && !machine_->end()) {
    RunLimits limits;
    limits.observer = &observer;
    if (position().retired < end.retired) {
      limits.stop_exactly = end.retired;
    } else {
      limits.stop_at_events = end.events;
      limits.stop_exactly = end.retired + 1;
    }
    if (advance(limits, kCheckpointEvery) != RunStop::TargetReached) {
      return;
    }
  }
}

// A move to a given instant has examined its last instruction; a breakpoint was met unforeseen.
void Timeline::examine_last_instruction() {
  const auto examined = machine_->engine().examined();
  const Position here = position();
  const bool input_here = next_input_ > 0 && inputs_[next_input_ - 1].at.retired == here.retired;
  if (!examined || examined->last || !time_travel_ || here.retired == 0 || input_here ||
      !machine_->engine_failure().message.empty()) {
    return;
  }
  const auto go_on = [] { return true; };
  seek_again({here.retired - 1, 0, 0}, go_on);
  seek(here, go_on);
}

void Timeline::put_in(const OutsideInput& input) {
  const Position now = position();
  if (before(now, furthest_)) {
    machine_->recorder().truncate(now.events);
    checkpoints_.forget_after(now);
    furthest_ = now;
  }
  inputs_.resize(next_input_);
  inputs_.push_back({now, input});
  ++next_input_;
  apply(input);
  note_progress();
}

void Timeline::apply(const OutsideInput& input) {
  Machine& m = *machine_;
  if (m.end() && m.end()->how == GuestEnd::Halted) {
    m.wake_from_halt();
  }
  if (const auto* byte = std::get_if<SerialByte>(&input)) {
    if (byte->domain) {
      m.type(*byte->domain, byte->byte);
    } else {
      m.type(byte->byte);
    }
  } else if (const auto* key = std::get_if<ScanCode>(&input)) {
    m.press(key->code);
  } else if (const auto* write = std::get_if<WriteRegister>(&input)) {
    m.engine().set_gpr(write->gpr, write->value);
  } else if (const auto* pointer = std::get_if<WriteInstructionPointer>(&input)) {
    m.engine().leave_block();
    RegisterFile registers = m.technique().registers();
    registers.rip = pointer->value;
    m.technique().set_registers(registers);
  } else if (const auto* flags = std::get_if<WriteFlags>(&input)) {
    RegisterFile registers = m.technique().registers();
    registers.rflags = flags->value;
    m.technique().set_registers(registers);
  } else if (const auto* poke = std::get_if<WriteMemory>(&input)) {
    LinearMemory(m.memory(), m.technique().paging())
        .poke(poke->address, poke->bytes.data(), poke->bytes.size());
    m.technique().memory_changed();
  } else if (const auto* set = std::get_if<SetExecutionControls>(&input)) {
    m.technique().set_controls(set->controls);
  } else if (const auto* control = std::get_if<ControlDomain>(&input)) {
    m.control_domain(control->domain, control->action);
  } else if (const auto* share = std::get_if<SetDomainShare>(&input)) {
    m.set_share(share->domain, {share->weight, share->cap});
  }
}

}  // namespace gv
