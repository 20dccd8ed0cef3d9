// SPDX-License-Identifier: MIT
//
// grader.h - many submissions against one exercise, some at a time.
//
// The order of the record is the order of the arguments, whoever finishes first.
// When it is interrupted, what was graded stays, and the rest says so.

#pragma once

#include "grader/exercise.h"
#include "grader/record.h"
#include "gv/result.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace gv {

struct GraderSetup {
  unsigned jobs = 1;
  std::uint64_t seed = 0;
  std::string student;  // instead of the name found in the path; for one submission
  std::string worker;   // path of glassvisor-grade-worker; empty: beside this program
  const std::atomic<bool>* interrupted = nullptr;  // may be null
  // Called after each submission, one call at a time: how many are done.
  std::function<void(std::size_t)> progress;
};

// Error: the worker cannot be found.
Result<GradeRecord> grade(const Exercise& exercise, const std::vector<std::string>& submissions,
                          const GraderSetup& setup);

// glassvisor-grade-worker beside this program. Error: it is not there.
Result<std::string> find_worker();

}  // namespace gv
