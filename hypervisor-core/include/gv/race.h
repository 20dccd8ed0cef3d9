// SPDX-License-Identifier: MIT
//
// race.h - one guest under several techniques at once, held at equal progress.
//
// Each lane is a session of its own. A race goes in rounds: every lane runs on
// to the same mark, then all wait for the slowest. So at each mark the ledgers
// tell what the same piece of the guest's work took under each technique.
//
// Progress is the guest's, never a clock's. By instructions: those that the
// guest has completed, which every engine but KVM counts. By console lines: what
// the guest has printed, which every engine shows. A guest that waits for its
// timer executes other instructions under another technique, because virtual
// time passes differently; then the lines are the fairer mark.
//
// Deliberately not: a way to look into a lane. A race keeps no events and no
// history; a session of its own has both.
//
// Threads: a race owns one thread, which alone drives the lanes' sessions. Every
// method may be called from any thread and returns at once, wait() excepted.

#pragma once

#include "gv/machine_config.h"
#include "gv/result.h"
#include "gv/snapshot.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

inline constexpr std::size_t kMostRaceLanes = 6;

enum class RaceRuler : std::uint8_t { Instructions, ConsoleLines };
std::string_view name_of(RaceRuler ruler);  // "instructions", "console-lines"

// How one lane differs from the others: what the hypervisor is, never what the guest is.
struct RaceLane {
  std::string name;  // "trap-and-emulate"; unique in its race
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::TrapAndEmulate;
  ExecutionControls controls{};
  CostModel cost{};
};

struct RaceConfig {
  MachineConfig guest;  // image, command line, memory and seed; the rest is the lanes'
  std::vector<RaceLane> lanes;
  RaceRuler ruler = RaceRuler::Instructions;
  std::uint64_t step = 10'000;  // instructions, or lines, from mark to mark
  // The race is over at this mark, though a guest could go on.
  std::optional<std::uint64_t> limit;
  // Rounds a second at most, so that a person can follow; 0 for as fast as it goes.
  std::uint32_t rounds_per_second = 0;
  // Host time after which a lane that has not come to the mark is out of the race: a safety net.
  std::uint64_t lane_milliseconds = 60'000;
};

enum class RaceState : std::uint8_t { Ready, Running, Paused, Finished };
std::string_view name_of(RaceState state);  // "ready", "running", "paused", "finished"

struct RaceLaneView {
  RaceLane lane;
  std::shared_ptr<const Snapshot> snapshot;  // never null; empty before the start
  std::uint64_t lines = 0;                   // that the guest has printed
  bool arrived = false;                      // it runs no further
  std::string end;                           // then: one sentence about why
};

// The picture of a race between two rounds.
struct RaceView {
  std::uint64_t generation = 0;  // grows with every change
  RaceState state = RaceState::Ready;
  std::string guest;  // "nanobench only=cli n=200"
  RaceRuler ruler = RaceRuler::Instructions;
  std::uint64_t step = 0;
  std::uint64_t mark = 0;  // that every lane has reached or has ended before
  std::vector<RaceLaneView> lanes;
};

class Race {
 public:
  // Makes no machine yet. Error: no lane, too many, one that cannot be had here, or one that cannot
  // be measured by this ruler.
  static Result<std::unique_ptr<Race>> create(RaceConfig config);
  ~Race();
  Race(const Race&) = delete;
  Race& operator=(const Race&) = delete;

  void start();  // or goes on
  void pause();  // after the round
  void reset();  // back to the first instruction, ready
  void set_step(std::uint64_t step);

  const RaceConfig& config() const;
  std::shared_ptr<const RaceView> view() const;  // never null
  // Until it is finished. False: leave() was called.
  bool wait() const;
  void leave();  // wait() returns and the race rests; only destroying it is of use after that

 private:
  struct Implementation;
  explicit Race(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
