// SPDX-License-Identifier: MIT
//
// `glassvisor lesson list|check|new` and `glassvisor grade`.

#include "cli/commands.h"
#include "grader/grade_command.h"
#include "lesson/lesson.h"
#include "lesson/lesson_check.h"
#include "lesson/paths.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace gv {
namespace {

int list(bool json) {
  nlohmann::json all = nlohmann::json::array();
  int code = kDone;
  for (const std::string& folder : lesson_folders()) {
    const auto lesson = load_lesson(folder);
    if (!lesson) {
      code = refuse(lesson.error());
      continue;
    }
    const LessonMeta& meta = lesson->meta;
    if (json) {
      all.push_back({{"folder", folder},
                     {"slug", meta.slug},
                     {"title", meta.title},
                     {"uuid", meta.uuid},
                     {"minutes", meta.minutes},
                     {"beats", lesson->beats.size()},
                     {"teaches", meta.teaches},
                     {"requires", meta.requires_concepts},
                     {"misconceptions", meta.misconceptions}});
    } else {
      fmt::print("{:40} {} ({} min, {} beats)\n", std::filesystem::path(folder).filename().string(),
                 meta.title, meta.minutes, lesson->beats.size());
    }
  }
  if (json)
    fmt::print("{}\n", all.dump(2));
  return code;
}

void tell(const CheckResult& result) {
  fmt::print("{:5} {}: {}\n", name_of(result.verdict), result.id, result.title);
  for (const Finding& finding : result.findings) {
    fmt::print("        {}: expected {}; observed {}\n", finding.where, finding.expected,
               finding.observed);
  }
  std::fflush(stdout);
}

int check(const std::vector<std::string>& names, int seeds) {
  std::vector<std::string> lessons = names.empty() ? lesson_folders() : names;
  int code = kDone;
  for (const std::string& name : lessons) {
    if (is_exercise(name)) {
      code = std::max(code, check_exercise_main(name));
      continue;
    }
    const auto folder = find_lesson(name);
    if (!folder)
      return refuse(folder.error());
    fmt::print("{}\n", *folder);
    const auto results = check_lesson(*folder, seeds, tell);
    if (!results)
      return refuse(results.error());
    if (worst_of(*results) != Verdict::Pass)
      code = std::max<int>(code, kCheckFailed);
  }
  return code;
}

}  // namespace

void add_lesson(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("lesson", "Lists, checks or begins lessons");
  command->require_subcommand(1);
  command->footer(
      "Examples:\n  glassvisor lesson list\n  glassvisor lesson check 01\n"
      "  glassvisor lesson new my-lesson && glassvisor lesson check my-lesson");
  auto json = std::make_shared<bool>(false);
  CLI::App* list_command = command->add_subcommand("list", "Every lesson there is");
  list_command->add_flag("--json", *json, "Print them as JSON");
  list_command->callback([json, &exit_code] { exit_code = list(*json); });

  auto names = std::make_shared<std::vector<std::string>>();
  auto seeds = std::make_shared<int>(3);
  CLI::App* check_command = command->add_subcommand(
      "check", "The starter fails, the solution passes, every wrong answer fails what it names");
  check_command->add_option("lessons", *names,
                            "Folders or names of lessons or exercises; none: all lessons");
  check_command->add_option("--seeds", *seeds, "For how many seeds the solution must pass")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  check_command->callback([names, seeds, &exit_code] { exit_code = check(*names, *seeds); });

  auto folder = std::make_shared<std::string>();
  CLI::App* new_command =
      command->add_subcommand("new", "Writes a small lesson that passes its check");
  new_command->add_option("folder", *folder, "A folder that is not there yet")->required();
  new_command->callback([folder, &exit_code] {
    const auto written = write_new_lesson(*folder);
    if (!written) {
      exit_code = refuse(written.error());
      return;
    }
    fmt::print(stderr, "glassvisor: {} is a lesson; try: glassvisor lesson check {}\n", *folder,
               *folder);
  });
}

void add_grade(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<GradeOptions>();
  CLI::App* command =
      app.add_subcommand("grade", "Grades submissions to an exercise, each in its own process");
  command->footer(
      "Examples:\n"
      "  glassvisor grade be-the-hypervisor submissions/*.lua\n"
      "  glassvisor grade list-of-exits submission/ --format gradescope --output results.json "
      "--exit graded\n\n"
      "Exit codes: 0 all passed (with --exit graded: grading ran), 1 something did not pass.");
  command->add_option("exercise", options->exercise, "A folder, or an exercise's name")->required();
  command->add_option("submissions", options->submissions, "Files or folders");
  command->add_option("--jobs", options->jobs, "At a time; 0: as many as processors");
  command->add_option("--seed", options->seed, "The course's seed");
  command->add_option("--format", options->format, "The report's format")
      ->capture_default_str()
      ->check(
          CLI::IsMember({"text", "json", "gradescope", "prairielearn", "classroom50", "junit"}));
  command->add_option("--output", options->output, "Write the report there, whole or not at all");
  command->add_option("--exit", options->exit, "What the exit code tells")
      ->capture_default_str()
      ->check(CLI::IsMember({"graded", "result"}));
  command->add_option("--student", options->student, "Whose variant, for one submission");
  command->add_option("--task", options->task_for, "Print this student's task and grade nothing");
  command->add_flag("--reveal-hidden", options->reveal_hidden, "A teacher's report: all messages");
  command->callback([options, &exit_code] { exit_code = grade_main(*options); });
}

}  // namespace gv
