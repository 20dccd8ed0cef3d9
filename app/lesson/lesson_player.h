// SPDX-License-Identifier: MIT
//
// lesson_player.h - plays one lesson, for a window and for no window alike.
//
// The headless runner and the workbench drive this same state machine, so a
// lesson cannot behave differently in the two. Lua and the session's commands
// run on the player's own thread: no method here waits for a guest, and a
// caller draws whatever view() holds this frame.
//
// Phases of a beat: Question → Predict → Observe → Compare → Explain →
// OtherTechnique → Retrieve → Task; a phase that a beat does not have is passed over.
// The machine is touched only in Observe and OtherTechnique; a task's check has its own. A learner
// may move the machine by hand in between; the player moves it back before it goes on, so the
// event-log hash of a lesson does not depend on who watched it.
//
// Threads: every method may be called from any thread.

#pragma once

#include "gv/machine_config.h"
#include "gv/race.h"
#include "gv/session.h"
#include "lesson/lesson.h"
#include "lesson/lua_host.h"
#include "lesson/verdict.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

enum class LessonPhase : std::uint8_t {
  Loading,
  Question,  // read; then advance()
  Predict,   // only submit_prediction() goes on; no control of the machine is enabled
  Observe,   // the run goes on, or awaits_advance is set and advance() continues it
  Compare,   // your prediction beside what happened
  Explain,
  OtherTechnique,  // the same guest under another technique, ledgers side by side
  Retrieve,        // answer_retrieval() until all are answered, then advance()
  Task,            // submit_task() as often as you like; advance() also without a right answer
  Done,
  Failed,  // `error` says why; retry() starts the beat anew
};
std::string_view name_of(LessonPhase phase);

// One sentence about one step, for the lesson pane, transcripts and screen readers.
struct NarrationLine {
  std::string text;
  Position at;
};

struct RetrievalView {
  QuestionForm form;
  Answer given;
  std::optional<bool> right;  // set once answered
  std::string feedback;       // Markdown; set once answered
  Answer truth;               // set once answered
};

// A task while the learner works on it.
struct TaskView {
  std::string id, title, question, starter;
  bool checking = false;
  std::string checked;                // the source that `result` judges
  std::optional<CheckResult> result;  // of the latest submission
  std::string printed;                // what it printed
  std::vector<std::string> said;      // the check's own narration
};

struct LedgerSide {
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::BareMetal;
  Ledger ledger;
};

// The picture of a lesson at one instant. Every text is filled in and ready to draw as Markdown.
struct LessonView {
  std::uint64_t generation = 0;  // grows with every change
  LessonPhase phase = LessonPhase::Loading;
  std::string title, slug;
  int beat_index = 0, beat_count = 0;
  std::string beat_id, beat_title;
  bool busy = false;            // the player's thread is at work
  bool awaits_advance = false;  // Observe stopped to show something

  std::string question;
  std::optional<QuestionForm> prediction;
  Answer predicted;
  Confidence confidence = Confidence::Guessing;
  Answer happened;  // measured; set from Compare on
  std::optional<bool> prediction_right;
  std::string comparison;                // "You predicted … . What happened: … ."
  std::string explanation;               // set from Explain on
  std::vector<NarrationLine> narration;  // of this beat so far
  std::string other_technique;           // text; set in OtherTechnique
  std::optional<LedgerSide> this_side, other_side;
  std::vector<RetrievalView> retrieval;  // set in Retrieve
  std::optional<TaskView> task;          // set in Task

  PanelLayout panels;
  std::vector<std::string> controls;  // allowed right now, by id; empty before the prediction
  std::vector<std::string> hints;     // revealed so far
  int hints_left = 0;

  int predictions_made = 0, predictions_right = 0;
  int tasks = 0, tasks_passed = 0;
  std::string error;  // one sentence, in phase Failed
};

// What was played, once the lesson is Done. Equal for equal lesson, seed and answers.
struct PlayedBeat {
  std::string id, title;
  Answer predicted, happened;
  Confidence confidence = Confidence::Guessing;
  std::optional<bool> prediction_right;
  std::string question, comparison, explanation, other_technique;
  std::vector<NarrationLine> narration;
  std::optional<LedgerSide> this_side, other_side;
  std::vector<RetrievalView> retrieval;
  std::uint64_t phenomenon = 0;      // how often what the beat is about happened
  std::uint64_t event_log_hash = 0;  // of the beat's machine when Observe was over
  std::uint64_t state_hash = 0;
  std::shared_ptr<const Snapshot> snapshot;
  EventView events;
  std::optional<QuestionForm> prediction;
};
struct PlayedLesson {
  LessonMeta meta;
  std::uint64_t seed = 0;
  std::vector<PlayedBeat> beats;
  std::uint64_t event_log_hash = 0;  // over the beats' hashes, in order
};

struct PlayerOptions {
  std::uint64_t seed = 1;
  std::optional<EngineKind> engine;  // instead of the lesson's
  bool pause_for_narration = true;  // lab.pause() waits for advance(); the headless runner does not
  std::uint32_t race_rounds_per_second = 0;  // of lab.race; a window shows it at a rate to follow
};

class LessonPlayer {
 public:
  // Error: what load_lesson says. Playing starts at once, in the first beat's Question.
  static Result<std::unique_ptr<LessonPlayer>> open(const std::string& folder,
                                                    PlayerOptions options = {});
  ~LessonPlayer();  // cancels and joins
  LessonPlayer(const LessonPlayer&) = delete;
  LessonPlayer& operator=(const LessonPlayer&) = delete;

  const Lesson& lesson() const;
  std::shared_ptr<const LessonView> view() const;  // never null
  // The machine to show; changes when a beat starts another; null before the first one exists.
  std::shared_ptr<Session> session() const;
  // The race that this beat has held last; null before its first.
  std::shared_ptr<Race> race() const;

  // Each returns whether it did something in the present phase; false is "not now".
  bool advance();
  bool submit_prediction(Answer answer, Confidence confidence);
  bool answer_retrieval(std::size_t index, Answer answer);
  // Lua that defines the task's function, and is checked as a file of --answers would be.
  bool submit_task(std::string source);
  // The n-th task of the lesson; its beat's own phases are skipped.
  bool go_to_task(int index);
  bool request_hint();
  bool retry();                // this beat from its question
  bool go_to_beat(int index);  // any beat from its question; for "back" and for presenters
  void cancel();               // stops a run in progress; the phase becomes Failed, save in Task

  // Waits until the player's thread is idle or a view newer than `generation` exists.
  std::shared_ptr<const LessonView> wait_for_change(std::uint64_t generation,
                                                    std::uint64_t milliseconds) const;
  // What has been played so far; complete in phase Done.
  PlayedLesson played() const;
  // Checks the functions that a learner wrote, one result per task of the lesson. Waits for its
  // turn on the player's thread; `learner` must not be in use elsewhere meanwhile.
  std::vector<CheckResult> check_tasks(LuaHost& learner);

 private:
  struct Implementation;
  explicit LessonPlayer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
