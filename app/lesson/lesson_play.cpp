// SPDX-License-Identifier: MIT

#include "lesson/lesson_play.h"

#include "lesson/text_template.h"

#include <algorithm>

namespace gv {
namespace {

std::uint64_t whole_number(const LuaValue& outcome, const char* name) {
  if (!outcome.is_object() || !outcome.contains(name))
    return 0;
  const LuaValue& value = outcome[name];
  if (value.is_number_integer())
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.get<std::int64_t>()));
  return value.is_boolean() && value.get<bool>() ? 1 : 0;
}

}  // namespace

void LessonPlayer::Implementation::publish() {
  ++draft.generation;
  draft.busy = working || !jobs.empty();
  published = std::make_shared<const LessonView>(draft);
  changed.notify_all();
}

void LessonPlayer::Implementation::enqueue(std::function<void()> job) {
  jobs.push_back(std::move(job));
  publish();
}

void LessonPlayer::Implementation::work() {
  std::unique_lock lock(mutex);
  while (true) {
    changed.wait(lock, [&] { return stopping || !jobs.empty(); });
    if (stopping)
      return;
    auto job = std::move(jobs.front());
    jobs.pop_front();
    working = true;
    lock.unlock();
    job();
    lock.lock();
    working = false;
    publish();
  }
}

void LessonPlayer::Implementation::fail(const std::string& sentence) {
  draft.phase = LessonPhase::Failed;
  draft.error = sentence;
  draft.awaits_advance = false;
  draft.controls.clear();
  publish();
}

void LessonPlayer::Implementation::abandon() {
  jobs.clear();
  if (working || draft.awaits_advance) {
    leaving = true;
    script->host().cancel();
    if (learner != nullptr)
      learner->cancel();
    if (shown)
      shown->submit(Pause{});
    if (race)
      race->leave();
  }
  changed.notify_all();
}

void LessonPlayer::Implementation::begin_beat(std::size_t beat_index) {
  const Beat& beat = lesson().beats[beat_index];
  LessonView fresh;
  fresh.generation = draft.generation;
  fresh.title = lesson().meta.title;
  fresh.slug = lesson().meta.slug;
  fresh.beat_count = static_cast<int>(lesson().beats.size());
  fresh.beat_index = static_cast<int>(beat_index);
  fresh.beat_id = beat.id;
  fresh.beat_title = beat.title;
  fresh.question = beat.question;
  fresh.prediction = beat.prediction;
  fresh.panels = beat.panels;
  fresh.hints_left = static_cast<int>(beat.hints.size());
  fresh.tasks = static_cast<int>(lesson().tasks.size());
  fresh.tasks_passed = draft.tasks_passed;
  fresh.phase = LessonPhase::Question;
  draft = std::move(fresh);
  if (race)
    old_races.push_back(std::move(race));
  race.reset();
  PlayedBeat played;
  played.id = beat.id;
  played.title = beat.title;
  played.question = beat.question;
  played.prediction = beat.prediction;
  beats.resize(std::max(beats.size(), beat_index + 1));
  outcomes.resize(beats.size());
  beats[beat_index] = std::move(played);
  outcomes[beat_index] = LuaValue::object();
  count_predictions();
  publish();
}

void LessonPlayer::Implementation::count_predictions() {
  draft.predictions_made = draft.predictions_right = 0;
  for (const PlayedBeat& beat : beats) {
    if (!beat.prediction_right)
      continue;
    ++draft.predictions_made;
    if (*beat.prediction_right)
      ++draft.predictions_right;
  }
}

void LessonPlayer::Implementation::start_observing() {
  draft.phase = LessonPhase::Observe;
  draft.narration.clear();
  enqueue([this, beat = index()] { observe(beat); });
}

void LessonPlayer::Implementation::narrate_line(const std::string& text) {
  const std::lock_guard lock(mutex);
  if (leaving)
    return;
  if (draft.phase == LessonPhase::Task && draft.task) {
    draft.task->said.push_back(text);
    publish();
    return;
  }
  NarrationLine line{text, shown ? shown->snapshot()->position : Position{}};
  draft.narration.push_back(line);
  publish();
}

bool LessonPlayer::Implementation::pause_for(const std::string& text) {
  narrate_line(text);
  if (!options.pause_for_narration)
    return true;
  std::shared_ptr<Session> machine;
  Position at;
  {
    std::unique_lock lock(mutex);
    if (leaving || stopping)
      return false;
    if (draft.phase == LessonPhase::Task)
      return true;  // a check does not wait for a reader
    machine = shown;
    at = machine ? machine->snapshot()->position : Position{};
    draft.awaits_advance = true;
    draft.controls = lesson().beats[index()].controls;
    go_on = false;
    working = false;
    publish();
    changed.wait(lock, [&] { return go_on || leaving || stopping; });
    working = true;
    draft.awaits_advance = false;
    draft.controls.clear();
    publish();
    if (leaving || stopping)
      return false;
  }
  put_back(machine, at);
  return true;
}

void LessonPlayer::Implementation::put_back(const std::shared_ptr<Session>& machine,
                                            const Position& at) {
  if (!machine)
    return;
  const auto now = machine->snapshot();
  if (now->state == RunState::Running)
    machine->perform(Pause{});
  if (machine->snapshot()->position != at)
    machine->perform(Seek{at.retired});
}

void LessonPlayer::Implementation::observe(std::size_t beat_index) {
  std::vector<std::shared_ptr<Race>> ended;
  {
    const std::lock_guard lock(mutex);
    leaving = false;
    shown.reset();
    environment.machines.clear();
    ended = std::move(old_races);
    old_races.clear();
  }
  ended.clear();
  script->host().collect_garbage();
  const LuaOutcome result = script->observe(beat_index);
  const std::lock_guard lock(mutex);
  if (leaving || stopping) {
    leaving = false;
    return;
  }
  if (!result.ok())
    return fail("beat '" + lesson().beats[beat_index].id + "': " + result.error->message);
  finish_observing(beat_index, result.first());
}

void LessonPlayer::Implementation::finish_observing(std::size_t beat_index, LuaValue outcome) {
  const Beat& beat = lesson().beats[beat_index];
  PlayedBeat& played = beats[beat_index];
  if (environment.machines.empty())
    return fail("beat '" + beat.id + "' made no machine");
  const std::shared_ptr<Session> machine = environment.machines.front();
  shown = machine;
  ViewRequest view;
  view.state_hash = true;
  const Notice notice = machine->perform(Look{view});
  played.snapshot = notice.snapshot ? notice.snapshot : machine->snapshot();
  played.state_hash = played.snapshot->state_hash.value_or(0);
  played.event_log_hash = machine->event_log_hash();
  played.events = machine->events();
  played.phenomenon = whole_number(outcome, "phenomenon");
  played.narration = draft.narration;
  played.this_side =
      LedgerSide{machine->config().engine, machine->config().technique, played.snapshot->ledger};
  if (outcome.contains("answer")) {
    played.happened = LessonScript::answer_from(outcome["answer"]);
  }
  if (played.phenomenon == 0) {
    return fail("beat '" + beat.id + "': what it is about did not happen in this run");
  }
  draft.happened = played.happened;
  auto explanation = fill_template(beat.explanation, outcome);
  if (!explanation)
    return fail("text.en.md: " + beat.id + ".explain: " + explanation.error().message);
  played.explanation = *explanation;
  if (beat.prediction) {
    if (!is_answered(played.happened)) {
      return fail("beat '" + beat.id + "': observe returned no answer");
    }
    played.prediction_right = agrees(*beat.prediction, played.predicted, played.happened);
    played.comparison = comparison_of(*beat.prediction, played);
  }
  draft.prediction_right = played.prediction_right;
  draft.comparison = played.comparison;
  draft.this_side = played.this_side;
  draft.controls = beat.controls;
  outcomes[beat_index] = std::move(outcome);
  count_predictions();
  draft.phase = beat.prediction ? LessonPhase::Compare : LessonPhase::Explain;
  if (draft.phase == LessonPhase::Explain)
    draft.explanation = played.explanation;
  publish();
}

std::string LessonPlayer::Implementation::comparison_of(const QuestionForm& form,
                                                        const PlayedBeat& played) {
  std::string text = "**You predicted:** " + words_of(form, played.predicted) + " (" +
                     std::string(name_of(played.confidence)) + ")\n\n**What happened:** " +
                     words_of(form, played.happened) + "\n\n";
  if (played.prediction_right.value_or(false)) {
    return text + (played.confidence == Confidence::Guessing
                       ? "Your guess agrees with the run. Read why before you rely on it."
                       : "Your prediction agrees with the run.");
  }
  text += "The run disagrees with your prediction.";
  if (const auto* id = std::get_if<std::string>(&played.predicted)) {
    for (const Choice& choice : form.choices) {
      if (choice.id == *id && !choice.feedback.empty())
        text += " " + choice.feedback;
    }
  }
  return text;
}

void LessonPlayer::Implementation::play_other(std::size_t beat_index) {
  LuaValue outcome;
  {
    const std::lock_guard lock(mutex);
    leaving = false;
    outcome = outcomes[beat_index];
  }
  const std::size_t before = environment.machines.size();
  const LuaOutcome result = script->observe_other(beat_index, outcome);
  const std::lock_guard lock(mutex);
  if (leaving || stopping) {
    leaving = false;
    return;
  }
  const Beat& beat = lesson().beats[beat_index];
  if (!result.ok())
    return fail("beat '" + beat.id + "': " + result.error->message);
  if (environment.machines.size() <= before)
    return fail("beat '" + beat.id + "': no other machine");
  const std::shared_ptr<Session>& machine = environment.machines[before];
  LuaValue values = outcome;
  const LuaValue measured = result.first();
  if (measured.is_object()) {
    for (const auto& [name, value] : measured.items())
      values["other_" + name] = value;
  }
  auto text = fill_template(beat.other_technique, values);
  if (!text)
    return fail("text.en.md: " + beat.id + ".other: " + text.error().message);
  PlayedBeat& played = beats[beat_index];
  played.other_technique = *text;
  played.other_side = LedgerSide{machine->config().engine, machine->config().technique,
                                 machine->snapshot()->ledger};
  outcomes[beat_index] = std::move(values);
  draft.other_technique = played.other_technique;
  draft.other_side = played.other_side;
  draft.phase = LessonPhase::OtherTechnique;
  publish();
}

void LessonPlayer::Implementation::draw_questions(std::size_t beat_index) {
  LuaValue outcome;
  int count = 0;
  {
    const std::lock_guard lock(mutex);
    leaving = false;
    outcome = outcomes[beat_index];
    count = lesson().beats[beat_index].retrieval_questions;
  }
  std::vector<RetrievalView> questions;
  std::string problem;
  for (int i = 0; i < count && problem.empty(); ++i) {
    auto drawn = script->draw(beat_index, i, outcome, options.seed);
    if (!drawn) {
      problem = drawn.error().message;
      break;
    }
    RetrievalView question;
    question.form = std::move(drawn->form);
    question.truth = drawn->truth;
    question.feedback = drawn->feedback;
    questions.push_back(std::move(question));
  }
  const std::lock_guard lock(mutex);
  if (leaving || stopping) {
    leaving = false;
    return;
  }
  if (!problem.empty())
    return fail(problem);
  beats[beat_index].retrieval = std::move(questions);
  show_retrieval(beat_index);
  draft.phase = LessonPhase::Retrieve;
  publish();
}

void LessonPlayer::Implementation::show_retrieval(std::size_t beat_index) {
  draft.retrieval = beats[beat_index].retrieval;
  for (RetrievalView& question : draft.retrieval) {
    if (question.right)
      continue;
    question.truth = std::monostate{};
    question.feedback.clear();
  }
}

bool LessonPlayer::Implementation::all_retrieved() const {
  return std::all_of(draft.retrieval.begin(), draft.retrieval.end(),
                     [](const RetrievalView& question) { return question.right.has_value(); });
}

void LessonPlayer::Implementation::next_beat() {
  if (index() + 1 < lesson().beats.size())
    return begin_beat(index() + 1);
  draft.task.reset();
  draft.phase = LessonPhase::Done;
  draft.controls.clear();
  publish();
}

void LessonPlayer::Implementation::after_explanation() {
  const std::size_t beat = index();
  if (draft.phase == LessonPhase::Explain && script->has_other(beat)) {
    return enqueue([this, beat] { play_other(beat); });
  }
  if (lesson().beats[beat].retrieval_questions > 0) {
    return enqueue([this, beat] { draw_questions(beat); });
  }
  task_or_next_beat(0);
}

bool LessonPlayer::Implementation::advance() {
  switch (draft.phase) {
    case LessonPhase::Question:
      if (draft.prediction) {
        draft.phase = LessonPhase::Predict;
        publish();
      } else {
        start_observing();
      }
      return true;
    case LessonPhase::Observe:
      if (!draft.awaits_advance)
        return false;
      go_on = true;
      changed.notify_all();
      return true;
    case LessonPhase::Compare:
      draft.phase = LessonPhase::Explain;
      draft.explanation = beats[index()].explanation;
      publish();
      return true;
    case LessonPhase::Explain:
    case LessonPhase::OtherTechnique:
      if (working || !jobs.empty())
        return false;
      after_explanation();
      return true;
    case LessonPhase::Retrieve:
      if (!all_retrieved())
        return false;
      task_or_next_beat(0);
      return true;
    case LessonPhase::Task:
      if (working || !jobs.empty())
        return false;
      task_or_next_beat(task + 1);
      return true;
    default:
      return false;
  }
}

}  // namespace gv
