// SPDX-License-Identifier: MIT
//
// exercise_check.cpp - grades an exercise's own starter, solution and wrong answers.
//
// A solution whose text depends on the variant is a Lua file that returns a
// function of the variant: solution/<file>.lua beside no solution/<file>.

#include "grader/exercise_check.h"

#include "grader/exercise_script.h"
#include "grader/grader.h"
#include "grader/judge.h"
#include "grader/seed.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include <fmt/format.h>

namespace gv {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLongestText = 1 << 20;

// A file of the exercise that stands for a submission, perhaps written per variant.
struct Specimen {
  std::string name;  // "wrong/forgets-iopl.lua"
  std::string text;
  bool generated = false;
  std::string fails;  // the check it must fail, for wrong/
};

// "fails: check-id" anywhere in the first line, in whatever comment the language has.
std::string named_failure(const std::string& text) {
  const std::string line = text.substr(0, text.find('\n'));
  const std::size_t at = line.find("fails:");
  if (at == std::string::npos)
    return {};
  const std::size_t first = line.find_first_not_of(' ', at + 6);
  if (first == std::string::npos)
    return {};
  return line.substr(first, line.find_first_of(" \r", first) - first);
}

class ExerciseChecker {
 public:
  ExerciseChecker(const Exercise& exercise, const ExerciseCheckSetup& setup)
      : exercise_(exercise), setup_(setup) {}

  Result<std::vector<Finding>> run() {
    tools_.worker = setup_.worker;
    if (tools_.worker.empty()) {
      auto worker = find_worker();
      if (!worker)
        return worker.error();
      tools_.worker = *worker;
    }
    tools_.references = &references_;
    const auto starter = specimen("starter/" + exercise_.file);
    auto solution = specimen("solution/" + exercise_.file);
    if (!solution)
      solution = specimen("solution/" + exercise_.file + ".lua");
    if (!starter)
      return starter.error();
    if (!solution)
      return solution.error();
    solution_ = *solution;
    const GradedSubmission started = grade(*starter, "student");
    if (started.our_fault) {
      std::string why = started.problem;
      for (const GradedCheck& check : started.checks) {
        if (check.verdict == Verdict::Skip)
          why = check.message;
      }
      return Error{ErrorCode::Internal, why};
    }
    if (started.verdict() == Verdict::Pass) {
      find("starter", "the starter to fail some check", "it passed them all");
    }
    check_wrong_answers();
    check_seeds(*solution);
    std::sort(findings_.begin(), findings_.end(),
              [](const Finding& a, const Finding& b) { return a.where < b.where; });
    return std::move(findings_);
  }

 private:
  void find(std::string where, std::string expected, std::string observed) {
    const std::lock_guard lock(mutex_);
    findings_.push_back(
        {"exercise", std::move(expected), std::move(observed), std::move(where), ""});
  }

  Result<Specimen> specimen(const std::string& name) const {
    auto text = read_regular_file((fs::path(exercise_.folder) / name).string(), kLongestText);
    if (!text)
      return text.error();
    Specimen one;
    one.name = name;
    one.text = std::move(*text);
    one.generated = exercise_.language == SubmissionLanguage::Nasm && name.ends_with(".lua");
    one.fails = named_failure(one.text);
    return one;
  }

  GradedSubmission grade(const Specimen& one, const std::string& student) {
    Submission submission{one.name, student, one.text, ""};
    if (one.generated) {
      auto text = generate(one, student);
      if (text) {
        submission.source = std::move(*text);
      } else {
        submission.problem = text.error().message;
      }
    }
    return judge(exercise_, submission, kSeed, tools_);
  }

  Result<std::string> generate(const Specimen& one, const std::string& student) const {
    auto script = ExerciseScript::open(exercise_, variant_seed(exercise_.id, student, kSeed), {});
    if (!script)
      return script.error();
    const auto variant = (*script)->variant(student);
    if (!variant)
      return variant.error();
    LuaValue solution;
    if (one.name != solution_.name && solution_.generated) {
      auto text = (*script)->generate(solution_.name, solution_.text, *variant, {});
      if (!text)
        return text.error();
      solution = std::move(*text);
    }
    return (*script)->generate(one.name, one.text, *variant, solution);
  }

  void check_wrong_answers() {
    std::error_code ignored;
    std::vector<std::string> names;
    for (const auto& entry :
         fs::directory_iterator(fs::path(exercise_.folder) / "wrong", ignored)) {
      names.push_back("wrong/" + entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    std::set<std::string> killed;
    for (const std::string& name : names) {
      const auto one = specimen(name);
      if (!one) {
        find(name, "a readable file", one.error().message);
        continue;
      }
      const GradedSubmission graded = grade(*one, "student");
      bool as_named = false;
      std::string failed;
      for (const GradedCheck& check : graded.checks) {
        if (check.verdict == Verdict::Pass)
          continue;
        // A check is proven by an answer that it judged, not by one that did not even run.
        if (check.verdict == Verdict::Fail)
          killed.insert(check.id);
        as_named |= check.id == one->fails;
        failed += (failed.empty() ? "" : ", ") + check.id;
      }
      if (one->fails.empty()) {
        find(name, "a first line that says 'fails: check-id'", "none");
      } else if (!as_named) {
        find(name, fmt::format("check '{}' to fail", one->fails),
             failed.empty() && graded.problem.empty() ? "every check passed"
                                                      : "failed: " + failed + graded.problem);
      }
    }
    for (const ExerciseCheck& check : exercise_.checks) {
      if (!killed.contains(check.id)) {
        find("check " + check.id, "some file of wrong/ to fail it", "none did");
      }
    }
  }

  void check_seeds(const Specimen& solution) {
    std::vector<std::string> variants(static_cast<std::size_t>(setup_.seeds));
    std::atomic<int> next = 0;
    const auto work = [&] {
      for (int i = next++; i < setup_.seeds; i = next++) {
        const std::string student = fmt::format("student-{}", i);
        variants[static_cast<std::size_t>(i)] = check_student(solution, student, i);
      }
    };
    std::thread second(work);
    work();
    second.join();
    const std::set<std::string> different(variants.begin(), variants.end());
    const bool varies = different.size() > 1;
    if (varies && different.size() < variants.size() / 2) {
      find("variants", "at least half of them to differ",
           fmt::format("{} of {}", different.size(), variants.size()));
    }
  }

  // Returns the variant as text.
  std::string check_student(const Specimen& solution, const std::string& student, int number) {
    const GradedSubmission graded = grade(solution, student);
    std::string problem = graded.problem;
    for (const GradedCheck& check : graded.checks) {
      if (check.verdict != Verdict::Pass) {
        problem += fmt::format("{} {}: {}; ", check.id, name_of(check.verdict), check.message);
      }
    }
    if (graded.verdict() != Verdict::Pass) {
      find(fmt::format("solution for {}", student), "every check to pass", problem);
    }
    if (number < 3) {
      const GradedSubmission again = grade(solution, student);
      if (again.points() != graded.points() || again.seed != graded.seed) {
        find(fmt::format("solution for {}", student), "the same result twice",
             fmt::format("{} and {} points", graded.points(), again.points()));
      }
    }
    auto script = ExerciseScript::open(exercise_, graded.seed, {});
    if (!script)
      return {};
    const auto variant = (*script)->variant(student);
    return variant ? variant->dump() : std::string();
  }

  static constexpr std::uint64_t kSeed = 1;
  const Exercise& exercise_;
  const ExerciseCheckSetup& setup_;
  JudgeTools tools_;
  ReferenceRuns references_;
  Specimen solution_;
  std::mutex mutex_;
  std::vector<Finding> findings_;
};

}  // namespace

Result<std::vector<Finding>> check_exercise(const Exercise& exercise,
                                            const ExerciseCheckSetup& setup) {
  return ExerciseChecker(exercise, setup).run();
}

}  // namespace gv
