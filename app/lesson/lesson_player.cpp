// SPDX-License-Identifier: MIT

#include "lesson/lesson_player.h"

#include "lesson/lesson_play.h"

#include <xxhash.h>

#include <chrono>

namespace gv {
namespace {

std::uint64_t hash_of_beats(const std::vector<PlayedBeat>& beats) {
  std::string bytes;
  for (const PlayedBeat& beat : beats) {
    bytes += beat.id;
    for (int shift = 0; shift < 64; shift += 8) {
      bytes += static_cast<char>(beat.event_log_hash >> shift & 0xff);
    }
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace

std::string_view name_of(LessonPhase phase) {
  switch (phase) {
    case LessonPhase::Loading:
      return "loading";
    case LessonPhase::Question:
      return "question";
    case LessonPhase::Predict:
      return "predict";
    case LessonPhase::Observe:
      return "observe";
    case LessonPhase::Compare:
      return "compare";
    case LessonPhase::Explain:
      return "explain";
    case LessonPhase::OtherTechnique:
      return "other-technique";
    case LessonPhase::Retrieve:
      return "retrieve";
    case LessonPhase::Task:
      return "task";
    case LessonPhase::Done:
      return "done";
    case LessonPhase::Failed:
      return "failed";
  }
  return "failed";
}

LessonPlayer::LessonPlayer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Result<std::unique_ptr<LessonPlayer>> LessonPlayer::open(const std::string& folder,
                                                         PlayerOptions options) {
  auto made = std::make_unique<Implementation>();
  Implementation& self = *made;
  self.options = options;
  self.environment.seed = options.seed;
  self.environment.engine = options.engine;
  self.environment.say = [&self](const std::string& text) { self.narrate_line(text); };
  self.environment.pause = [&self](const std::string& text) { return self.pause_for(text); };
  self.environment.machine_created = [&self](std::shared_ptr<Session> session) {
    const std::lock_guard lock(self.mutex);
    self.shown = std::move(session);
    self.publish();
  };
  self.environment.race_rounds_per_second = options.race_rounds_per_second;
  self.environment.race_created = [&self](std::shared_ptr<Race> race) {
    const std::lock_guard lock(self.mutex);
    if (self.leaving || self.stopping)
      race->leave();
    self.race = std::move(race);
    self.publish();
  };
  auto script = LessonScript::load(folder, self.environment);
  if (!script)
    return script.error();
  self.script = std::move(*script);
  self.tasks_passed.resize(self.lesson().tasks.size());
  {
    const std::lock_guard lock(self.mutex);
    self.begin_beat(0);
  }
  self.thread = std::thread([&self] { self.work(); });
  return std::unique_ptr<LessonPlayer>(new LessonPlayer(std::move(made)));
}

LessonPlayer::~LessonPlayer() {
  Implementation& self = *implementation_;
  {
    const std::lock_guard lock(self.mutex);
    self.stopping = true;
    self.abandon();
  }
  self.thread.join();
}

const Lesson& LessonPlayer::lesson() const { return implementation_->lesson(); }

std::shared_ptr<const LessonView> LessonPlayer::view() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->published;
}

std::shared_ptr<Session> LessonPlayer::session() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->shown;
}

std::shared_ptr<Race> LessonPlayer::race() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->race;
}

bool LessonPlayer::advance() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->advance();
}

bool LessonPlayer::submit_prediction(Answer answer, Confidence confidence) {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (self.draft.phase != LessonPhase::Predict || !is_answered(answer))
    return false;
  self.draft.predicted = answer;
  self.draft.confidence = confidence;
  self.beats[self.index()].predicted = std::move(answer);
  self.beats[self.index()].confidence = confidence;
  self.start_observing();
  return true;
}

bool LessonPlayer::answer_retrieval(std::size_t question, Answer answer) {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (self.draft.phase != LessonPhase::Retrieve)
    return false;
  auto& retrieval = self.beats[self.index()].retrieval;
  if (question >= retrieval.size() || retrieval[question].right || !is_answered(answer)) {
    return false;
  }
  RetrievalView& asked = retrieval[question];
  asked.right = agrees(asked.form, answer, asked.truth);
  asked.given = std::move(answer);
  self.show_retrieval(self.index());
  self.publish();
  return true;
}

bool LessonPlayer::request_hint() {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  const auto& hints = self.draft.phase == LessonPhase::Task
                          ? self.lesson().tasks[self.task].hints
                          : self.lesson().beats[self.index()].hints;
  if (self.draft.hints.size() >= hints.size())
    return false;
  self.draft.hints.push_back(hints[self.draft.hints.size()]);
  self.draft.hints_left = static_cast<int>(hints.size() - self.draft.hints.size());
  self.publish();
  return true;
}

bool LessonPlayer::retry() {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  self.abandon();
  self.begin_beat(self.index());
  return true;
}

bool LessonPlayer::go_to_beat(int index) {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (index < 0 || index >= static_cast<int>(self.lesson().beats.size()))
    return false;
  self.abandon();
  self.begin_beat(static_cast<std::size_t>(index));
  return true;
}

void LessonPlayer::cancel() {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (!self.working && self.jobs.empty() && !self.draft.awaits_advance)
    return;
  self.leaving = true;
  self.abandon();
  if (self.draft.phase == LessonPhase::Task && self.draft.task) {
    self.draft.task->checking = false;
    return self.publish();
  }
  self.fail("the run was stopped");
}

std::shared_ptr<const LessonView> LessonPlayer::wait_for_change(std::uint64_t generation,
                                                                std::uint64_t milliseconds) const {
  const Implementation& self = *implementation_;
  std::unique_lock lock(self.mutex);
  self.changed.wait_for(lock, std::chrono::milliseconds(milliseconds),
                        [&] { return self.published->generation > generation; });
  return self.published;
}

PlayedLesson LessonPlayer::played() const {
  const Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  PlayedLesson played;
  played.meta = self.lesson().meta;
  played.seed = self.options.seed;
  played.beats = self.beats;
  played.event_log_hash = hash_of_beats(self.beats);
  return played;
}

}  // namespace gv
