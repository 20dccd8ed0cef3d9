// SPDX-License-Identifier: MIT
//
// race.cpp - sends the lanes from mark to mark.

#include "gv/race.h"

#include "gv/session.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

namespace gv {
namespace {

using Clock = std::chrono::steady_clock;

// A lane comes back this often, so that a race can be left or paused while one is slow.
constexpr std::uint64_t kSliceMilliseconds = 50;

Error refusal(std::string sentence) { return {ErrorCode::InvalidInput, std::move(sentence)}; }

std::string title_of_guest(const MachineConfig& guest) {
  std::string title = std::filesystem::path(guest.image_path).stem().string();
  if (!guest.command_line.empty())
    title += " " + guest.command_line;
  return title;
}

}  // namespace

struct Race::Implementation {
  struct Lane {
    std::unique_ptr<Session> session;  // the race's thread alone uses it
    RaceLaneView view;
    std::uint64_t console_read = 0;
  };

  RaceConfig config;
  std::vector<Lane> lanes;  // the race's thread

  mutable std::mutex mutex;  // guards all below
  mutable std::condition_variable changed;
  RaceView draft;
  std::shared_ptr<const RaceView> published;
  bool start_wanted = false, reset_wanted = false, left = false, stopping = false;
  std::uint64_t step = 1;
  std::thread thread;

  // With the mutex held.
  void publish() {
    draft.step = step;
    ++draft.generation;
    published = std::make_shared<const RaceView>(draft);
    changed.notify_all();
  }

  void put_on_the_line() {
    lanes.clear();
    draft.state = RaceState::Ready;
    draft.mark = 0;
    draft.lanes.clear();
    for (const RaceLane& lane : config.lanes) {
      Lane fresh;
      fresh.view.lane = lane;
      fresh.view.snapshot = std::make_shared<const Snapshot>();
      draft.lanes.push_back(fresh.view);
      lanes.push_back(std::move(fresh));
    }
  }

  bool interrupted() const {
    const std::lock_guard lock(mutex);
    return stopping || left || reset_wanted;
  }

  // The lanes' machines, at the first instruction. Without the mutex.
  void make_machines() {
    for (Lane& lane : lanes) {
      if (lane.session != nullptr || lane.view.arrived)
        continue;
      MachineConfig machine = config.guest;
      machine.engine = lane.view.lane.engine;
      machine.technique = lane.view.lane.technique;
      machine.controls = lane.view.lane.controls;
      machine.cost = lane.view.lane.cost;
      machine.trace = TracePolicy::Off;
      machine.time_travel = false;
      auto made = Session::create(std::move(machine));
      if (!made) {
        lane.view.arrived = true;
        lane.view.end = made.error().message;
        continue;
      }
      lane.session = std::move(*made);
      ViewRequest nothing;
      nothing.disassembly = nothing.devices = false;
      lane.session->perform(SetView{nothing});
      lane.view.snapshot = lane.session->snapshot();
    }
  }

  std::uint64_t reached(const Lane& lane) const {
    return config.ruler == RaceRuler::ConsoleLines ? lane.view.lines
                                                   : lane.view.snapshot->position.retired;
  }

  // Without the mutex; one lane after the other: the marks are the guest's, not the clock's.
  void run_to(Lane& lane, std::uint64_t mark) {
    const auto began = Clock::now();
    while (!lane.view.arrived && reached(lane) < mark && !interrupted()) {
      Run run;
      run.host_milliseconds = kSliceMilliseconds;
      if (config.ruler == RaceRuler::ConsoleLines)
        run.until_console = "\n";
      else
        run.instructions = mark - reached(lane);
      const Notice notice = lane.session->perform(std::move(run));
      lane.view.snapshot = lane.session->snapshot();
      const std::string text = lane.session->console(lane.console_read);
      lane.console_read += text.size();
      lane.view.lines += static_cast<std::uint64_t>(std::count(text.begin(), text.end(), '\n'));
      const bool goes_on = notice.cause == StopCause::InstructionLimit ||
                           notice.cause == StopCause::ConsoleMatched ||
                           notice.cause == StopCause::TimeLimit;
      if (notice.refused || !goes_on) {
        lane.view.arrived = true;
        lane.view.end = notice.refused ? notice.text : lane.view.snapshot->cause_text;
      } else if (Clock::now() - began > std::chrono::milliseconds(config.lane_milliseconds)) {
        lane.view.arrived = true;
        lane.view.end = "it took too long to the next mark";
      }
    }
  }

  void work() {
    auto next_round = Clock::now();
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || reset_wanted || (start_wanted && !left); });
      if (stopping)
        return;
      if (reset_wanted) {
        reset_wanted = false;
        put_on_the_line();
        publish();
        continue;
      }
      if (draft.state == RaceState::Finished) {
        start_wanted = false;
        continue;
      }
      if (draft.state != RaceState::Running) {
        draft.state = RaceState::Running;
        publish();
      }
      std::uint64_t mark = draft.mark + step;
      if (config.limit)
        mark = std::min(mark, *config.limit);
      lock.unlock();
      make_machines();
      for (Lane& lane : lanes)
        run_to(lane, mark);
      lock.lock();
      if (reset_wanted || stopping)
        continue;
      end_round(left ? draft.mark : mark);
      if (config.rounds_per_second > 0 && draft.state == RaceState::Running) {
        next_round = std::max(
            next_round + std::chrono::nanoseconds(1'000'000'000) / config.rounds_per_second,
            Clock::now());
        changed.wait_until(lock, next_round,
                           [&] { return stopping || reset_wanted || !start_wanted || left; });
      }
    }
  }

  // With the mutex held: what the lanes have come to.
  void end_round(std::uint64_t mark) {
    for (std::size_t i = 0; i < lanes.size(); ++i)
      draft.lanes[i] = lanes[i].view;
    const bool all_arrived =
        std::all_of(lanes.begin(), lanes.end(), [](const Lane& lane) { return lane.view.arrived; });
    // The last round ends where the last guest does, not at its mark.
    draft.mark = mark;
    if (all_arrived) {
      draft.mark = 0;
      for (const Lane& lane : lanes)
        draft.mark = std::max(draft.mark, reached(lane));
    }
    if (all_arrived || (config.limit && draft.mark >= *config.limit)) {
      draft.state = RaceState::Finished;
      start_wanted = false;
    } else if (!start_wanted || left) {
      draft.state = RaceState::Paused;
    }
    publish();
  }
};

Race::Race(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Result<std::unique_ptr<Race>> Race::create(RaceConfig config) {
  if (config.lanes.empty() || config.lanes.size() > kMostRaceLanes)
    return refusal("a race has 1 to " + std::to_string(kMostRaceLanes) + " lanes");
  if (config.step == 0)
    return refusal("a race goes on by at least 1 from mark to mark");
  for (std::size_t i = 0; i < config.lanes.size(); ++i) {
    const RaceLane& lane = config.lanes[i];
    if (const auto available = check_available(lane.engine, lane.technique); !available)
      return available.error();
    if (lane.engine == EngineKind::Kvm && config.ruler == RaceRuler::Instructions)
      return refusal("kvm does not count instructions: race by console lines, or without it");
    for (std::size_t other = 0; other < i; ++other) {
      if (config.lanes[other].name == lane.name)
        return refusal("two lanes are called '" + lane.name + "'; give each a name of its own");
    }
  }
  auto made = std::make_unique<Implementation>();
  Implementation& self = *made;
  self.config = std::move(config);
  self.step = self.config.step;
  self.draft.guest = title_of_guest(self.config.guest);
  self.draft.ruler = self.config.ruler;
  self.put_on_the_line();
  self.publish();
  self.thread = std::thread([&self] { self.work(); });
  return std::unique_ptr<Race>(new Race(std::move(made)));
}

Race::~Race() {
  {
    const std::lock_guard lock(implementation_->mutex);
    implementation_->stopping = true;
    implementation_->changed.notify_all();
  }
  implementation_->thread.join();
}

void Race::start() {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->start_wanted = true;
  implementation_->changed.notify_all();
}

void Race::pause() {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  self.start_wanted = false;
  if (self.draft.state == RaceState::Running) {
    // Also when it rests between two rounds. A round in progress is published at its end.
    self.draft.state = RaceState::Paused;
    self.publish();
  }
}

void Race::reset() {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->start_wanted = false;
  implementation_->reset_wanted = true;
  implementation_->changed.notify_all();
}

void Race::set_step(std::uint64_t step) {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->step = std::max<std::uint64_t>(1, step);
  implementation_->publish();
}

const RaceConfig& Race::config() const { return implementation_->config; }

std::shared_ptr<const RaceView> Race::view() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->published;
}

bool Race::wait() const {
  const Implementation& self = *implementation_;
  std::unique_lock lock(self.mutex);
  self.changed.wait(lock, [&] { return self.left || self.draft.state == RaceState::Finished; });
  return !self.left;
}

void Race::leave() {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->left = true;
  implementation_->changed.notify_all();
}

}  // namespace gv
