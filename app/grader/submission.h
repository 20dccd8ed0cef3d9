// SPDX-License-Identifier: MIT
//
// submission.h - what a student handed in: one source text and whose it is.
//
// Only the grader opens a student's files, never through a symbolic link and
// never more than it allows, and hands the text on. The student's name decides
// the variant, so it comes from where the file lies and not from what it says.
//
// Plain values.

#pragma once

#include "grader/exercise.h"
#include "gv/result.h"

#include <string>

namespace gv {

struct Submission {
  std::string name;  // the path as given
  std::string student;
  std::string source;
  std::string problem;  // not empty: there is nothing to grade, and why
};

// A file, or a folder that holds the file that the exercise names. The student is the folder's or
// file's name; `student` when not empty; or, in Gradescope's layout, the ids in
// ../submission_metadata.json.
Submission read_submission(const std::string& path, const Exercise& exercise,
                           const std::string& student);

}  // namespace gv
