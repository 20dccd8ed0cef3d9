// SPDX-License-Identifier: MIT
//
// timeline.h - a machine's history: forwards, backwards, and what came in from outside.
//
// Going back is a checkpoint plus a replay. A replay is exact because a run is
// a pure function of the image, the config and the inputs, and every input is
// kept with the instant at which it came. New input before the furthest
// instant starts another future: what was explored beyond it is forgotten.
//
// Control thread only.

#pragma once

#include "gv/command.h"
#include "machine/machine.h"
#include "session/checkpoint_store.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

namespace gv {

struct SerialByte {
  std::uint8_t byte = 0;
  std::optional<std::uint16_t> domain = {};  // of a Xen host
};
struct ScanCode {
  std::uint8_t code = 0;
};
using OutsideInput =
    std::variant<SerialByte, ScanCode, WriteRegister, WriteInstructionPointer, WriteFlags,
                 WriteMemory, SetExecutionControls, ControlDomain, SetDomainShare>;

class Timeline {
 public:
  Timeline(std::unique_ptr<Machine> machine, bool time_travel);

  Machine& machine() { return *machine_; }
  Position position() const { return machine_->position(); }
  Position furthest() const { return furthest_; }
  bool can_go_back() const { return time_travel_; }

  // Forwards until a stop, or until about `cycles` of virtual time have passed
  // (TargetReached with retired below the target): callers look around between
  // slices. Applies the inputs that the history holds for the way.
  RunStop advance(const RunLimits& limits, std::uint64_t cycles);

  // To the first instant with retired >= target.retired, then on through events that retire
  // nothing until target.events are recorded. `look_around` is called between slices and may
  // end the move early by returning false.
  template <class LookAround>
  RunStop seek(Position target, LookAround look_around) {
    if (target.retired < position().retired ||
        (target.retired == position().retired && target.events < position().events)) {
      if (!go_back(target)) {
        return RunStop::EngineFailed;
      }
    }
    return finish_seek(target, look_around);
  }

  // The same, but always by way of a checkpoint: from a machine that cannot stop where it stands.
  template <class LookAround>
  RunStop seek_again(Position target, LookAround look_around) {
    return go_back(target) ? finish_seek(target, look_around) : RunStop::EngineFailed;
  }

  // Goes to the latest checkpoint strictly before `position` and returns where that is.
  Position go_to_checkpoint_before(Position position);
  // Runs forwards from here to `end`, with the observer looking at every exit.
  void replay_until(Position end, RunObserver& observer);

  // Where the engine examines instructions: the last one again, if it has not been taken apart yet
  // and can be. The machine then stands where it stood.
  void examine_last_instruction();

  // Something comes in now. REQUIRES: machine().at_boundary() unless it is a write.
  void put_in(const OutsideInput& input);

 private:
  struct PastInput {
    Position at;
    OutsideInput input;
  };
  // A replay must be short: bounded in virtual time, in events, and in what the run
  // cost the host. Where checkpoints lie changes nothing about the run.
  static constexpr std::uint64_t kCheckpointEvery = 4'000'000;  // cycles
  static constexpr std::uint64_t kCheckpointEvents = 20'000;
  static constexpr std::chrono::milliseconds kCheckpointWork{15};
  // How far to run between two looks at that cost: it follows the pace of the run, for
  // which a thousand cycles may be a microsecond (a loop) or a few milliseconds (MOV CR3).
  static constexpr std::uint64_t kShortestLook = 1'000, kLongestLook = 400'000;  // cycles
  static constexpr std::chrono::microseconds kLookWork{3000};

  bool go_back(Position target);
  void apply(const OutsideInput& input);
  void apply_due_inputs();
  const PastInput* next_input() const;
  void note_progress();
  void pace_looks(std::chrono::nanoseconds work);

  template <class LookAround>
  RunStop finish_seek(Position target, LookAround& look_around) {
    for (;;) {
      const Position here = position();
      if (here.retired > target.retired ||
          (here.retired == target.retired && here.events >= target.events)) {
        return RunStop::TargetReached;
      }
      RunLimits limits;
      if (here.retired < target.retired) {
        limits.stop_exactly = target.retired;
      } else {
        limits.stop_exactly = target.retired + 1;
        limits.stop_at_events = target.events;
      }
      const RunStop stop = advance(limits, kCheckpointEvery);
      if (stop != RunStop::TargetReached) {
        return stop;
      }
      if (!look_around()) {
        return RunStop::Paused;
      }
    }
  }

  std::unique_ptr<Machine> machine_;
  const bool time_travel_;
  CheckpointStore checkpoints_;
  std::uint64_t last_checkpoint_cycles_ = 0, last_checkpoint_events_ = 0;
  std::chrono::nanoseconds last_checkpoint_work_{0};
  std::uint64_t look_every_ = kShortestLook;
  Position furthest_;
  std::vector<PastInput> inputs_;  // in order
  std::size_t next_input_ = 0;     // the first that is still to come on the way forwards
};

}  // namespace gv
