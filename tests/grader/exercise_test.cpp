// SPDX-License-Identifier: MIT
//
// exercise_test.cpp - the exercises that are shipped, and guests that mean no good.
//
// Each exercise must keep what it promises (exercise_check.h), with 100 students;
// hostile guests are graded beside an honest one, as hostile scripts are.

#include "grader/exercise_check.h"
#include "grader/exercise_script.h"
#include "grader/grader.h"
#include "grader/report.h"
#include "grader/seed.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace gv {
namespace {

namespace fs = std::filesystem;

const std::string kHostile = std::string(GV_GRADER_TESTS) + "/hostile";
constexpr int kSeeds = 100;

Exercise exercise(const std::string& name) {
  auto loaded = load_exercise(std::string(GV_EXERCISES) + "/" + name);
  if (!loaded) {
    ADD_FAILURE() << loaded.error().message;
    return {};
  }
  return std::move(*loaded);
}

class ShippedExercise : public testing::TestWithParam<const char*> {};

TEST_P(ShippedExercise, KeepsItsPromisesForAHundredStudents) {
  const Exercise one = exercise(GetParam());
  ExerciseCheckSetup setup;
  setup.worker = GV_WORKER;
  // A seed of be-the-hypervisor only chooses which exits are asked about.
  setup.seeds = one.language == SubmissionLanguage::Nasm ? kSeeds : kSeeds / 4;
  const auto findings = check_exercise(one, setup);
  ASSERT_TRUE(findings) << findings.error().message;
  for (const Finding& finding : *findings) {
    ADD_FAILURE() << finding.where << ": expected " << finding.expected << ", observed "
                  << finding.observed;
  }
}

TEST_P(ShippedExercise, HasHiddenAndPublicChecksAndTagsAMisconception) {
  const Exercise one = exercise(GetParam());
  std::set<Visibility> kinds;
  std::set<std::string> beliefs;
  for (const ExerciseCheck& check : one.checks) {
    kinds.insert(check.visibility);
    if (!check.misconception.empty())
      beliefs.insert(check.misconception);
  }
  EXPECT_EQ(kinds.size(), 2u);
  EXPECT_FALSE(beliefs.empty());
}

INSTANTIATE_TEST_SUITE_P(All, ShippedExercise,
                         testing::Values("be-the-hypervisor", "list-of-exits", "rewrite-rule"),
                         [](const auto& one) {
                           std::string name = one.param;
                           for (char& c : name)
                             c = c == '-' ? '_' : c;
                           return name;
                         });

TEST(ListOfExits, AsksAlmostEveryStudentForAnotherList) {
  const Exercise one = exercise("list-of-exits");
  std::set<std::string> lists;
  for (int i = 0; i < kSeeds; ++i) {
    const std::string student = "student-" + std::to_string(i);
    auto script = ExerciseScript::open(one, variant_seed(one.id, student, 1), {});
    ASSERT_TRUE(script);
    const auto variant = (*script)->variant(student);
    ASSERT_TRUE(variant);
    lists.insert(variant->dump());
  }
  EXPECT_EQ(lists.size(), static_cast<std::size_t>(kSeeds));
}

// The verdicts of guests that crash, flood, loop or reach for what is not theirs.
const std::map<std::string, Verdict> kExpected = {
    {"triple-fault.asm", Verdict::Fail},
    {"flood-console.asm", Verdict::Fail},
    {"loop.asm", Verdict::Fail},
    {"fault-storm.asm", Verdict::Fail},
    {"writes-everywhere.asm", Verdict::Fail},
    {"halts-for-ever.asm", Verdict::Fail},
    {"resets.asm", Verdict::Fail},
    {"jumps-nowhere.asm", Verdict::Fail},
    {"fakes-the-console.asm", Verdict::Fail},
    {"process-without-paging.asm", Verdict::Fail},
    {"includes-a-secret.asm", Verdict::Error},
    {"empty.asm", Verdict::Error},
    {"endless-macro.asm", Verdict::Timeout},
};

// Patches its own next instruction for ever. Unicorn 2.1.1 has been seen to die of it.
constexpr const char* kEngineKiller = "self-modifying.asm";

TEST(HostileGuests, EachGetTheirVerdictAndChangeNoOtherScore) {
  const Exercise one = exercise("list-of-exits");
  // The honest student's guest, written for the honest student's list.
  const std::string honest = testing::TempDir() + "honest.asm";
  auto script = ExerciseScript::open(one, variant_seed(one.id, "honest", 0), {});
  ASSERT_TRUE(script);
  const auto variant = (*script)->variant("honest");
  ASSERT_TRUE(variant);
  const auto source = read_regular_file(one.folder + "/solution/guest.asm.lua", 1 << 20);
  ASSERT_TRUE(source);
  const auto text = (*script)->generate("guest.asm.lua", *source, *variant, {});
  ASSERT_TRUE(text);
  std::ofstream(honest) << *text;

  GraderSetup setup;
  setup.worker = GV_WORKER;
  setup.jobs = 2;
  const auto alone = grade(one, {honest}, setup);
  ASSERT_TRUE(alone) << alone.error().message;
  EXPECT_EQ(alone->submissions[0].points(), one.max_points()) << text_report(*alone);

  std::vector<std::string> paths{honest};
  for (const auto& [name, verdict] : kExpected)
    paths.push_back(kHostile + "/" + name);
  const auto together = grade(one, paths, setup);
  ASSERT_TRUE(together);
  GradeRecord same = *together;
  same.submissions.resize(1);
  EXPECT_EQ(json_report(same), json_report(*alone));
  for (std::size_t i = 1; i < paths.size(); ++i) {
    const GradedSubmission& guest = together->submissions[i];
    EXPECT_EQ(guest.points(), 0) << paths[i];
    EXPECT_EQ(name_of(guest.verdict()),
              name_of(kExpected.at(fs::path(paths[i]).filename().string())))
        << paths[i] << ": " << (guest.checks.empty() ? guest.problem : guest.checks[0].message);
  }
  for (const auto& entry : fs::directory_iterator(kHostile)) {
    const std::string name = entry.path().filename();
    EXPECT_TRUE(entry.path().extension() != ".asm" || kExpected.contains(name) ||
                name == kEngineKiller)
        << entry.path() << " has no expected verdict";
  }
}

TEST(HostileGuests, MayKillTheirEngineAndGetAVerdictAllTheSame) {
  GraderSetup setup;
  setup.worker = GV_WORKER;
  const auto record = grade(exercise("list-of-exits"), {kHostile + "/" + kEngineKiller}, setup);
  ASSERT_TRUE(record);
  const GradedSubmission& guest = record->submissions[0];
  EXPECT_EQ(guest.points(), 0);
  EXPECT_TRUE(guest.verdict() == Verdict::Crash || guest.verdict() == Verdict::Fail)
      << name_of(guest.verdict());
}

}  // namespace
}  // namespace gv
