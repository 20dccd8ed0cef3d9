// SPDX-License-Identifier: MIT
//
// json_report.cpp - the whole record as JSON, in the project's own words.

#include "grader/report.h"

#include <nlohmann/json.hpp>

namespace gv {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const GradedCheck& check) {
  return Json{{"id", printable_text(check.id)},
              {"title", printable_text(check.title)},
              {"verdict", name_of(check.verdict)},
              {"points", check.points},
              {"max_points", check.max_points},
              {"visibility", name_of(check.visibility)},
              {"message", printable_text(check.message)},
              {"hint", printable_text(check.hint)},
              {"misconception", printable_text(check.misconception)}};
}

Json json_of(const GradedSubmission& submission) {
  Json checks = Json::array();
  for (const GradedCheck& check : submission.checks)
    checks.push_back(json_of(check));
  return Json{{"name", printable_text(submission.name)},
              {"student", printable_text(submission.student)},
              // As text: readers that keep numbers as doubles would lose the low bits.
              {"seed", std::to_string(submission.seed)},
              {"verdict", name_of(submission.verdict())},
              {"points", submission.points()},
              {"max_points", submission.max_points()},
              {"problem", printable_text(submission.problem)},
              {"checks", std::move(checks)},
              {"output", printable_text(submission.output)},
              {"output_truncated", submission.output_truncated}};
}

}  // namespace

std::string json_report(const GradeRecord& record) {
  Json submissions = Json::array();
  for (const GradedSubmission& one : record.submissions)
    submissions.push_back(json_of(one));
  const Json report{
      {"schema", "glassvisor/grade/v1"},       {"exercise", printable_text(record.exercise)},
      {"title", printable_text(record.title)}, {"seed", std::to_string(record.seed)},
      {"interrupted", record.interrupted},     {"submissions", std::move(submissions)}};
  return report.dump(2) + "\n";
}

}  // namespace gv
