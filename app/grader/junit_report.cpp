// SPDX-License-Identifier: MIT
//
// junit_report.cpp - JUnit XML, one suite per submission.
//
// Source: testmoapp/junitxml, the common subset of a format without a
// specification. JUnit knows no points: they are properties of the case. Times
// are left out, because a grade record has no clock.

#include "grader/report.h"
#include "gv/xml_text.h"

#include <fmt/format.h>

namespace gv {
namespace {

std::string escaped(std::string_view raw) { return xml_text(printable_text(raw)); }

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;
};

Counts counts_of(const GradedSubmission& submission) {
  Counts counts;
  for (const GradedCheck& check : submission.checks) {
    ++counts.tests;
    if (check.verdict == Verdict::Fail)
      ++counts.failures;
    if (check.verdict == Verdict::Skip)
      ++counts.skipped;
    if (check.verdict == Verdict::Error || check.verdict == Verdict::Timeout ||
        check.verdict == Verdict::Crash) {
      ++counts.errors;
    }
  }
  if (counts.tests == 0)
    counts = {1, 0, 1, 0};  // the case that stands for the problem
  return counts;
}

std::string attributes_of(const Counts& counts) {
  return fmt::format(R"(tests="{}" failures="{}" errors="{}" skipped="{}")", counts.tests,
                     counts.failures, counts.errors, counts.skipped);
}

std::string outcome_of(const GradedCheck& check) {
  std::string text = check.message;
  if (!check.hint.empty())
    text += (text.empty() ? "hint: " : "\nhint: ") + check.hint;
  switch (check.verdict) {
    case Verdict::Pass:
      return {};
    case Verdict::Skip:
      return fmt::format("      <skipped message=\"{}\"/>\n", escaped(text));
    case Verdict::Fail:
      return fmt::format("      <failure message=\"{}\" type=\"fail\"/>\n", escaped(text));
    case Verdict::Error:
    case Verdict::Timeout:
    case Verdict::Crash:
      break;
  }
  return fmt::format("      <error message=\"{}\" type=\"{}\"/>\n", escaped(text),
                     name_of(check.verdict));
}

std::string case_of(const GradeRecord& record, const GradedCheck& check) {
  std::string out = fmt::format("    <testcase name=\"{}\" classname=\"{}.{}\">\n",
                                escaped(check.title), escaped(record.exercise), escaped(check.id));
  out += fmt::format(
      "      <properties>\n"
      "        <property name=\"points\" value=\"{}\"/>\n"
      "        <property name=\"max_points\" value=\"{}\"/>\n",
      points_text(check.points), points_text(check.max_points));
  if (!check.misconception.empty()) {
    out += fmt::format("        <property name=\"misconception\" value=\"{}\"/>\n",
                       escaped(check.misconception));
  }
  return out + "      </properties>\n" + outcome_of(check) + "    </testcase>\n";
}

std::string suite_of(const GradeRecord& record, const GradedSubmission& submission) {
  std::string out = fmt::format("  <testsuite name=\"{}\" {}>\n", escaped(submission.name),
                                attributes_of(counts_of(submission)));
  out += fmt::format(
      "    <properties>\n"
      "      <property name=\"student\" value=\"{}\"/>\n"
      "      <property name=\"seed\" value=\"{}\"/>\n"
      "      <property name=\"points\" value=\"{}\"/>\n"
      "      <property name=\"max_points\" value=\"{}\"/>\n"
      "    </properties>\n",
      escaped(submission.student), submission.seed, points_text(submission.points()),
      points_text(submission.max_points()));
  for (const GradedCheck& check : submission.checks)
    out += case_of(record, check);
  if (submission.checks.empty()) {
    out += fmt::format(
        "    <testcase name=\"the submission can be graded\" classname=\"{}\">\n"
        "      <error message=\"{}\" type=\"error\"/>\n    </testcase>\n",
        escaped(record.exercise), escaped(submission.problem));
  }
  if (!submission.output.empty()) {
    out += fmt::format("    <system-out>{}</system-out>\n", escaped(submission.output));
  }
  return out + "  </testsuite>\n";
}

}  // namespace

std::string junit_report(const GradeRecord& record) {
  Counts all;
  std::string suites;
  for (const GradedSubmission& submission : record.submissions) {
    const Counts counts = counts_of(submission);
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
    all.skipped += counts.skipped;
    suites += suite_of(record, submission);
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{}\" {}>\n{}"
      "</testsuites>\n",
      escaped(record.title), attributes_of(all), suites);
}

}  // namespace gv
