// SPDX-License-Identifier: MIT
//
// exercise_check.h - whether an exercise keeps what it promises.
//
// An exercise that nobody can solve, or that anything passes, is found here and
// not by a class. The solution and wrong answers are graded as any submission is.

#pragma once

#include "grader/exercise.h"
#include "gv/result.h"
#include "lesson/verdict.h"

#include <string>
#include <vector>

namespace gv {

struct ExerciseCheckSetup {
  int seeds = 100;     // for how many students the solution must pass and variants are compared
  std::string worker;  // empty: beside this program
};

// What is wrong with it; nothing when all is well:
// the starter does not pass; the solution passes with all points, for every seed, and twice alike;
// every file of wrong/ fails the check that its first line names ("fails: id"); every check is
// failed by some file of wrong/; variants, where there are any, differ.
Result<std::vector<Finding>> check_exercise(const Exercise& exercise,
                                            const ExerciseCheckSetup& setup);

}  // namespace gv
