// SPDX-License-Identifier: MIT
//
// grader.cpp - a queue of submissions and a few threads that take from it.

#include "grader/grader.h"

#include "grader/judge.h"
#include "grader/submission.h"
#include "lesson/paths.h"

#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include <fmt/format.h>

namespace gv {

Result<std::string> find_worker() {
  const std::string path = (program_folder() / "glassvisor-grade-worker").string();
  if (access(path.c_str(), X_OK) == 0)
    return path;
  return Error{ErrorCode::NotAvailable,
               fmt::format("'{}' is not there; build or install it beside this program", path)};
}

Result<GradeRecord> grade(const Exercise& exercise, const std::vector<std::string>& submissions,
                          const GraderSetup& setup) {
  JudgeTools tools;
  tools.worker = setup.worker;
  if (tools.worker.empty()) {
    auto worker = find_worker();
    if (!worker)
      return worker.error();
    tools.worker = *worker;
  }
  ReferenceRuns references;
  tools.references = &references;
  tools.interrupted = setup.interrupted;

  GradeRecord record;
  record.exercise = exercise.id;
  record.title = exercise.title;
  record.seed = setup.seed;
  record.submissions.resize(submissions.size());
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex progress;
  const auto work = [&] {
    for (std::size_t i = next++; i < submissions.size(); i = next++) {
      GradedSubmission& graded = record.submissions[i];
      if (setup.interrupted != nullptr && setup.interrupted->load()) {
        graded.name = submissions[i];
        graded.problem = "not graded: grading was interrupted";
        continue;
      }
      graded = judge(exercise, read_submission(submissions[i], exercise, setup.student), setup.seed,
                     tools);
      const std::lock_guard lock(progress);
      ++done;
      if (setup.progress)
        setup.progress(done);
    }
  };
  const std::size_t jobs =
      std::clamp<std::size_t>(setup.jobs, 1, std::max<std::size_t>(1, submissions.size()));
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < jobs; ++i)
    threads.emplace_back(work);
  work();
  for (std::thread& thread : threads)
    thread.join();
  record.interrupted = setup.interrupted != nullptr && setup.interrupted->load();
  return record;
}

}  // namespace gv
