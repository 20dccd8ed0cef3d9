// SPDX-License-Identifier: MIT

#include "lesson/lesson_check.h"

#include "lesson/learner_answers.h"
#include "lesson/lesson_report.h"
#include "lesson/machine_values.h"
#include "lesson/panel_ids.h"
#include "lesson/paths.h"

#include <algorithm>
#include <filesystem>
#include <set>

namespace gv {
namespace {

namespace fs = std::filesystem;

class Lint {
 public:
  explicit Lint(const Lesson& lesson) : lesson_(lesson) {}

  std::vector<CheckResult> run() {
    meta();
    std::set<std::string> ids;
    for (const Beat& beat : lesson_.beats) {
      begin("beat." + beat.id, "beat " + beat.id);
      expect(ids.insert(beat.id).second, "an id of its own", "a second beat '" + beat.id + "'", "");
      check_beat(beat);
    }
    for (const LessonTask& task : lesson_.tasks) {
      begin("task-text." + task.id, "texts of task " + task.id);
      key("task." + task.id + ".title");
      key("task." + task.id + ".question");
      hints("task." + task.id);
      expect(!task.starter.empty(), "code to begin with", "none, or an empty file",
             "starter/" + task.id + ".lua");
    }
    return std::move(results_);
  }

 private:
  void begin(std::string id, std::string title) {
    results_.push_back({std::move(id), std::move(title), Verdict::Pass, {}});
  }

  void expect(bool held, const std::string& expected, const std::string& observed,
              const std::string& where) {
    if (held)
      return;
    CheckResult& result = results_.back();
    result.verdict = Verdict::Fail;
    result.findings.push_back({result.id, expected, observed, where, ""});
  }

  void key(const std::string& name) {
    const auto found = lesson_.text.find(name);
    expect(found != lesson_.text.end() && !found->second.empty(), "a text '## " + name + "'",
           "none, or an empty one", "text.en.md");
  }

  void hints(const std::string& name) {
    const auto found = lesson_.hints.find(name);
    const bool there = found != lesson_.hints.end() && !found->second.empty() &&
                       std::none_of(found->second.begin(), found->second.end(),
                                    [](const std::string& hint) { return hint.empty(); });
    expect(there, "hints under '## " + name + "', as '- ' lines", "none", "hints.en.md");
  }

  void meta() {
    begin("meta", "the lesson's own data");
    const LessonMeta& meta = lesson_.meta;
    expect(meta.uuid.size() == 36, "a uuid", meta.uuid, "lesson.lua");
    expect(!meta.slug.empty(), "a slug", "none", "lesson.lua");
    expect(!meta.title.empty(), "a title", "none", "lesson.lua");
    expect(meta.minutes > 0, "minutes above 0", std::to_string(meta.minutes), "lesson.lua");
    expect(!meta.teaches.empty(), "concepts.teaches", "none", "lesson.lua");
    expect(!meta.objectives.empty(), "objectives", "none", "lesson.lua");
    key("summary");
    std::set<std::string> taught;
    bool listed = false;
    std::error_code ignored;
    for (const std::string& folder : lesson_folders()) {
      if (fs::equivalent(folder, lesson_.folder, ignored)) {
        listed = true;
        break;
      }
      auto other = load_lesson(folder);
      if (!other)
        continue;
      expect(other->meta.uuid != meta.uuid, "a uuid of its own", "that of " + folder, "lesson.lua");
      expect(other->meta.slug != meta.slug, "a slug of its own", "that of " + folder, "lesson.lua");
      taught.insert(other->meta.teaches.begin(), other->meta.teaches.end());
    }
    if (!listed)
      return;  // a lesson elsewhere: what came before it is not known
    for (const std::string& concept_id : meta.requires_concepts) {
      expect(taught.count(concept_id) != 0, "'" + concept_id + "' taught by an earlier lesson",
             "none does", "lesson.lua");
    }
  }

  void check_beat(const Beat& beat) {
    const std::string& id = beat.id;
    for (const char* part : {".title", ".question", ".explain"})
      key(id + part);
    hints(id);
    if (beat.prediction) {
      key(id + ".predict");
      for (const Choice& choice : beat.prediction->choices) {
        expect(!choice.text.empty(), "a text '## " + id + ".choice." + choice.id + "'", "none",
               "text.en.md");
      }
    }
    for (int i = 1; i <= beat.retrieval_questions; ++i) {
      key(id + ".retrieve." + std::to_string(i));
    }
    expect(!beat.panels.open.empty(), "panels to open", "none", "lesson.lua");
    const auto panel = [&](const std::string& name) {
      expect(is_panel_id(name), "a panel id", "'" + name + "'", "lesson.lua");
    };
    for (const std::string& name : beat.panels.open)
      panel(name);
    for (const std::string& name : beat.panels.highlight)
      panel(name);
    if (!beat.panels.focus.empty()) {
      panel(beat.panels.focus);
      expect(std::find(beat.panels.open.begin(), beat.panels.open.end(), beat.panels.focus) !=
                 beat.panels.open.end(),
             "the focus among the open panels", "'" + beat.panels.focus + "'", "lesson.lua");
    }
    for (const std::string& control : beat.controls) {
      expect(is_control_id(control), "a control id", "'" + control + "'", "lesson.lua");
    }
  }

  const Lesson& lesson_;
  std::vector<CheckResult> results_;
};

CheckResult result_of(std::string id, std::string title) {
  return {std::move(id), std::move(title), Verdict::Pass, {}};
}

void fail(CheckResult& result, std::string expected, std::string observed, std::string where) {
  result.verdict = Verdict::Fail;
  result.findings.push_back(
      {result.id, std::move(expected), std::move(observed), std::move(where), ""});
}

std::string first_failure(const LessonOutcome& outcome) {
  if (!outcome.problem.empty())
    return outcome.problem;
  for (const CheckResult& check : outcome.checks) {
    if (check.verdict == Verdict::Pass)
      continue;
    std::string text = check.id + " " + std::string(name_of(check.verdict));
    if (!check.findings.empty()) {
      text += ": expected " + check.findings.front().expected + ", observed " +
              check.findings.front().observed;
    }
    return text;
  }
  return "every check passes";
}

Result<LessonOutcome> play(const std::string& folder, const std::string& answers,
                           std::uint64_t seed) {
  RunOptions options;
  options.answers_path = answers;
  options.player.seed = seed;
  return run_lesson(folder, options);
}

CheckResult check_solution(const std::string& folder, int seeds) {
  CheckResult result = result_of("solution", "the solution passes, twice alike and for every seed");
  const std::string answers = (fs::path(folder) / "solution" / "answers.lua").string();
  std::uint64_t first_hash = 0;
  // The first seed is played twice: equal runs give equal hashes.
  for (int i = 0; i <= seeds; ++i) {
    const auto seed = static_cast<std::uint64_t>(std::max(1, i));
    auto outcome = play(folder, answers, seed);
    const std::string where = "seed " + std::to_string(seed);
    if (!outcome) {
      fail(result, "it can be played", outcome.error().message, where);
      return result;
    }
    if (outcome->verdict() != Verdict::Pass) {
      fail(result, "every check passes", first_failure(*outcome), where);
      return result;
    }
    if (i == 0)
      first_hash = outcome->played.event_log_hash;
    if (i == 1 && outcome->played.event_log_hash != first_hash) {
      fail(result, "event-log hash " + hexadecimal(first_hash) + " again",
           hexadecimal(outcome->played.event_log_hash), where);
    }
  }
  return result;
}

CheckResult check_starter(const std::string& folder) {
  CheckResult result = result_of("starter", "the starter does not pass");
  auto outcome = play(folder, (fs::path(folder) / "starter" / "answers.lua").string(), 1);
  if (!outcome) {
    fail(result, "it can be played", outcome.error().message, "starter/answers.lua");
  } else if (!outcome->problem.empty()) {
    fail(result, "it can be played", outcome->problem, "starter/answers.lua");
  } else if (outcome->verdict() == Verdict::Pass) {
    fail(result, "a check that fails", "every check passes", "starter/answers.lua");
  }
  return result;
}

CheckResult check_wrong(const std::string& folder, const fs::path& file) {
  const std::string name = file.filename().string();
  CheckResult result =
      result_of("wrong." + file.stem().string(), name + " fails the check it names");
  auto answers = LearnerAnswers::load(file.string(), 1);
  if (!answers || (*answers)->fails().empty()) {
    fail(result, "fails = \"CHECK\" in it", answers ? "none" : answers.error().message,
         "wrong/" + name);
    return result;
  }
  auto outcome = play(folder, file.string(), 1);
  if (!outcome || !outcome->problem.empty()) {
    fail(result, "it can be played", outcome ? outcome->problem : outcome.error().message,
         "wrong/" + name);
    return result;
  }
  const std::string named = (*answers)->fails();
  const auto check = std::find_if(outcome->checks.begin(), outcome->checks.end(),
                                  [&](const CheckResult& c) { return c.id == named; });
  if (check == outcome->checks.end()) {
    fail(result, "a check '" + named + "'", "there is none of this id", "wrong/" + name);
  } else if (check->verdict == Verdict::Pass) {
    fail(result, named + " fails", named + " passes", "wrong/" + name);
  }
  return result;
}

}  // namespace

std::vector<CheckResult> lint_lesson(const Lesson& lesson) { return Lint(lesson).run(); }

Result<std::vector<CheckResult>> check_lesson(const std::string& folder, int seeds,
                                              const std::function<void(const CheckResult&)>& told) {
  auto lesson = load_lesson(folder);
  if (!lesson)
    return lesson.error();
  std::vector<CheckResult> results;
  const auto add = [&](CheckResult result) {
    if (told)
      told(result);
    results.push_back(std::move(result));
  };
  for (CheckResult& result : lint_lesson(*lesson))
    add(std::move(result));
  add(check_solution(folder, seeds));
  add(check_starter(folder));
  std::vector<fs::path> wrong;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::path(folder) / "wrong", ignored)) {
    wrong.push_back(entry.path());
  }
  std::sort(wrong.begin(), wrong.end());
  if (wrong.empty()) {
    CheckResult none = result_of("wrong", "there are known wrong answers");
    fail(none, "at least one file", "none", "wrong/");
    add(std::move(none));
  }
  for (const fs::path& file : wrong)
    add(check_wrong(folder, file));
  return results;
}

}  // namespace gv
