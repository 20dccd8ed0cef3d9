// SPDX-License-Identifier: MIT
//
// prairielearn_report.cpp - results.json for PrairieLearn's external grader.
//
// Source: PrairieLearn documentation, "External grading". Two rules shape this
// file: points that are missing on one test hide all points, so each test has
// both; and a file above 1 MB is refused, so texts are cut.

#include "grader/report.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace gv {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kLongestOutput = 64 << 10;

std::string cut(const std::string& text, std::size_t longest) {
  if (text.size() <= longest)
    return printable_text(text);
  return printable_text(text.substr(0, longest)) + "\n(cut off)";
}

Json json_of(const GradedCheck& check) {
  std::string description;
  if (check.verdict != Verdict::Pass) {
    description = std::string(name_of(check.verdict));
    if (!check.hint.empty())
      description += "; hint: " + check.hint;
  }
  if (!check.misconception.empty()) {
    description += (description.empty() ? "about: " : "; about: ") + check.misconception;
  }
  return Json{{"name", cut(check.title, kLongestText)},
              {"description", cut(description, kLongestText)},
              {"points", check.points},
              {"max_points", check.max_points},
              {"message", cut(check.message, kLongestText)},
              {"output", ""}};
}

}  // namespace

std::string prairielearn_report(const GradeRecord& record) {
  GV_CHECK(record.submissions.size() == 1);
  const GradedSubmission& submission = record.submissions.front();
  if (!submission.gradable()) {
    // No score and no attempt used: the student did not get a chance to be wrong.
    const Json report{{"gradable", false},
                      {"format_errors", {printable_text(submission.problem)}},
                      {"message", "the submission could not be graded"}};
    return report.dump(2) + "\n";
  }
  Json tests = Json::array();
  for (const GradedCheck& check : submission.checks)
    tests.push_back(json_of(check));
  const double most = submission.max_points();
  const double score = most > 0 ? std::clamp(submission.points() / most, 0.0, 1.0) : 0.0;
  const Json report{{"gradable", true},
                    {"score", score},
                    {"message", printable_text(submission.problem)},
                    {"output", cut(submission.output, kLongestOutput)},
                    {"tests", std::move(tests)}};
  return report.dump(2) + "\n";
}

}  // namespace gv
