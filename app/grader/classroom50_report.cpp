// SPDX-License-Identifier: MIT
//
// classroom50_report.cpp - result.json for Classroom 50.
//
// Source: Classroom 50 wiki, "Advanced Autograding", schema classroom50/result/v1.
// Scores are integers there. Each check's points are rounded half up, and the
// total is the sum of the rounded ones, so that the file agrees with itself.

#include "grader/report.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace gv {
namespace {

using Json = nlohmann::ordered_json;

long rounded(double points) { return static_cast<long>(std::floor(points + 0.5)); }

}  // namespace

std::string classroom50_report(const GradeRecord& record, const ClassroomIdentity& identity) {
  GV_CHECK(record.submissions.size() == 1);
  const GradedSubmission& submission = record.submissions.front();
  Json tests = Json::array();
  long score = 0, most = 0;
  for (const GradedCheck& check : submission.checks) {
    score += rounded(check.points);
    most += rounded(check.max_points);
    tests.push_back({{"test-name", printable_text(check.title)},
                     {"passed", check.verdict == Verdict::Pass},
                     {"score", rounded(check.points)},
                     {"max-score", rounded(check.max_points)},
                     {"reason", name_of(check.verdict)},
                     {"message", printable_text(check.message)},
                     {"hint", check.verdict == Verdict::Pass ? "" : printable_text(check.hint)}});
  }
  const Json report{
      {"schema", "classroom50/result/v1"},
      {"classroom", identity.classroom},
      {"assignment", identity.assignment.empty() ? record.exercise : identity.assignment},
      {"assignment_type", "individual"},
      {"owner", identity.owner.empty() ? submission.student : identity.owner},
      {"submission", identity.submission},
      {"commit", identity.commit},
      {"release", identity.release},
      {"review", identity.review},
      {"datetime", identity.datetime},
      {"score", score},
      {"max-score", most},
      {"tests", std::move(tests)}};
  // The environment is not ours: bytes that are no UTF-8 are replaced, not thrown about.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace gv
