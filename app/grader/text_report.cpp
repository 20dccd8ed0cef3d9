// SPDX-License-Identifier: MIT
//
// text_report.cpp - a grade record for people at a terminal.
//
// A verdict is a word and never only a colour; a hint is shown where it helps,
// under a check that did not pass.

#include "grader/report.h"

#include <algorithm>

#include <fmt/format.h>

namespace gv {
namespace {

// Every line of `text`, indented.
std::string indented(const std::string& text, std::string_view indent) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    const std::size_t length = end == std::string::npos ? text.size() - at : end - at;
    out += fmt::format("{}{}\n", indent, text.substr(at, length));
    at += length + 1;
  }
  return out;
}

// The beginning of what was printed: a report is read, a flood is not.
std::string shown_output(const GradedSubmission& submission) {
  constexpr std::size_t kMostLines = 20, kLongestLine = 120;
  const std::string text = printable_text(submission.output);
  std::string out = "  it printed:\n";
  std::size_t at = 0;
  bool more = submission.output_truncated;
  for (std::size_t lines = 0; at < text.size() && lines < kMostLines; ++lines) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    more |= end - at > kLongestLine;
    // Cutting may split a character; printable_text mends that.
    out += fmt::format("    | {}\n",
                       printable_text(text.substr(at, std::min(end - at, kLongestLine))));
    at = end + 1;
  }
  if (more || at < text.size())
    out += "    (and more)\n";
  return out;
}

std::string check_lines(const GradedCheck& check) {
  std::string out =
      fmt::format("  {:<7} {:>5}/{:<5} {}{}\n", name_of(check.verdict), points_text(check.points),
                  points_text(check.max_points), check.title,
                  check.visibility == Visibility::Hidden ? " (hidden)" : "");
  if (check.verdict == Verdict::Pass)
    return out;
  out += indented(printable_text(check.message), "            ");
  if (!check.hint.empty())
    out += indented("hint: " + check.hint, "            ");
  return out;
}

}  // namespace

std::string text_report(const GradeRecord& record) {
  std::string out = fmt::format("{} ({})\n", record.title, record.exercise);
  for (const GradedSubmission& submission : record.submissions) {
    out += fmt::format("\n{}: {}, {} of {} points\n", printable_text(submission.name),
                       name_of(submission.verdict()), points_text(submission.points()),
                       points_text(submission.max_points()));
    if (!submission.problem.empty())
      out += indented(printable_text(submission.problem), "  ");
    for (const GradedCheck& check : submission.checks)
      out += check_lines(check);
    if (!submission.output.empty())
      out += shown_output(submission);
  }
  if (record.interrupted)
    out += "\ngrading was interrupted: not every submission was graded\n";
  return out;
}

}  // namespace gv
