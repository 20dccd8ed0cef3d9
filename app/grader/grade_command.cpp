// SPDX-License-Identifier: MIT
//
// grade_command.cpp - options in, report and exit code out.

#include "grader/grade_command.h"

#include "grader/exercise_check.h"
#include "grader/exercise_script.h"
#include "grader/grader.h"
#include "grader/report.h"
#include "grader/report_file.h"
#include "grader/seed.h"
#include "lesson/paths.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <set>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace gv {
namespace {

namespace fs = std::filesystem;

int exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::InvalidInput:
      return 2;
    case ErrorCode::LimitReached:
      return 3;
    case ErrorCode::NotAvailable:
      return 5;
    case ErrorCode::Internal:
      return 70;
  }
  return 70;
}

int complain(const Error& error) {
  fmt::print(stderr, "glassvisor: {}\n", error.message);
  return exit_code_of(error.code);
}

int usage(const std::string& sentence) { return complain({ErrorCode::InvalidInput, sentence}); }

// A signal handler can only reach what is global; it exists while InterruptWatch does.
std::atomic<bool> interrupt_flag = false;

// While it lives, the first Ctrl+C or SIGTERM asks the grader to stop; a second one ends it.
class InterruptWatch {
 public:
  InterruptWatch() {
    interrupt_flag = false;
    struct sigaction note {};
    note.sa_handler = [](int) { interrupt_flag = true; };
    note.sa_flags = static_cast<int>(SA_RESETHAND);
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      sigaction(kSignals[i], &note, &before_[i]);
  }
  ~InterruptWatch() {
    for (std::size_t i = 0; i < kSignals.size(); ++i)
      sigaction(kSignals[i], &before_[i], nullptr);
  }
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  const std::atomic<bool>& flag() const { return interrupt_flag; }

 private:
  static constexpr std::array<int, 3> kSignals{SIGINT, SIGTERM, SIGHUP};
  std::array<struct sigaction, 3> before_{};
};

ClassroomIdentity identity_from_environment() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return {variable("CLASSROOM"),
          variable("ASSIGNMENT"),
          "",
          variable("SUBMISSION_TAG"),
          variable("COMMIT_URL"),
          variable("RELEASE_URL"),
          variable("REVIEW_URL"),
          text.data()};
}

std::string report_of(const GradeRecord& record, ReportFormat format) {
  switch (format) {
    case ReportFormat::Text:
      return text_report(record);
    case ReportFormat::Json:
      return json_report(record);
    case ReportFormat::Gradescope:
      return gradescope_report(record);
    case ReportFormat::PrairieLearn:
      return prairielearn_report(record);
    case ReportFormat::Classroom50:
      return classroom50_report(record, identity_from_environment());
    case ReportFormat::Junit:
      return junit_report(record);
  }
  return text_report(record);
}

// "alice.json": a student's name as a file name, and nothing that leaves the folder.
std::string file_name_of(const GradedSubmission& submission, ReportFormat format,
                         std::set<std::string>& taken) {
  std::string name;
  for (const char c : submission.student) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '+';
    name += plain ? c : '_';
  }
  if (name.empty())
    name = "submission";
  const std::string ending = format == ReportFormat::Junit  ? ".xml"
                             : format == ReportFormat::Text ? ".txt"
                                                            : ".json";
  std::string unique = name + ending;
  for (int i = 2; !taken.insert(unique).second; ++i)
    unique = fmt::format("{}-{}{}", name, i, ending);
  return unique;
}

Result<void> write_reports(const GradeRecord& record, ReportFormat format,
                           const std::string& output) {
  std::error_code ignored;
  if (output.empty())
    return write_report_to_stdout(report_of(record, format));
  if (!fs::is_directory(output, ignored))
    return write_report_file(output, report_of(record, format));
  std::set<std::string> taken;
  for (const GradedSubmission& submission : record.submissions) {
    GradeRecord one = record;
    one.submissions = {submission};
    const std::string path = (fs::path(output) / file_name_of(submission, format, taken)).string();
    GV_TRY(write_report_file(path, report_of(one, format)));
  }
  return {};
}

int print_task(const Exercise& exercise, const std::string& student, std::uint64_t seed) {
  auto script = ExerciseScript::open(exercise, variant_seed(exercise.id, student, seed), {});
  if (!script)
    return complain(script.error());
  const auto variant = (*script)->variant(student);
  if (!variant)
    return complain(variant.error());
  const auto task = (*script)->task(*variant);
  if (!task)
    return complain(task.error());
  const std::string text = exercise.task + (task->empty() ? "" : "\n" + *task);
  const auto written = write_report_to_stdout(text.ends_with('\n') ? text : text + "\n");
  return written ? 0 : complain(written.error());
}

}  // namespace

int grade_main(const GradeOptions& options) {
  const auto format = report_format_from_name(options.format);
  if (!format)
    return complain(format.error());
  if (options.exit != "graded" && options.exit != "result") {
    return usage(fmt::format("unknown --exit '{}'; there are graded and result", options.exit));
  }
  const auto folder = find_exercise(options.exercise);
  if (!folder)
    return complain(folder.error());
  const auto exercise = load_exercise(*folder);
  if (!exercise)
    return complain(exercise.error());
  if (!options.task_for.empty())
    return print_task(*exercise, options.task_for, options.seed);
  if (options.submissions.empty()) {
    return usage(
        fmt::format("no submission named; add a file or a folder with a {}", exercise->file));
  }
  std::error_code ignored;
  const bool one_each = !options.output.empty() && fs::is_directory(options.output, ignored);
  if (options.submissions.size() > 1 && holds_one_submission(*format) && !one_each) {
    return usage(
        fmt::format("a {} report is about one submission and {} were named; name an existing "
                    "folder with --output, or use --format json",
                    options.format, options.submissions.size()));
  }
  if (options.submissions.size() > 1 && !options.student.empty()) {
    return usage("--student goes with one submission; leave it out to take names from the paths");
  }

  const InterruptWatch watch;
  GraderSetup setup;
  setup.jobs = options.jobs != 0 ? options.jobs : std::max(1u, std::thread::hardware_concurrency());
  setup.seed = options.seed;
  setup.student = options.student;
  setup.worker = options.worker;
  setup.interrupted = &watch.flag();
  const std::size_t count = options.submissions.size();
  if (count > 1 && isatty(STDERR_FILENO) != 0) {
    setup.progress = [count](std::size_t done) {
      fmt::print(stderr, "\rgraded {} of {}{}", done, count, done == count ? "\n" : "");
    };
  }
  auto record = grade(*exercise, options.submissions, setup);
  if (!record)
    return complain(record.error());
  const auto written = write_reports(options.reveal_hidden ? *record : student_view(*record),
                                     *format, options.output);
  if (!written)
    return complain(written.error());
  if (record->interrupted)
    return complain(
        {ErrorCode::LimitReached, "grading was interrupted; the report holds what was graded"});
  for (const GradedSubmission& submission : record->submissions) {
    if (submission.our_fault) {
      std::string why = submission.problem;
      for (const GradedCheck& check : submission.checks) {
        if (check.verdict == Verdict::Skip)
          why = check.message;
      }
      return complain(
          {ErrorCode::Internal, fmt::format("'{}' could not be graded: {}", submission.name, why)});
    }
  }
  if (options.exit == "graded")
    return 0;
  for (const GradedSubmission& submission : record->submissions) {
    if (submission.verdict() != Verdict::Pass)
      return 1;
  }
  return 0;
}

int check_exercise_main(const std::string& name) {
  const auto folder = find_exercise(name);
  if (!folder)
    return complain(folder.error());
  const auto exercise = load_exercise(*folder);
  if (!exercise)
    return complain(exercise.error());
  const auto findings = check_exercise(*exercise, {});
  if (!findings)
    return complain(findings.error());
  for (const Finding& finding : *findings) {
    fmt::print("{}: {}: expected {}, observed {}\n", exercise->id, finding.where, finding.expected,
               finding.observed);
  }
  if (findings->empty())
    fmt::print("{}: every self-check passed\n", exercise->id);
  return findings->empty() ? 0 : 1;
}

bool is_exercise(const std::string& name_or_path) {
  std::error_code ignored;
  if (fs::exists(fs::path(name_or_path) / "exercise.lua", ignored))
    return true;
  if (fs::exists(fs::path(name_or_path) / "lesson.lua", ignored))
    return false;
  return find_exercise(name_or_path).has_value() && !find_lesson(name_or_path).has_value();
}

}  // namespace gv
