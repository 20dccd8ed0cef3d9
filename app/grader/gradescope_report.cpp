// SPDX-License-Identifier: MIT
//
// gradescope_report.cpp - results.json for Gradescope.
//
// Source: "Autograder Specifications", gradescope-autograders.readthedocs.io.
// A hidden check is a test with visibility "hidden": Gradescope then also hides
// the total from the student, which is why its text still must give nothing away:
// a teacher may publish the results later.

#include "grader/report.h"

#include <nlohmann/json.hpp>

namespace gv {
namespace {

using Json = nlohmann::ordered_json;

std::string output_of(const GradedCheck& check) {
  if (check.verdict == Verdict::Pass)
    return {};
  std::string text(name_of(check.verdict));
  if (!check.message.empty())
    text += ": " + check.message;
  if (!check.hint.empty())
    text += "\nhint: " + check.hint;
  return printable_text(text);
}

}  // namespace

std::string gradescope_report(const GradeRecord& record) {
  GV_CHECK(record.submissions.size() == 1);
  const GradedSubmission& submission = record.submissions.front();
  Json tests = Json::array();
  for (std::size_t i = 0; i < submission.checks.size(); ++i) {
    const GradedCheck& check = submission.checks[i];
    Json test{{"score", check.points},
              {"max_score", check.max_points},
              {"status", check.verdict == Verdict::Pass ? "passed" : "failed"},
              {"name", printable_text(check.title)},
              {"number", std::to_string(i + 1)},
              {"output", output_of(check)},
              {"visibility", check.visibility == Visibility::Public ? "visible" : "hidden"}};
    if (!check.misconception.empty())
      test["tags"] = {printable_text(check.misconception)};
    test["extra_data"] = {{"id", printable_text(check.id)}, {"verdict", name_of(check.verdict)}};
    tests.push_back(std::move(test));
  }
  std::string output = submission.problem;
  if (!submission.output.empty()) {
    output += (output.empty() ? "it printed:\n" : "\nit printed:\n") + submission.output;
    if (submission.output_truncated)
      output += "\n(and more, which was cut off)";
  }
  const Json report{{"score", submission.points()},
                    {"output", printable_text(output)},
                    {"output_format", "text"},
                    {"test_output_format", "text"},
                    {"test_name_format", "text"},
                    {"stdout_visibility", "hidden"},
                    {"extra_data",
                     {{"exercise", printable_text(record.exercise)},
                      {"student", printable_text(submission.student)},
                      {"seed", std::to_string(submission.seed)},
                      {"verdict", name_of(submission.verdict())}}},
                    {"tests", std::move(tests)}};
  return report.dump(2) + "\n";
}

}  // namespace gv
