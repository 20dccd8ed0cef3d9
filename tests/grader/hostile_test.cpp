// SPDX-License-Identifier: MIT
//
// hostile_test.cpp - a class of attackers and one honest student.
//
// Every file of hostile/ is graded together with an honest submission, several
// at a time. Each gets the verdict that the table says, in bounded time, and the
// honest one gets exactly what it gets alone.

#include "grader/grader.h"
#include "grader/report.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace gv {
namespace {

namespace fs = std::filesystem;

const std::string kFolder = GV_GRADER_TESTS;
const std::string kHonest = kFolder + "/exercises/double/solution/answer.lua";
constexpr const char* kTrace = "/tmp/glassvisor-was-here";

// The verdict of each hostile submission: why it gets no points.
const std::map<std::string, Verdict> kExpected = {
    {"lua-loop.lua", Verdict::Timeout},        {"lua-loop-in-call.lua", Verdict::Timeout},
    {"string-rep.lua", Verdict::Error},        {"string-rep-loop.lua", Verdict::Timeout},
    {"pattern.lua", Verdict::Timeout},         {"ten-gigabytes.lua", Verdict::Timeout},
    {"execute.lua", Verdict::Error},           {"write-outside.lua", Verdict::Error},
    {"fake-result.lua", Verdict::Fail},        {"kill-parent.lua", Verdict::Error},
    {"fork-bomb.lua", Verdict::Error},         {"bytecode.lua", Verdict::Error},
    {"overwrite-globals.lua", Verdict::Error}, {"flood-print.lua", Verdict::Timeout},
    {"deep-table.lua", Verdict::Error},        {"strange-values.lua", Verdict::Fail},
    {"error-object.lua", Verdict::Error},      {"syntax.lua", Verdict::Error},
    {"finalizer.lua", Verdict::Error},         {"quits.lua", Verdict::Error},
};

Exercise exercise() {
  auto loaded = load_exercise(kFolder + "/exercises/double");
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message;
    return {};
  }
  return std::move(*loaded);
}

GradeRecord graded(const std::vector<std::string>& submissions, unsigned jobs,
                   const std::string& worker = GV_WORKER) {
  GraderSetup setup;
  setup.jobs = jobs;
  setup.worker = worker;
  auto record = grade(exercise(), submissions, setup);
  if (!record) {
    ADD_FAILURE() << record.error().message;
    return {};
  }
  return std::move(*record);
}

std::vector<std::string> class_with_one_honest_student() {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(kFolder + "/hostile")) {
    if (entry.path().extension() == ".lua")
      paths.push_back(entry.path().string());
  }
  paths.insert(paths.begin() + static_cast<std::ptrdiff_t>(paths.size() / 2), kHonest);
  return paths;
}

TEST(HostileSubmissions, EachGetItsVerdictAndChangeNoOtherScore) {
  fs::remove(kTrace);
  const GradeRecord alone = graded({kHonest}, 1);
  const auto before = std::chrono::steady_clock::now();
  const std::vector<std::string> paths = class_with_one_honest_student();
  const GradeRecord together = graded(paths, 4);
  const auto took = std::chrono::steady_clock::now() - before;
  ASSERT_EQ(together.submissions.size(), kExpected.size() + 1);
  EXPECT_LT(took, std::chrono::seconds(60));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const GradedSubmission& one = together.submissions[i];
    EXPECT_EQ(one.name, paths[i]) << "the record keeps the order of the arguments";
    if (paths[i] == kHonest) {
      EXPECT_EQ(one.points(), 3);
      GradeRecord same = together;
      same.submissions = {one};
      EXPECT_EQ(json_report(same), json_report(alone));
      continue;
    }
    const auto expected = kExpected.find(fs::path(paths[i]).filename().string());
    ASSERT_NE(expected, kExpected.end()) << paths[i];
    EXPECT_EQ(name_of(one.verdict()), name_of(expected->second)) << paths[i] << "\n"
                                                                 << text_report(together);
    EXPECT_EQ(one.points(), 0) << paths[i];
    EXPECT_EQ(one.checks.size(), 2u) << paths[i];
  }
  EXPECT_FALSE(fs::exists(kTrace));
}

TEST(HostileSubmissions, GetTheSameRecordHoweverManyAreGradedAtOnce) {
  const std::vector<std::string> paths = class_with_one_honest_student();
  EXPECT_EQ(json_report(graded(paths, 1)), json_report(graded(paths, 3)));
}

TEST(HostileSubmissions, CannotForgeAScoreEvenFromNativeCode) {
  // This worker answers every question with points and passes. It holds no verdict to forge.
  const GradeRecord record = graded({kHonest}, 1, GV_HOSTILE_WORKER);
  ASSERT_EQ(record.submissions.size(), 1u);
  EXPECT_EQ(record.submissions[0].points(), 0) << text_report(record);
  EXPECT_NE(record.submissions[0].verdict(), Verdict::Pass);
}

TEST(HiddenChecks, DoNotLeakThroughWhatASubmissionPrints) {
  const std::string spy = testing::TempDir() + "spy.lua";
  FILE* file = std::fopen(spy.c_str(), "w");
  std::fputs("function double(n) print('asked ' .. n) return 2 * n end\n", file);
  std::fclose(file);
  const GradeRecord record = graded({spy}, 1);
  const std::string& output = record.submissions[0].output;
  EXPECT_NE(output.find("asked 3"), std::string::npos) << "a public check's output is shown";
  EXPECT_EQ(output.find("asked -20"), std::string::npos) << output;
}

}  // namespace
}  // namespace gv
