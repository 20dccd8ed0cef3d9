// SPDX-License-Identifier: MIT
//
// judge.h - one submission against one exercise.
//
// The judge sits in the grader's process. For each check it starts the exercise's
// script and, when that asks for it, a fresh contained process with the
// submission; so no check sees what another left behind, and a submission that
// dies takes one check with it. Verdicts and points are made here and only here.
//
// Threads: judge() may run on many threads at once; ReferenceRuns is shared.

#pragma once

#include "grader/exercise.h"
#include "grader/record.h"
#include "grader/submission.h"
#include "gv/result.h"

#include <atomic>
#include <cstdint>
#include <future>
#include <map>
#include <mutex>
#include <string>

namespace gv {

// Runs of our own guests: made once each, however many submissions are compared with them.
class ReferenceRuns {
 public:
  // `kit` is a guest kit's name, or a NASM file in the exercise's folder.
  Result<LuaValue> run(const Exercise& exercise, const std::string& worker, const std::string& kit,
                       const LuaValue& request);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_future<std::shared_ptr<const Result<LuaValue>>>> runs_;
};

struct JudgeTools {
  std::string worker;  // path of glassvisor-grade-worker
  ReferenceRuns* references = nullptr;
  const std::atomic<bool>* interrupted = nullptr;  // may be null
};

GradedSubmission judge(const Exercise& exercise, const Submission& submission, std::uint64_t seed,
                       const JudgeTools& tools);

}  // namespace gv
