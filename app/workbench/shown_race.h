// SPDX-License-Identifier: MIT
//
// shown_race.h - the race in its panel: a lesson's, or one of the guest on the screen.
//
// A lesson's race comes with its lanes and runs as the lesson says; the learner
// may pause it, go on, and begin anew. Without one the guest of the shown machine
// can be raced under any techniques. Lanes change by making another race: one that
// runs is never altered.
//
// Everything here returns at once. Races that are left end on a thread of their own.
//
// Threads: GUI thread.

#pragma once

#include "gv/race.h"
#include "gv/session.h"
#include "visualizers/panel.h"

#include <future>
#include <memory>
#include <string>
#include <vector>

namespace gv {

// Rounds that a window lets a race do, so that one can follow the bars.
inline constexpr std::uint32_t kRaceRoundsPerSecond = 30;

class ShownRace : public RaceSetup {
 public:
  ShownRace();
  ~ShownRace() override;

  // What may be raced: a lesson's race, else the guest of `session`. Either may be null.
  void offer(std::shared_ptr<Race> lessons, const std::shared_ptr<Session>& session);
  // What the lesson forbids right now, as a sentence; empty when it forbids nothing.
  void forbid(std::string why) { forbidden_ = std::move(why); }
  // While the lesson waits for its race, the lanes are the lesson's.
  void set_lesson_waits(bool waits) { lesson_waits_ = waits; }

  // Once a frame: fetches what is new. True when the picture must be drawn again.
  bool refresh();
  bool running() const { return view_->state == RaceState::Running; }
  // Refusals since the last call, to be shown as messages.
  std::vector<std::string> take_refusals() { return std::exchange(refusals_, {}); }

  const RaceView& view() const override { return *view_; }
  const std::vector<Choice>& choices() const override { return choices_; }
  std::string why_not_start() const override;
  std::string why_not_change() const override;
  void start_or_pause() override;
  void reset() override;
  void toggle(EngineKind engine, TechniqueKind technique) override;
  void set_ruler(RaceRuler ruler) override;
  void change_step(int direction) override;

 private:
  void hold(std::shared_ptr<Race> race);
  void hold_new(RaceConfig config);
  void tell_choices();

  std::shared_ptr<Race> race_, lessons_;
  std::weak_ptr<Session> guest_of_;  // whose guest `race_` runs, when it is not a lesson's
  std::shared_ptr<const RaceView> view_;
  std::vector<Choice> choices_;
  std::string forbidden_;
  bool lesson_waits_ = false;
  std::vector<std::string> refusals_;
  std::vector<std::future<void>> closing_;
};

}  // namespace gv
