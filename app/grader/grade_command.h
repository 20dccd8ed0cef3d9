// SPDX-License-Identifier: MIT
//
// grade_command.h - `glassvisor grade` and the exercise part of `glassvisor lesson check`.
//
// The report goes to stdout or, whole or not at all, to --output; words about the
// grading itself go to stderr. Ctrl+C still leaves a report of what was graded.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

struct GradeOptions {
  std::string exercise;                  // a folder, or an exercise's name
  std::vector<std::string> submissions;  // files or folders
  unsigned jobs = 0;                     // --jobs; 0: as many as processors
  std::uint64_t seed = 0;                // --seed, the course's
  std::string format = "text";  // --format text|json|gradescope|prairielearn|classroom50|junit
  std::string output;           // --output; empty: stdout. An existing folder: one file each
  std::string exit = "result";  // --exit graded|result
  std::string student;          // --student NAME: whose variant, for one submission
  std::string task_for;         // --task NAME: print that student's task and grade nothing
  std::string worker;           // glassvisor-grade-worker; empty: beside this program
  bool reveal_hidden = false;   // --reveal-hidden: a teacher's report, with all messages
};

// Returns the process's exit code: 0 all passed (or, with graded, grading ran), 1 something did not
// pass, 2 usage, 3 interrupted, 5 not available here, 70 a check could not be run: our own fault.
int grade_main(const GradeOptions& options);

// `glassvisor lesson check EXERCISE`: the starter fails, the solution passes for 100 seeds, every
// file of wrong/ fails the check it names, every hidden check is failed by one of them.
int check_exercise_main(const std::string& exercise);
// Whether a path or name is an exercise and not a lesson.
bool is_exercise(const std::string& name_or_path);

}  // namespace gv
