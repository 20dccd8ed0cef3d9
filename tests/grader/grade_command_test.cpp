// SPDX-License-Identifier: MIT
//
// grade_command_test.cpp - `glassvisor grade` as a person or a platform meets it.

#include "grader/grade_command.h"
#include "grader/exercise_check.h"
#include "grader/grader.h"
#include "grader/report_file.h"
#include "grader/submission.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

namespace gv {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

const std::string kExercise = std::string(GV_GRADER_TESTS) + "/exercises/double";
const std::string kSolution = kExercise + "/solution/answer.lua";
const std::string kWrong = kExercise + "/wrong/absolute.lua";

// A folder of its own for each test.
class GradeCommand : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "gradeXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return path(name);
  }
  static std::string read(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(name).rdbuf();
    return text.str();
  }
  GradeOptions options(std::vector<std::string> submissions) const {
    GradeOptions options;
    options.exercise = kExercise;
    options.worker = GV_WORKER;
    options.submissions = std::move(submissions);
    options.format = "json";
    options.output = path("report");
    return options;
  }
  Json report() const { return Json::parse(read(path("report")), nullptr, false); }

  fs::path folder_;
};

// What a call says on stderr, and its exit code.
struct Said {
  int code = 0;
  std::string words;
};
Said said(const std::function<int()>& call) {
  testing::internal::CaptureStderr();
  Said said;
  said.code = call();
  said.words = testing::internal::GetCapturedStderr();
  return said;
}

TEST_F(GradeCommand, ReturnsZeroWhenAllPassedAndOneWhenNot) {
  EXPECT_EQ(grade_main(options({kSolution})), 0);
  EXPECT_EQ(report()["submissions"][0]["points"], 3.0);
  EXPECT_EQ(grade_main(options({kSolution, kWrong})), 1);
  EXPECT_EQ(report()["submissions"].size(), 2u);
}

TEST_F(GradeCommand, ReturnsZeroWhateverTheScoreWhenAskedWhetherGradingRan) {
  GradeOptions graded = options({kWrong});
  graded.exit = "graded";
  EXPECT_EQ(grade_main(graded), 0);
  EXPECT_EQ(report()["submissions"][0]["points"], 2.0);
}

TEST_F(GradeCommand, AnswersAMistakeWithOneSentenceThatNamesIt) {
  const auto complains = [&](const std::function<void(GradeOptions&)>& mistake, const char* word) {
    GradeOptions wrong = options({kSolution});
    mistake(wrong);
    const Said answer = said([&] { return grade_main(wrong); });
    EXPECT_EQ(answer.code, 2) << answer.words;
    EXPECT_NE(answer.words.find(word), std::string::npos) << answer.words;
    EXPECT_EQ(std::count(answer.words.begin(), answer.words.end(), '\n'), 1) << answer.words;
  };
  complains([](GradeOptions& o) { o.format = "pdf"; }, "pdf");
  complains([](GradeOptions& o) { o.exit = "never"; }, "never");
  complains([](GradeOptions& o) { o.exercise = "no-such-exercise"; }, "no-such-exercise");
  complains([](GradeOptions& o) { o.submissions.clear(); }, "answer.lua");
  complains(
      [](GradeOptions& o) {
        o.format = "gradescope";
        o.submissions.push_back(kWrong);
      },
      "gradescope");
  complains([](GradeOptions& o) { o.output = "/nowhere/report"; }, "/nowhere/report");
  complains([](GradeOptions& o) { o.output = "/dev/full"; }, "No space left");
}

TEST_F(GradeCommand, LeavesNoHalfReportBehind) {
  write("report", "the report of last week");
  fs::permissions(folder_, fs::perms::owner_read | fs::perms::owner_exec);
  const Said answer = said([&] { return grade_main(options({kSolution})); });
  fs::permissions(folder_, fs::perms::owner_all);
  if (geteuid() == 0) {
    EXPECT_EQ(answer.code, 0) << "root may write anywhere";
  } else {
    EXPECT_EQ(answer.code, 2);
    EXPECT_EQ(read(path("report")), "the report of last week");
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 1);
}

TEST_F(GradeCommand, WritesOneFilePerStudentIntoAFolder) {
  GradeOptions each =
      options({write("in/alice.lua", read(kSolution)), write("in/bob/answer.lua", read(kWrong)),
               write("in/eve/../../x/answer.lua", read(kWrong))});
  fs::create_directory(path("out"));
  each.output = path("out");
  each.format = "gradescope";
  EXPECT_EQ(grade_main(each), 1);
  EXPECT_EQ(Json::parse(read(path("out/alice.json")))["score"], 3.0);
  EXPECT_EQ(Json::parse(read(path("out/bob.json")))["score"], 2.0);
  EXPECT_TRUE(fs::exists(path("out/x.json")));
}

TEST_F(GradeCommand, ReportsAMissingSubmissionAndGradesTheOthers) {
  EXPECT_EQ(grade_main(options({path("nobody.lua"), kSolution})), 1);
  const Json both = report()["submissions"];
  EXPECT_NE(both[0]["problem"].get<std::string>().find("nobody.lua"), std::string::npos);
  EXPECT_EQ(both[0]["verdict"], "error");
  EXPECT_EQ(both[1]["verdict"], "pass");
}

TEST_F(GradeCommand, DoesNotFollowALinkOutOfASubmission) {
  fs::create_directory(path("mallory"));
  fs::create_symlink(kSolution, path("mallory/answer.lua"));
  EXPECT_EQ(grade_main(options({path("mallory")})), 1);
  EXPECT_NE(report()["submissions"][0]["problem"].get<std::string>().find("symbolic link"),
            std::string::npos);
}

TEST_F(GradeCommand, HidesWhatAHiddenCheckSawUnlessATeacherAsks) {
  GradeOptions teacher = options({kWrong});
  grade_main(teacher);
  EXPECT_EQ(report().dump().find("secret-of-the-hidden-check"), std::string::npos);
  teacher.reveal_hidden = true;
  grade_main(teacher);
  EXPECT_NE(report().dump().find("secret-of-the-hidden-check"), std::string::npos);
}

TEST_F(GradeCommand, LeavesAValidReportWhenItIsInterrupted) {
  const GradeOptions many = options(std::vector<std::string>(2000, kSolution));
  std::thread keyboard([&] {
    // Ctrl+C as soon as somebody listens to it.
    struct sigaction now {};
    while (sigaction(SIGINT, nullptr, &now) == 0 && now.sa_handler == SIG_DFL)
      std::this_thread::yield();
    kill(getpid(), SIGINT);
  });
  const Said answer = said([&] { return grade_main(many); });
  keyboard.join();
  EXPECT_EQ(answer.code, 3) << answer.words;
  const Json result = report();
  ASSERT_TRUE(result.is_object());
  EXPECT_EQ(result["interrupted"], true);
  EXPECT_EQ(result["submissions"].size(), 2000u);
  EXPECT_NE(result["submissions"][1999]["problem"].get<std::string>().find("interrupted"),
            std::string::npos);
}

TEST_F(GradeCommand, KeepsWhatWasGradedBeforeAnInterruption) {
  const auto exercise = load_exercise(kExercise);
  ASSERT_TRUE(exercise);
  std::atomic<bool> stop = false;
  GraderSetup setup;
  setup.worker = GV_WORKER;
  setup.interrupted = &stop;
  setup.progress = [&](std::size_t done) { stop = done == 2; };
  const auto record = grade(*exercise, {kSolution, kWrong, kSolution, kSolution}, setup);
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->interrupted);
  EXPECT_EQ(record->submissions[0].points(), 3);
  EXPECT_EQ(record->submissions[1].points(), 2);
  EXPECT_NE(record->submissions[2].problem.find("interrupted"), std::string::npos);
  EXPECT_NE(record->submissions[3].problem.find("interrupted"), std::string::npos);
}

TEST_F(GradeCommand, TakesTheStudentFromThePath) {
  const auto exercise = load_exercise(kExercise);
  ASSERT_TRUE(exercise);
  const auto student = [&](const std::string& name) {
    return read_submission(name, *exercise, "").student;
  };
  write("bob/answer.lua", "x");
  EXPECT_EQ(student(write("alice.lua", "x")), "alice");
  EXPECT_EQ(student(path("bob/answer.lua")), "bob");
  EXPECT_EQ(student(path("bob")), "bob");
  EXPECT_EQ(student(path("bob/")), "bob");
  EXPECT_EQ(read_submission(path("bob"), *exercise, "carol").student, "carol");
}

TEST_F(GradeCommand, TakesTheStudentsFromGradescopesMetadata) {
  const auto exercise = load_exercise(kExercise);
  ASSERT_TRUE(exercise);
  write("autograder/submission/answer.lua", "x");
  write("autograder/submission_metadata.json",
        R"({"users":[{"id":77,"name":"B"},{"id":12,"name":"A"}]})");
  EXPECT_EQ(read_submission(path("autograder/submission"), *exercise, "").student, "12+77");
}

TEST_F(GradeCommand, GivesEachStudentAVariantThatARegradeRepeats) {
  const auto task = [&](const std::string& student, std::uint64_t seed) {
    GradeOptions ask = options({});
    ask.task_for = student;
    ask.seed = seed;
    // The task goes to stdout, written past the C++ streams.
    std::fflush(stdout);
    testing::internal::CaptureStdout();
    EXPECT_EQ(grade_main(ask), 0);
    return testing::internal::GetCapturedStdout();
  };
  EXPECT_EQ(task("alice", 1), task("alice", 1));
  EXPECT_NE(task("alice", 1), task("bob", 1));
  EXPECT_NE(task("alice", 1), task("alice", 2));
}

TEST_F(GradeCommand, FindsAnExerciseThatDoesNotKeepItsPromises) {
  fs::copy(kExercise, path("broken"), fs::copy_options::recursive);
  write("broken/starter/answer.lua", read(kSolution));
  write("broken/wrong/absolute.lua",
        "-- fails: small\nfunction double(n) return math.abs(2 * n) end\n");
  const auto exercise = load_exercise(path("broken"));
  ASSERT_TRUE(exercise);
  ExerciseCheckSetup setup;
  setup.worker = GV_WORKER;
  setup.seeds = 2;
  const auto findings = check_exercise(*exercise, setup);
  ASSERT_TRUE(findings);
  std::string places;
  for (const Finding& finding : *findings)
    places += finding.where + " ";
  EXPECT_EQ(places, "starter wrong/absolute.lua ");
}

TEST_F(GradeCommand, RefusesABrokenExerciseWithItsFileAndLine) {
  fs::copy(kExercise, path("broken"), fs::copy_options::recursive);
  write("broken/exercise.lua", "return {\n  id = \n}\n");
  GradeOptions broken = options({kSolution});
  broken.exercise = path("broken");
  const Said answer = said([&] { return grade_main(broken); });
  EXPECT_EQ(answer.code, 2);
  EXPECT_NE(answer.words.find("exercise.lua:3"), std::string::npos) << answer.words;
  EXPECT_EQ(said([&] {
              return grade_main([&] {
                auto o = broken;
                o.exercise = path("");
                return o;
              }());
            }).code,
            2);
}

TEST_F(GradeCommand, BlamesABrokenCheckAndNotTheStudent) {
  fs::copy(kExercise, path("broken"), fs::copy_options::recursive);
  std::string script = read(kExercise + "/exercise.lua");
  const std::string secret = "local answers = c:each(";
  script.replace(script.find(secret), secret.size(), "local answers = c:nothing(");
  write("broken/exercise.lua", script);
  GradeOptions broken = options({kSolution});
  broken.exercise = path("broken");
  broken.format = "prairielearn";
  broken.exit = "graded";
  const Said answer = said([&] { return grade_main(broken); });
  EXPECT_EQ(answer.code, 70)
      << "non-zero even for --exit graded: the platform must not record a score";
  EXPECT_NE(answer.words.find("exercise.lua:"), std::string::npos) << answer.words;
  EXPECT_EQ(report()["gradable"], false);
}

TEST_F(GradeCommand, RefusesAnExerciseWithoutAHintForEachCheck) {
  fs::copy(kExercise, path("broken"), fs::copy_options::recursive);
  write("broken/hints.en.md", "## small\nThink.\n");
  const auto exercise = load_exercise(path("broken"));
  ASSERT_FALSE(exercise);
  EXPECT_NE(exercise.error().message.find("## negative"), std::string::npos);
}

}  // namespace
}  // namespace gv
