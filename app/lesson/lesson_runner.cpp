// SPDX-License-Identifier: MIT
//
// A lesson without a window: the player, driven by a file of answers.

#include "lesson/learner_answers.h"
#include "lesson/lesson_report.h"
#include "lesson/lesson_script.h"

#include <filesystem>

namespace gv {
namespace {

CheckResult check_of(std::string id, std::string title, bool passed, Finding finding) {
  CheckResult check{std::move(id), std::move(title), passed ? Verdict::Pass : Verdict::Fail, {}};
  if (!passed) {
    finding.check = check.id;
    check.findings.push_back(std::move(finding));
  }
  return check;
}

std::vector<CheckResult> checks_of(const PlayedLesson& played) {
  std::vector<CheckResult> checks;
  for (const PlayedBeat& beat : played.beats) {
    checks.push_back(check_of("phenomenon." + beat.id, beat.title + ": it happened",
                              beat.phenomenon > 0, {"", "at least once", "never", "the run", ""}));
    if (beat.prediction && beat.snapshot) {
      checks.push_back(check_of(
          "predict." + beat.id, beat.title + ": prediction", beat.prediction_right.value_or(false),
          {"", words_of(*beat.prediction, beat.happened),
           words_of(*beat.prediction, beat.predicted), "prediction of beat " + beat.id,
           "play the beat again and watch what stops the run"}));
    }
    for (std::size_t i = 0; i < beat.retrieval.size(); ++i) {
      const RetrievalView& question = beat.retrieval[i];
      checks.push_back(check_of(
          "retrieve." + beat.id + "." + std::to_string(i + 1),
          beat.title + ": question " + std::to_string(i + 1), question.right.value_or(false),
          {"", words_of(question.form, question.truth), words_of(question.form, question.given),
           "question of beat " + beat.id, ""}));
    }
  }
  return checks;
}

// Steps the player once; false when there is no going on without an answer.
bool go_on(LessonPlayer& player, LearnerAnswers& answers, const LessonView& view) {
  switch (view.phase) {
    case LessonPhase::Predict: {
      Answer answer = answers.prediction(view.beat_id);
      // No answer is an answer too, and a wrong one: the lesson is played to its end.
      if (!is_answered(answer))
        answer = std::string("(none)");
      return player.submit_prediction(std::move(answer), answers.confidence(view.beat_id));
    }
    case LessonPhase::Retrieve:
      for (std::size_t i = 0; i < view.retrieval.size(); ++i) {
        Answer answer = answers.retrieval(view.beat_id, i, view.retrieval[i].form);
        if (!is_answered(answer))
          answer = std::string("(none)");
        player.answer_retrieval(i, std::move(answer));
      }
      return player.advance();
    default:
      return player.advance();
  }
}

}  // namespace

Verdict LessonOutcome::verdict() const {
  return problem.empty() ? worst_of(checks) : Verdict::Error;
}

Result<LessonOutcome> run_lesson(const std::string& folder, const RunOptions& options) {
  const std::string path =
      options.answers_path.empty()
          ? (std::filesystem::path(folder) / "solution" / "answers.lua").string()
          : options.answers_path;
  auto answers = LearnerAnswers::load(path, options.player.seed);
  if (!answers)
    return answers.error();
  PlayerOptions player_options = options.player;
  player_options.pause_for_narration = false;
  auto opened = LessonPlayer::open(folder, player_options);
  if (!opened)
    return opened.error();
  LessonPlayer& player = **opened;

  LessonOutcome outcome;
  auto view = player.view();
  std::string beat;
  std::size_t told = 0;
  const auto tell = [&] {
    if (view->beat_id != beat) {
      beat = view->beat_id;
      told = 0;
    }
    for (; options.narrated && told < view->narration.size(); ++told) {
      options.narrated(view->narration[told]);
    }
  };
  while (view->phase != LessonPhase::Done && view->phase != LessonPhase::Failed) {
    tell();
    const std::uint64_t generation = view->generation;
    if (!view->busy && !go_on(player, **answers, *view)) {
      outcome.problem = "the lesson did not go on in phase " + std::string(name_of(view->phase));
      break;
    }
    view = player.wait_for_change(generation, 1000);
  }
  tell();
  if (view->phase == LessonPhase::Failed)
    outcome.problem = view->error;
  outcome.played = player.played();
  outcome.checks = checks_of(outcome.played);
  if (outcome.problem.empty()) {
    for (CheckResult& check : player.check_tasks((*answers)->host())) {
      outcome.checks.push_back(std::move(check));
    }
    if (!options.trace_path.empty() && player.session()) {
      GV_TRY(player.session()->write_trace(options.trace_path));
    }
  }
  return outcome;
}

}  // namespace gv
