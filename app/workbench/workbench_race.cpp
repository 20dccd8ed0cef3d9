// SPDX-License-Identifier: MIT
//
// workbench_race.cpp - which race is held, who may start it, and its actions.

#include "workbench/workbench.h"

namespace gv {

std::string Workbench::why_no_race() const {
  if (!pane_ || may("race"))
    return "";
  const LessonView& view = pane_->view();
  if (view.phase == LessonPhase::Question || view.phase == LessonPhase::Predict)
    return "Predict first, then the race begins.";
  return view.busy ? "The lesson runs the guest." : "The lesson holds no race here.";
}

bool Workbench::refresh_race() {
  race_.forbid(why_no_race());
  const std::shared_ptr<Race> lessons = player_ ? player_->race() : nullptr;
  race_.set_lesson_waits(lessons != nullptr && pane_->view().busy);
  // A machine's guest is made ready to race for who looks; a lesson's race is there anyway.
  if (lessons || cards_.is_open("race"))
    race_.offer(lessons, machine_.shared_session());
  const bool changed = race_.refresh();
  for (std::string& refusal : race_.take_refusals())
    say(std::move(refusal));
  return changed;
}

void Workbench::register_race_actions() {
  const auto add = [this](std::string id, std::string title, std::vector<KeyChord> keys,
                          std::function<void()> run, std::function<bool()> enabled) {
    actions_.add({std::move(id), std::move(title), "Race", std::move(keys), std::move(run),
                  std::move(enabled), false, true, true});
  };
  const auto may_start = [this] {
    return !race_.view().lanes.empty() && race_.why_not_start().empty();
  };
  const auto may_change = [this] {
    return !race_.view().lanes.empty() && race_.why_not_change().empty();
  };
  add(
      "race.start", "Start the race, or pause it", {KeyChord{"f3"}},
      [this] {
        if (!cards_.is_open("race")) {
          cards_.toggle("race");
          refresh_race();
        }
        race_.start_or_pause();
      },
      [this] { return machine_.session() != nullptr && race_.why_not_start().empty(); });
  add(
      "race.reset", "Reset the race", {*chord_from_text("shift+f3")}, [this] { race_.reset(); },
      may_start);
  add(
      "race.coarser", "Race: marks further apart", {}, [this] { race_.change_step(1); }, may_start);
  add(
      "race.finer", "Race: marks closer together", {}, [this] { race_.change_step(-1); },
      may_start);
  add(
      "race.ruler", "Race by instructions, or by console lines", {},
      [this] {
        race_.set_ruler(race_.view().ruler == RaceRuler::Instructions ? RaceRuler::ConsoleLines
                                                                      : RaceRuler::Instructions);
      },
      may_change);
  for (const RaceSetup::Choice& choice : race_.choices()) {
    const EngineKind engine = choice.engine;
    const TechniqueKind technique = choice.technique;
    if (!check_available(engine, technique))
      continue;
    const std::string pair =
        std::string(name_of(technique)) + " on " + std::string(name_of(engine));
    add(
        "race.lane." + std::string(name_of(technique)) + "." + std::string(name_of(engine)),
        "Race: " + pair + " takes part, or not", {},
        [this, engine, technique] { race_.toggle(engine, technique); }, may_change);
  }
}

}  // namespace gv
