// SPDX-License-Identifier: MIT
//
// shown_race.cpp - offering, changing and leaving races.

#include "workbench/shown_race.h"

#include <algorithm>
#include <utility>

namespace gv {
namespace {

constexpr std::uint64_t kInstructionStep = 10'000;
constexpr std::uint64_t kMostStep = 1'000'000;

RaceLane lane_of(EngineKind engine, TechniqueKind technique, const MachineConfig& guest) {
  RaceLane lane;
  lane.name = std::string(name_of(technique));
  lane.engine = engine;
  lane.technique = technique;
  lane.controls = guest.controls;
  lane.cost = guest.cost;
  return lane;
}

// Two engines under one technique: then the engine tells them apart.
void name_lanes(std::vector<RaceLane>& lanes) {
  for (RaceLane& lane : lanes) {
    const auto same = std::count_if(lanes.begin(), lanes.end(), [&](const RaceLane& other) {
      return other.technique == lane.technique;
    });
    const std::string technique(name_of(lane.technique));
    if (lane.name == technique || lane.name == technique + ", " + std::string(name_of(lane.engine)))
      lane.name = same > 1 ? technique + ", " + std::string(name_of(lane.engine)) : technique;
  }
}

}  // namespace

ShownRace::ShownRace() : view_(std::make_shared<RaceView>()) {
  for (const TechniqueKind technique :
       {TechniqueKind::BareMetal, TechniqueKind::Interpretation, TechniqueKind::TrapAndEmulate,
        TechniqueKind::BinaryTranslation, TechniqueKind::HardwareAssisted}) {
    for (const EngineKind engine : {EngineKind::Unicorn, EngineKind::Interpreter, EngineKind::Kvm})
      choices_.push_back({engine, technique, ""});
  }
}

ShownRace::~ShownRace() = default;

// A race's end waits for its lanes; that is not this thread's time.
void ShownRace::hold(std::shared_ptr<Race> race) {
  std::erase_if(closing_, [](const std::future<void>& closing) {
    return closing.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  if (race_) {
    race_->pause();
    closing_.push_back(
        std::async(std::launch::async, [old = std::move(race_)]() mutable { old.reset(); }));
  }
  race_ = std::move(race);
  view_ = race_ ? race_->view() : std::make_shared<const RaceView>();
  tell_choices();
}

void ShownRace::hold_new(RaceConfig config) {
  name_lanes(config.lanes);
  config.rounds_per_second = kRaceRoundsPerSecond;
  auto race = Race::create(std::move(config));
  if (!race) {
    refusals_.push_back(race.error().message);
    return;
  }
  hold(std::shared_ptr<Race>(std::move(*race)));
}

void ShownRace::tell_choices() {
  for (Choice& choice : choices_) {
    const auto available = check_available(choice.engine, choice.technique);
    choice.why_not = available ? "" : available.error().message;
    if (available && choice.engine == EngineKind::Kvm && view_->ruler == RaceRuler::Instructions)
      choice.why_not = "kvm does not count instructions: race by console lines";
  }
}

void ShownRace::offer(std::shared_ptr<Race> lessons, const std::shared_ptr<Session>& session) {
  if (lessons != lessons_) {
    lessons_ = lessons;
    guest_of_.reset();
    hold(std::move(lessons));
    return;
  }
  if (lessons_ || !session || guest_of_.lock() == session)
    return;
  const MachineConfig& guest = session->config();
  const bool same_guest = race_ && race_->config().guest.image_path == guest.image_path &&
                          race_->config().guest.command_line == guest.command_line;
  guest_of_ = session;
  if (same_guest)
    return;
  RaceConfig config;
  config.guest = guest;
  config.step = kInstructionStep;
  for (const auto& [engine, technique] :
       {std::pair{EngineKind::Interpreter, TechniqueKind::Interpretation},
        std::pair{EngineKind::Unicorn, TechniqueKind::TrapAndEmulate},
        std::pair{EngineKind::Unicorn, TechniqueKind::BinaryTranslation},
        std::pair{EngineKind::Unicorn, TechniqueKind::HardwareAssisted}}) {
    if (check_available(engine, technique))
      config.lanes.push_back(lane_of(engine, technique, guest));
  }
  hold_new(std::move(config));
}

bool ShownRace::refresh() {
  if (!race_)
    return false;
  auto newest = race_->view();
  if (newest->generation == view_->generation)
    return false;
  view_ = std::move(newest);
  return true;
}

std::string ShownRace::why_not_start() const {
  if (lesson_waits_ && lessons_)
    return "";
  return forbidden_;
}

std::string ShownRace::why_not_change() const {
  if (!forbidden_.empty())
    return forbidden_;
  if (lesson_waits_)
    return "The lesson has chosen these lanes and waits for them.";
  if (view_->state == RaceState::Running || view_->state == RaceState::Paused)
    return "Reset the race to change who runs.";
  return "";
}

void ShownRace::start_or_pause() {
  if (!race_ || !why_not_start().empty())
    return;
  if (view_->state == RaceState::Running)
    return race_->pause();
  if (view_->state == RaceState::Finished)
    race_->reset();
  race_->start();
}

void ShownRace::reset() {
  if (!race_ || !why_not_start().empty())
    return;
  race_->reset();
  // The lesson goes on when its race is over; nobody should have to find that out.
  if (lesson_waits_)
    race_->start();
}

void ShownRace::toggle(EngineKind engine, TechniqueKind technique) {
  if (!race_ || !why_not_change().empty())
    return;
  RaceConfig config = race_->config();
  config.step = view_->step;
  const auto gone = std::erase_if(config.lanes, [&](const RaceLane& lane) {
    return lane.engine == engine && lane.technique == technique;
  });
  if (gone == 0)
    config.lanes.push_back(lane_of(engine, technique, config.guest));
  hold_new(std::move(config));
}

void ShownRace::set_ruler(RaceRuler ruler) {
  if (!race_ || !why_not_change().empty() || view_->ruler == ruler)
    return;
  RaceConfig config = race_->config();
  config.ruler = ruler;
  config.limit.reset();
  config.step = ruler == RaceRuler::Instructions ? kInstructionStep : 1;
  if (ruler == RaceRuler::Instructions)
    std::erase_if(config.lanes,
                  [](const RaceLane& lane) { return lane.engine == EngineKind::Kvm; });
  hold_new(std::move(config));
}

void ShownRace::change_step(int direction) {
  if (!race_)
    return;
  std::uint64_t decade = 1;
  while (decade * 10 <= view_->step)
    decade *= 10;
  const std::uint64_t lead = view_->step / decade;
  std::uint64_t next = 0;
  if (direction > 0)
    next = decade * (lead >= 5 ? 10 : lead >= 2 ? 5 : 2);
  else
    next = lead > 5 ? decade * 5 : lead > 2 ? decade * 2 : lead > 1 ? decade : decade / 2;
  race_->set_step(std::clamp<std::uint64_t>(next, 1, kMostStep));
}

}  // namespace gv
