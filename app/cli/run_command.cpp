// SPDX-License-Identifier: MIT
//
// `glassvisor run LESSON`: plays a lesson without a window.

#include "cli/commands.h"
#include "lesson/lesson_report.h"
#include "lesson/machine_values.h"
#include "lesson/paths.h"

#include <fmt/format.h>

#include <fstream>
#include <memory>

namespace gv {
namespace {

struct RunCommand {
  std::string lesson, answers, engine, transcript, report, pictures, trace;
  std::uint64_t seed = 1;
  bool json = false;
};

Result<void> write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file)
    return Error{ErrorCode::InvalidInput, path + ": cannot be written; choose another file"};
  return {};
}

int run(const RunCommand& command) {
  const auto folder = find_lesson(command.lesson);
  if (!folder)
    return refuse(folder.error());
  RunOptions options;
  options.answers_path = command.answers;
  options.trace_path = command.trace;
  options.player.seed = command.seed;
  if (!command.engine.empty()) {
    const auto engine = engine_from_name(command.engine);
    if (!engine)
      return refuse(engine.error());
    options.player.engine = *engine;
  }
  auto outcome = run_lesson(*folder, options);
  if (!outcome)
    return refuse(outcome.error());
  if (!command.transcript.empty()) {
    if (auto written = write_text(command.transcript, transcript_of(*outcome)); !written) {
      return refuse(written.error());
    }
  }
  if (!command.report.empty()) {
    const auto html = html_of(*outcome, command.pictures);
    if (!html)
      return refuse(html.error());
    if (auto written = write_text(command.report, *html); !written)
      return refuse(written.error());
    fmt::print(stderr, "glassvisor: the report is in {}\n", command.report);
  }
  if (command.json) {
    fmt::print("{}\n",
               json_of(*outcome).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else if (command.transcript.empty() && command.report.empty()) {
    fmt::print("{}", transcript_of(*outcome));
  } else {
    std::size_t passed = 0;
    for (const CheckResult& check : outcome->checks)
      passed += check.verdict == Verdict::Pass ? 1 : 0;
    fmt::print(stderr, "glassvisor: {}: {} of {} checks pass; event-log hash {}\n",
               outcome->played.meta.slug, passed, outcome->checks.size(),
               hexadecimal(outcome->played.event_log_hash));
  }
  if (!outcome->problem.empty()) {
    return refuse({ErrorCode::InvalidInput, *folder + ": " + outcome->problem});
  }
  return exit_code_of(outcome->verdict());
}

}  // namespace

void add_run(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<RunCommand>();
  CLI::App* command = app.add_subcommand("run", "Plays a lesson without a window");
  command->footer(
      "Without --answers the lesson's own solution answers. Prints the transcript, unless another\n"
      "result was asked for.\n\nExamples:\n"
      "  glassvisor run 01\n"
      "  glassvisor run rings-and-traps --answers mine.lua --json\n"
      "  glassvisor run lessons/02-the-instruction-that-does-not-trap --report report.html\n\n"
      "Exit codes: 0 every check passes, 1 a prediction, answer or task does not.");
  command->add_option("lesson", options->lesson, "A folder, or a lesson's name or number")
      ->required();
  command->add_option("--answers", options->answers, "Predictions and answers: a Lua or JSON file");
  command->add_option("--seed", options->seed, "Seed of the questions' variants")
      ->capture_default_str();
  command->add_option("--engine", options->engine, "Instead of the lesson's engine");
  command->add_option("--transcript", options->transcript, "Write the transcript to this file");
  command->add_option("--report", options->report, "Write one self-contained HTML file");
  command->add_option("--pictures", options->pictures, "A folder of PNG files for the report");
  command->add_option("--trace", options->trace,
                      "Write the events of the last machine to this file");
  command->add_flag("--json", options->json, "Print the result as JSON");
  command->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace gv
