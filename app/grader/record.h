// SPDX-License-Identifier: MIT
//
// record.h - what grading found out, before any platform's format.
//
// One record, many writers (report.h). It holds no clock and no host name, so
// that grading the same files with the same seed gives the same record on any
// machine. Points are the exercise's; a platform that wants a fraction or an
// integer gets it from its writer.
//
// Plain values.

#pragma once

#include "lesson/verdict.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// Hidden: a student learns the check's title, its verdict and its hint, never what it saw.
enum class Visibility : std::uint8_t { Public, Hidden };
std::string_view name_of(Visibility visibility);  // "public", "hidden"

struct GradedCheck {
  std::string id;
  std::string title;
  Verdict verdict = Verdict::Skip;
  double points = 0;
  double max_points = 0;
  Visibility visibility = Visibility::Public;
  std::string message;  // what the check expected and saw; empty when it passed
  std::string hint;
  std::string misconception;  // the belief that a failure points to; may be empty
};

struct GradedSubmission {
  std::string name;     // the path as it was given
  std::string student;  // who it is from: decides the variant
  std::uint64_t seed = 0;
  std::string problem;  // not empty when it could not be graded, in whole or in part, and why
  bool our_fault =
      false;  // the problem lies in the exercise or this machine, not in the submission
  std::vector<GradedCheck> checks;
  std::string output;  // what the submission printed during public checks
  bool output_truncated = false;

  double points() const;
  double max_points() const;
  // Whether its points mean anything.
  bool gradable() const { return !checks.empty() && !our_fault; }
  // The worst of the checks, in verdict.h's order.
  Verdict verdict() const;
};

struct GradeRecord {
  std::string exercise;
  std::string title;
  std::uint64_t seed = 0;
  bool interrupted = false;  // some submissions were not graded
  std::vector<GradedSubmission> submissions;
};

// What the students may have: the messages of hidden checks are gone. Every
// writer is given this unless a teacher asks for all. What a submission prints
// during a hidden check is not kept at all (judge.h): it could print its questions.
GradeRecord student_view(GradeRecord record);

// "3" or "2.5": points without needless zeros.
std::string points_text(double points);

}  // namespace gv
