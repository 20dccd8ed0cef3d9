// SPDX-License-Identifier: MIT

#include "lesson/lesson_player.h"

#include "lesson/lesson_script.h"
#include "lesson/text_template.h"

#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

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

std::uint64_t whole_number(const LuaValue& outcome, const char* name) {
  if (!outcome.is_object() || !outcome.contains(name)) return 0;
  const LuaValue& value = outcome[name];
  if (value.is_number_integer()) return static_cast<std::uint64_t>(std::max<std::int64_t>(0, value.get<std::int64_t>()));
  return value.is_boolean() && value.get<bool>() ? 1 : 0;
}

}  // namespace

std::string_view name_of(LessonPhase phase) {
  switch (phase) {
    case LessonPhase::Loading: return "loading";
    case LessonPhase::Question: return "question";
    case LessonPhase::Predict: return "predict";
    case LessonPhase::Observe: return "observe";
    case LessonPhase::Compare: return "compare";
    case LessonPhase::Explain: return "explain";
    case LessonPhase::OtherTechnique: return "other-technique";
    case LessonPhase::Retrieve: return "retrieve";
    case LessonPhase::Done: return "done";
    case LessonPhase::Failed: return "failed";
  }
  return "failed";
}

struct LessonPlayer::Implementation {
  PlayerOptions options;
  LabEnvironment environment;
  std::unique_ptr<LessonScript> script;

  // Guarded by `mutex`, as is all below.
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  LessonView draft;
  std::shared_ptr<const LessonView> published;
  std::shared_ptr<Session> shown;
  std::vector<PlayedBeat> beats;
  std::vector<LuaValue> outcomes;  // of each beat's observe
  std::deque<std::function<void()>> jobs;
  bool working = false;
  bool leaving = false;   // the work in progress is to be dropped
  bool stopping = false;
  bool go_on = false;     // advance() during a pause
  std::thread thread;

  const Lesson& lesson() const { return script->lesson(); }
  std::size_t index() const { return static_cast<std::size_t>(draft.beat_index); }

  void publish() {
    ++draft.generation;
    draft.busy = working || !jobs.empty();
    published = std::make_shared<const LessonView>(draft);
    changed.notify_all();
  }

  void enqueue(std::function<void()> job) {
    jobs.push_back(std::move(job));
    publish();
  }

  // The player's thread.
  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || !jobs.empty(); });
      if (stopping) return;
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

  void fail(const std::string& sentence) {
    draft.phase = LessonPhase::Failed;
    draft.error = sentence;
    draft.awaits_advance = false;
    draft.controls.clear();
    publish();
  }

  // With the mutex held: drops work in progress. Its job ends soon and changes nothing more.
  void abandon() {
    jobs.clear();
    if (working || draft.awaits_advance) {
      leaving = true;
      script->host().cancel();
      if (shown) shown->submit(Pause{});
    }
    changed.notify_all();
  }

  void begin_beat(std::size_t beat_index) {
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
    fresh.phase = LessonPhase::Question;
    draft = std::move(fresh);
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

  void count_predictions() {
    draft.predictions_made = draft.predictions_right = 0;
    for (const PlayedBeat& beat : beats) {
      if (!beat.prediction_right) continue;
      ++draft.predictions_made;
      if (*beat.prediction_right) ++draft.predictions_right;
    }
  }

  void start_observing() {
    draft.phase = LessonPhase::Observe;
    draft.narration.clear();
    enqueue([this, beat = index()] { observe(beat); });
  }

  void narrate_line(const std::string& text) {
    const std::lock_guard lock(mutex);
    if (leaving) return;
    NarrationLine line{text, shown ? shown->snapshot()->position : Position{}};
    draft.narration.push_back(line);
    publish();
  }

  // On the player's thread, from lab.pause: shows, waits for advance(), and puts machines back.
  bool pause_for(const std::string& text) {
    narrate_line(text);
    if (!options.pause_for_narration) return true;
    std::shared_ptr<Session> machine;
    Position at;
    {
      std::unique_lock lock(mutex);
      if (leaving || stopping) return false;
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
      if (leaving || stopping) return false;
    }
    put_back(machine, at);
    return true;
  }

  static void put_back(const std::shared_ptr<Session>& machine, const Position& at) {
    if (!machine) return;
    const auto now = machine->snapshot();
    if (now->state == RunState::Running) machine->perform(Pause{});
    if (machine->snapshot()->position != at) machine->perform(Seek{at.retired});
  }

  void observe(std::size_t beat_index) {
    {
      const std::lock_guard lock(mutex);
      leaving = false;
      shown.reset();
      environment.machines.clear();
    }
    const LuaOutcome result = script->observe(beat_index);
    const std::lock_guard lock(mutex);
    if (leaving || stopping) {
      leaving = false;
      return;
    }
    if (!result.ok()) return fail("beat '" + lesson().beats[beat_index].id + "': " + result.error->message);
    finish_observing(beat_index, result.first());
  }

  void finish_observing(std::size_t beat_index, LuaValue outcome) {
    const Beat& beat = lesson().beats[beat_index];
    PlayedBeat& played = beats[beat_index];
    if (environment.machines.empty()) return fail("beat '" + beat.id + "' made no machine");
    const std::shared_ptr<Session> machine = environment.machines.front();
    shown = machine;
    ViewRequest view;
    view.state_hash = true;
    const Notice notice = machine->perform(SetView{view});
    played.snapshot = notice.snapshot ? notice.snapshot : machine->snapshot();
    played.state_hash = played.snapshot->state_hash.value_or(0);
    played.event_log_hash = machine->event_log_hash();
    played.events = machine->events();
    played.phenomenon = whole_number(outcome, "phenomenon");
    played.narration = draft.narration;
    played.this_side = LedgerSide{machine->config().engine, machine->config().technique,
                                  played.snapshot->ledger};
    if (outcome.contains("answer")) {
      played.happened = LessonScript::answer_from(outcome["answer"]);
    }
    if (played.phenomenon == 0) {
      return fail("beat '" + beat.id + "': what it is about did not happen in this run");
    }
    draft.happened = played.happened;
    auto explanation = fill_template(beat.explanation, outcome);
    if (!explanation) return fail("text.en.md: " + beat.id + ".explain: " + explanation.error().message);
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
    if (draft.phase == LessonPhase::Explain) draft.explanation = played.explanation;
    publish();
  }

  static std::string comparison_of(const QuestionForm& form, const PlayedBeat& played) {
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
        if (choice.id == *id && !choice.feedback.empty()) text += " " + choice.feedback;
      }
    }
    return text;
  }

  void play_other(std::size_t beat_index) {
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
    if (!result.ok()) return fail("beat '" + beat.id + "': " + result.error->message);
    if (environment.machines.size() <= before) return fail("beat '" + beat.id + "': no other machine");
    const std::shared_ptr<Session>& machine = environment.machines[before];
    LuaValue values = outcome;
    const LuaValue measured = result.first();
    if (measured.is_object()) {
      for (const auto& [name, value] : measured.items()) values["other_" + name] = value;
    }
    auto text = fill_template(beat.other_technique, values);
    if (!text) return fail("text.en.md: " + beat.id + ".other: " + text.error().message);
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

  void draw_questions(std::size_t beat_index) {
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
    if (!problem.empty()) return fail(problem);
    beats[beat_index].retrieval = std::move(questions);
    show_retrieval(beat_index);
    draft.phase = LessonPhase::Retrieve;
    publish();
  }

  // The truth and the feedback stay hidden until a question is answered.
  void show_retrieval(std::size_t beat_index) {
    draft.retrieval = beats[beat_index].retrieval;
    for (RetrievalView& question : draft.retrieval) {
      if (question.right) continue;
      question.truth = std::monostate{};
      question.feedback.clear();
    }
  }

  bool all_retrieved() const {
    return std::all_of(draft.retrieval.begin(), draft.retrieval.end(),
                       [](const RetrievalView& question) { return question.right.has_value(); });
  }

  void next_beat() {
    if (index() + 1 < lesson().beats.size()) return begin_beat(index() + 1);
    draft.phase = LessonPhase::Done;
    draft.controls.clear();
    publish();
  }

  void after_explanation() {
    const std::size_t beat = index();
    if (draft.phase == LessonPhase::Explain && script->has_other(beat)) {
      return enqueue([this, beat] { play_other(beat); });
    }
    if (lesson().beats[beat].retrieval_questions > 0) {
      return enqueue([this, beat] { draw_questions(beat); });
    }
    next_beat();
  }

  bool advance() {
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
        if (!draft.awaits_advance) return false;
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
        if (working || !jobs.empty()) return false;
        after_explanation();
        return true;
      case LessonPhase::Retrieve:
        if (!all_retrieved()) return false;
        next_beat();
        return true;
      default: return false;
    }
  }
};

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
  auto script = LessonScript::load(folder, self.environment);
  if (!script) return script.error();
  self.script = std::move(*script);
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

bool LessonPlayer::advance() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->advance();
}

bool LessonPlayer::submit_prediction(Answer answer, Confidence confidence) {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (self.draft.phase != LessonPhase::Predict || !is_answered(answer)) return false;
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
  if (self.draft.phase != LessonPhase::Retrieve) return false;
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
  const auto& hints = self.lesson().beats[self.index()].hints;
  if (self.draft.hints.size() >= hints.size()) return false;
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
  if (index < 0 || index >= static_cast<int>(self.lesson().beats.size())) return false;
  self.abandon();
  self.begin_beat(static_cast<std::size_t>(index));
  return true;
}

void LessonPlayer::cancel() {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (!self.working && self.jobs.empty() && !self.draft.awaits_advance) return;
  self.leaving = true;
  self.abandon();
  self.fail("the run was stopped");
}

std::shared_ptr<const LessonView> LessonPlayer::wait_for_change(std::uint64_t generation,
                                                                std::uint64_t milliseconds) const {
  const Implementation& self = *implementation_;
  std::unique_lock lock(self.mutex);
  self.changed.wait_for(lock, std::chrono::milliseconds(milliseconds), [&] {
    return self.published->generation > generation;
  });
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

std::vector<CheckResult> LessonPlayer::check_tasks(LuaHost& learner) {
  Implementation& self = *implementation_;
  auto results = std::make_shared<std::promise<std::vector<CheckResult>>>();
  auto future = results->get_future();
  {
    const std::lock_guard lock(self.mutex);
    self.enqueue([&self, &learner, results] {
      std::vector<CheckResult> checks;
      const auto& ids = self.lesson().task_ids;
      for (std::size_t i = 0; i < ids.size(); ++i) {
        CheckResult check;
        check.id = "task." + ids[i];
        const auto title = self.lesson().text.find(check.id + ".title");
        check.title = title == self.lesson().text.end() ? ids[i] : title->second;
        self.environment.current_check = check.id;
        self.environment.findings.clear();
        self.environment.expectations = 0;
        bool limit = false;
        self.environment.submission = [&](const std::string& name, const LuaValue& arguments) {
          LuaOutcome outcome = learner.call(name, arguments);
          limit = limit || (!outcome.ok() && is_limit(outcome.error->fault));
          return outcome;
        };
        const LuaOutcome outcome = self.script->check_task(i);
        self.environment.submission = nullptr;
        check.findings = self.environment.findings;
        if (limit) {
          check.verdict = Verdict::Timeout;
        } else if (!outcome.ok()) {
          check.verdict = Verdict::Error;
          check.findings.push_back({check.id, "the check runs", outcome.error->message,
                                    outcome.error->file, ""});
        } else if (self.environment.expectations == 0) {
          check.verdict = Verdict::Error;
          check.findings.push_back({check.id, "at least one expectation", "none", "lesson.lua", ""});
        } else {
          check.verdict = check.findings.empty() ? Verdict::Pass : Verdict::Fail;
        }
        checks.push_back(std::move(check));
      }
      results->set_value(std::move(checks));
    });
  }
  return future.get();
}

}  // namespace gv
