// SPDX-License-Identifier: MIT
//
// lesson_check.h - whether a lesson is fit to be given to learners.
//
// First what can be seen without a machine: files, keys, names. Then what must
// be played: the solution passes, the starter does not, every file in wrong/ fails
// the check that it names, the phenomena happen, two runs are equal.

#pragma once

#include "gv/result.h"
#include "lesson/lesson.h"
#include "lesson/verdict.h"

#include <functional>
#include <string>
#include <vector>

namespace gv {

// Only the files; runs nothing but lesson.lua itself.
std::vector<CheckResult> lint_lesson(const Lesson& lesson);

// Both. `told` hears of each part as it is done; may be empty. Error: the lesson cannot be loaded.
Result<std::vector<CheckResult>> check_lesson(const std::string& folder, int seeds,
                                              const std::function<void(const CheckResult&)>& told);

// Writes a small lesson that passes check_lesson. Error: the folder is there and not empty.
Result<void> write_new_lesson(const std::string& folder);

}  // namespace gv
