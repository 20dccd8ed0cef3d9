// SPDX-License-Identifier: MIT
//
// record.cpp - sums and redaction of a grade record.

#include "grader/record.h"

#include <fmt/format.h>

namespace gv {

std::string_view name_of(Visibility visibility) {
  return visibility == Visibility::Public ? "public" : "hidden";
}

double GradedSubmission::points() const {
  double sum = 0;
  for (const GradedCheck& check : checks)
    sum += check.points;
  return sum;
}

double GradedSubmission::max_points() const {
  double sum = 0;
  for (const GradedCheck& check : checks)
    sum += check.max_points;
  return sum;
}

Verdict GradedSubmission::verdict() const {
  if (checks.empty())
    return problem.empty() ? Verdict::Skip : Verdict::Error;
  std::vector<CheckResult> results;
  for (const GradedCheck& check : checks)
    results.push_back({check.id, check.title, check.verdict, {}});
  return worst_of(results);
}

GradeRecord student_view(GradeRecord record) {
  for (GradedSubmission& submission : record.submissions) {
    for (GradedCheck& check : submission.checks) {
      if (check.visibility == Visibility::Hidden)
        check.message.clear();
    }
  }
  return record;
}

std::string points_text(double points) {
  std::string text = fmt::format("{:.2f}", points);
  while (text.back() == '0')
    text.pop_back();
  if (text.back() == '.')
    text.pop_back();
  return text;
}

}  // namespace gv
