// SPDX-License-Identifier: MIT
//
// report.h - a grade record in the words of each platform.
//
// Every writer is a pure function: record in, text out. None opens a file, asks
// a clock or reads the environment; what a platform wants besides the record is
// an argument. Sources: each platform's own specification, named at its writer.

#pragma once

#include "grader/record.h"
#include "gv/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gv {

enum class ReportFormat : std::uint8_t {
  Text,
  Json,
  Gradescope,
  PrairieLearn,
  Classroom50,
  Junit,
};
std::string_view name_of(ReportFormat format);
Result<ReportFormat> report_format_from_name(std::string_view name);
// Whether the platform's file is about exactly one submission.
bool holds_one_submission(ReportFormat format);

// Who and what a Classroom 50 result is about; its runner passes these in the environment.
struct ClassroomIdentity {
  std::string classroom, assignment, owner, submission, commit, release, review;
  std::string datetime;  // ISO 8601, UTC
};

std::string text_report(const GradeRecord& record);
std::string json_report(const GradeRecord& record);
std::string junit_report(const GradeRecord& record);
// REQUIRES for these three: exactly one submission.
std::string gradescope_report(const GradeRecord& record);
std::string prairielearn_report(const GradeRecord& record);
std::string classroom50_report(const GradeRecord& record, const ClassroomIdentity& identity);

// Valid UTF-8 without control characters (save newline and tab): what every writer may embed.
std::string printable_text(std::string_view bytes);

}  // namespace gv
