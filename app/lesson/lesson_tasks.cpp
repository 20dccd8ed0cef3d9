// SPDX-License-Identifier: MIT
//
// lesson_tasks.cpp - what the learner writes, checked: one way for a window and for none.

#include "lesson/learner_answers.h"
#include "lesson/lesson_play.h"

#include <algorithm>
#include <future>

namespace gv {
namespace {

CheckResult empty_result(const LessonTask& task) {
  CheckResult check;
  check.id = "task." + task.id;
  check.title = task.title;
  return check;
}

}  // namespace

CheckResult LessonPlayer::Implementation::check_task(std::size_t task_index, LuaHost& submission) {
  CheckResult check = empty_result(lesson().tasks[task_index]);
  environment.current_check = check.id;
  environment.findings.clear();
  environment.expectations = 0;
  // Once a budget ran out, it is gone: a check that asks twenty times does not wait twenty times.
  std::string limit;
  LuaFault fault = LuaFault::TimeLimit;
  environment.submission = [&](const std::string& name, const LuaValue& arguments) {
    LuaOutcome outcome;
    if (!limit.empty()) {
      outcome.error = std::make_unique<LuaError>();
      outcome.error->fault = fault;
      outcome.error->message = limit;
      return outcome;
    }
    outcome = submission.call(name, arguments);
    if (!outcome.ok() && is_limit(outcome.error->fault)) {
      limit = outcome.error->message;
      fault = outcome.error->fault;
    }
    return outcome;
  };
  const LuaOutcome outcome = script->check_task(task_index);
  environment.submission = nullptr;
  check.findings = environment.findings;
  if (!limit.empty()) {
    check.verdict = Verdict::Timeout;
  } else if (!outcome.ok()) {
    check.verdict = Verdict::Error;
    check.findings.push_back(
        {check.id, "the check runs", outcome.error->message, outcome.error->file, ""});
  } else if (environment.expectations == 0) {
    check.verdict = Verdict::Error;
    check.findings.push_back({check.id, "at least one expectation", "none", "lesson.lua", ""});
  } else {
    check.verdict = check.findings.empty() ? Verdict::Pass : Verdict::Fail;
  }
  return check;
}

void LessonPlayer::Implementation::check_submission(std::size_t task_index,
                                                    const std::string& source) {
  {
    const std::lock_guard lock(mutex);
    leaving = false;
    environment.machines.clear();
  }
  script->host().collect_garbage();  // the machines of earlier checks
  const LessonTask& asked = lesson().tasks[task_index];
  CheckResult check = empty_result(asked);
  std::string printed;
  auto answers = LearnerAnswers::from_lua(asked.id + ".lua", source, options.seed);
  if (!answers) {
    check.verdict = Verdict::Error;
    check.findings.push_back(
        {check.id, "Lua that can be run", answers.error().message, asked.id + ".lua", ""});
  } else {
    LuaHost& host = (*answers)->host();
    {
      const std::lock_guard lock(mutex);
      learner = &host;
    }
    check = check_task(task_index, host);
    const std::lock_guard lock(mutex);
    learner = nullptr;
    printed = host.take_output();
  }
  const std::lock_guard lock(mutex);
  if (leaving || stopping) {
    leaving = false;
    return;
  }
  if (check.verdict == Verdict::Pass)
    tasks_passed[task_index] = true;
  draft.tasks_passed = static_cast<int>(std::count(tasks_passed.begin(), tasks_passed.end(), true));
  draft.task->checking = false;
  draft.task->checked = source;
  draft.task->result = std::move(check);
  draft.task->printed = std::move(printed);
  publish();
}

void LessonPlayer::Implementation::enter_task(std::size_t task_index) {
  const LessonTask& asked = lesson().tasks[task_index];
  task = task_index;
  TaskView view;
  view.id = asked.id;
  view.title = asked.title;
  view.question = asked.question;
  view.starter = asked.starter;
  draft.task = std::move(view);
  draft.hints.clear();
  draft.hints_left = static_cast<int>(asked.hints.size());
  draft.phase = LessonPhase::Task;
  publish();
}

void LessonPlayer::Implementation::task_or_next_beat(std::size_t from) {
  const auto& tasks = lesson().tasks;
  for (std::size_t i = from; i < tasks.size(); ++i) {
    if (tasks[i].beat == index())
      return enter_task(i);
  }
  next_beat();
}

bool LessonPlayer::submit_task(std::string source) {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (self.draft.phase != LessonPhase::Task || self.draft.task->checking)
    return false;
  self.draft.task->checking = true;
  self.draft.task->said.clear();
  self.enqueue(
      [&self, index = self.task, text = std::move(source)] { self.check_submission(index, text); });
  return true;
}

bool LessonPlayer::go_to_task(int index) {
  Implementation& self = *implementation_;
  const std::lock_guard lock(self.mutex);
  if (index < 0 || index >= static_cast<int>(self.lesson().tasks.size()))
    return false;
  self.abandon();
  const auto wanted = static_cast<std::size_t>(index);
  const std::size_t beat = self.lesson().tasks[wanted].beat;
  const bool played = beat == self.index() && self.draft.phase >= LessonPhase::Retrieve &&
                      self.draft.phase <= LessonPhase::Done;
  if (!played)
    self.begin_beat(beat);
  self.enter_task(wanted);
  return true;
}

std::vector<CheckResult> LessonPlayer::check_tasks(LuaHost& learner) {
  Implementation& self = *implementation_;
  auto results = std::make_shared<std::promise<std::vector<CheckResult>>>();
  auto future = results->get_future();
  {
    const std::lock_guard lock(self.mutex);
    self.enqueue([&self, &learner, results] {
      std::vector<CheckResult> checks;
      for (std::size_t i = 0; i < self.lesson().tasks.size(); ++i)
        checks.push_back(self.check_task(i, learner));
      results->set_value(std::move(checks));
    });
  }
  return future.get();
}

}  // namespace gv
