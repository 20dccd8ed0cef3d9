// SPDX-License-Identifier: MIT
//
// report_test.cpp - each writer against its platform's rules, and nothing hidden in any.

#include "grader/report.h"
#include "grader/record.h"
#include "grader/seed.h"

#include <nlohmann/json.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace gv {
namespace {

using Json = nlohmann::json;

constexpr const char* kSecret = "expected 42 at instruction 1907";

GradedCheck check(std::string id, Verdict verdict, double points, double most,
                  Visibility visibility = Visibility::Public) {
  GradedCheck one;
  one.id = std::move(id);
  one.title = "Title of " + one.id;
  one.verdict = verdict;
  one.points = points;
  one.max_points = most;
  one.visibility = visibility;
  one.message = verdict == Verdict::Pass           ? ""
                : visibility == Visibility::Hidden ? kSecret
                                                   : "saw 3";
  one.hint = "Hint of " + one.id;
  one.misconception = "every-sensitive-instruction-traps";
  return one;
}

GradeRecord example() {
  GradeRecord record;
  record.exercise = "be-the-hypervisor";
  record.title = "Be the hypervisor";
  record.seed = 7;
  GradedSubmission submission;
  submission.name = "class/alice.lua";
  submission.student = "alice";
  submission.seed = 0xffff'ffff'ffff'fff1;
  submission.output = "printed <b>&\x1b[31mred\r\n\xff";
  submission.checks = {check("first", Verdict::Pass, 2, 2),
                       check("second", Verdict::Fail, 0.5, 2),
                       check("third", Verdict::Fail, 0, 1, Visibility::Hidden),
                       check("fourth", Verdict::Timeout, 0, 1),
                       check("fifth", Verdict::Crash, 0, 1, Visibility::Hidden),
                       check("sixth", Verdict::Skip, 0, 1),
                       check("seventh", Verdict::Error, 0, 1)};
  record.submissions = {submission};
  return record;
}

GradeRecord ungradable() {
  GradeRecord record = example();
  record.submissions[0].checks.clear();
  record.submissions[0].problem = "cannot read 'class/alice.lua': No such file or directory";
  return record;
}

struct Writer {
  const char* name;
  std::function<std::string(const GradeRecord&)> write;
};

std::vector<Writer> writers() {
  return {{"text", text_report},
          {"json", json_report},
          {"gradescope", gradescope_report},
          {"prairielearn", prairielearn_report},
          {"classroom50", [](const GradeRecord& r) { return classroom50_report(r, {}); }},
          {"junit", junit_report}};
}

TEST(EveryWriter, ShowsAHiddenChecksTitleAndHintAndNothingElseOfIt) {
  for (const Writer& writer : writers()) {
    const std::string report = writer.write(student_view(example()));
    EXPECT_EQ(report.find(kSecret), std::string::npos) << writer.name << "\n" << report;
    EXPECT_NE(report.find("Title of third"), std::string::npos) << writer.name;
    EXPECT_NE(report.find("Hint of third"), std::string::npos) << writer.name;
    EXPECT_NE(report.find("saw 3"), std::string::npos) << writer.name;
  }
}

TEST(EveryWriter, ShowsATeacherWhatAHiddenCheckSaw) {
  for (const Writer& writer : writers()) {
    EXPECT_NE(writer.write(example()).find(kSecret), std::string::npos) << writer.name;
  }
}

TEST(EveryWriter, GivesTheSameBytesForTheSameRecord) {
  for (const Writer& writer : writers())
    EXPECT_EQ(writer.write(example()), writer.write(example()));
}

TEST(EveryWriter, WritesUtf8WithoutControlCharacters) {
  for (const Writer& writer : writers()) {
    const std::string report = writer.write(example());
    EXPECT_EQ(printable_text(report), report) << writer.name;
    EXPECT_EQ(report.find('\x1b'), std::string::npos) << writer.name;
  }
}

TEST(EveryWriter, ReportsASubmissionThatCouldNotBeGraded) {
  for (const Writer& writer : writers()) {
    const std::string report = writer.write(ungradable());
    const bool has_problem = report.find("No such file") != std::string::npos;
    // Classroom 50 has no place for it: there the exit status says so.
    EXPECT_TRUE(has_problem || std::string(writer.name) == "classroom50") << report;
  }
}

TEST(JsonReport, HoldsTheWholeRecord) {
  const Json report = Json::parse(json_report(example()));
  EXPECT_EQ(report["schema"], "glassvisor/grade/v1");
  const Json& submission = report["submissions"][0];
  EXPECT_EQ(submission["seed"], "18446744073709551601");
  EXPECT_EQ(submission["points"], 2.5);
  EXPECT_EQ(submission["max_points"], 9.0);
  EXPECT_EQ(submission["verdict"], "crash");
  std::vector<std::string> verdicts;
  for (const Json& one : submission["checks"])
    verdicts.push_back(one["verdict"]);
  EXPECT_EQ(verdicts, (std::vector<std::string>{"pass", "fail", "fail", "timeout", "crash", "skip",
                                                "error"}));
}

TEST(GradescopeReport, FollowsTheSpecification) {
  const Json report = Json::parse(gradescope_report(student_view(example())));
  EXPECT_TRUE(report["score"].is_number());
  EXPECT_EQ(report["score"], 2.5);
  EXPECT_TRUE(report["output"].is_string());
  const std::set<std::string> formats{"text", "html", "simple_format", "md", "ansi"};
  for (const char* key : {"output_format", "test_output_format", "test_name_format"}) {
    EXPECT_TRUE(formats.contains(report[key])) << key;
  }
  ASSERT_EQ(report["tests"].size(), 7u);
  for (const Json& test : report["tests"]) {
    EXPECT_TRUE(test["score"].is_number());
    EXPECT_TRUE(test["max_score"].is_number());
    EXPECT_LE(test["score"], test["max_score"]);
    EXPECT_TRUE(test["status"] == "passed" || test["status"] == "failed");
    EXPECT_EQ(test["status"] == "passed", test["score"] == test["max_score"]);
    EXPECT_TRUE(test["number"].is_string());
    EXPECT_TRUE(test["tags"].is_array());
    EXPECT_TRUE(test["visibility"] == "visible" || test["visibility"] == "hidden");
  }
  EXPECT_EQ(report["tests"][0]["visibility"], "visible");
  EXPECT_EQ(report["tests"][2]["visibility"], "hidden");
  EXPECT_FALSE(report.contains("execution_time")) << "a record has no clock";
}

TEST(PrairieLearnReport, FollowsTheSpecification) {
  const std::string text = prairielearn_report(student_view(example()));
  EXPECT_LE(text.size(), 1'000'000u);
  const Json report = Json::parse(text);
  EXPECT_EQ(report["gradable"], true);
  EXPECT_NEAR(report["score"].get<double>(), 2.5 / 9, 1e-12);
  for (const Json& test : report["tests"]) {
    EXPECT_TRUE(test["points"].is_number() && test["max_points"].is_number())
        << "one test without both hides the points of all";
  }
}

TEST(PrairieLearnReport, TakesNoAttemptForWhatCouldNotBeGraded) {
  const Json report = Json::parse(prairielearn_report(ungradable()));
  EXPECT_EQ(report["gradable"], false);
  EXPECT_FALSE(report.contains("score"));
  EXPECT_TRUE(report["format_errors"].is_array());
}

TEST(PrairieLearnReport, StaysBelowOneMegabyte) {
  GradeRecord record = example();
  record.submissions[0].output.assign(5'000'000, 'x');
  record.submissions[0].checks[1].message.assign(3'000'000, '\x01');
  EXPECT_LE(prairielearn_report(record).size(), 1'000'000u);
}

TEST(Classroom50Report, HasHyphenatedKeysAndIntegerScoresThatAddUp) {
  ClassroomIdentity identity;
  identity.classroom = "virt-2026";
  identity.assignment = "hypervisor";
  identity.datetime = "2026-11-21T05:00:00Z";
  const Json report = Json::parse(classroom50_report(student_view(example()), identity));
  EXPECT_EQ(report["schema"], "classroom50/result/v1");
  for (const char* key :
       {"classroom", "assignment", "assignment_type", "owner", "submission", "commit", "release",
        "review", "datetime", "score", "max-score", "tests"}) {
    EXPECT_TRUE(report.contains(key)) << key;
  }
  EXPECT_EQ(report["classroom"], "virt-2026");
  EXPECT_EQ(report["owner"], "alice");
  long score = 0, most = 0;
  for (const Json& test : report["tests"]) {
    EXPECT_TRUE(test["test-name"].is_string());
    EXPECT_TRUE(test["passed"].is_boolean());
    ASSERT_TRUE(test["score"].is_number_integer());
    ASSERT_TRUE(test["max-score"].is_number_integer());
    score += test["score"].get<long>();
    most += test["max-score"].get<long>();
  }
  EXPECT_EQ(report["score"], score);
  EXPECT_EQ(report["max-score"], most);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST(JunitReport, CountsItsCasesAndGivesEachAtMostOneOutcome) {
  const std::string report = junit_report(student_view(example()));
  EXPECT_NE(report.find(R"(tests="7" failures="2" errors="3" skipped="1")"), std::string::npos)
      << report;
  EXPECT_EQ(count_of(report, "<testcase "), 7u);
  EXPECT_EQ(count_of(report, "<failure "), 2u);
  EXPECT_EQ(count_of(report, "<error "), 3u);
  EXPECT_EQ(count_of(report, "<skipped "), 1u);
  EXPECT_EQ(count_of(report, R"(name="max_points")"), 8u) << "one per case and one for the suite";
  EXPECT_NE(report.find("printed &lt;b&gt;&amp;"), std::string::npos);
}

TEST(PrintableText, ReplacesWhatIsNoCharacter) {
  EXPECT_EQ(printable_text("plain\n\ttext"), "plain\n\ttext");
  EXPECT_EQ(printable_text("\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80"),
            "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80");
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(printable_text("\x1b[2J"), mark + "[2J");
  EXPECT_EQ(printable_text("\xc0\xaf"), mark + mark) << "overlong";
  EXPECT_EQ(printable_text("\xed\xa0\x80"), mark + mark + mark) << "a surrogate";
  EXPECT_EQ(printable_text("\xe2\x82"), mark + mark) << "cut off";
  EXPECT_EQ(printable_text(std::string("\0", 1)), mark);
}

TEST(ReportFormat, HasANameThatLeadsBack) {
  for (const char* name : {"text", "json", "gradescope", "prairielearn", "classroom50", "junit"}) {
    const auto format = report_format_from_name(name);
    ASSERT_TRUE(format) << name;
    EXPECT_EQ(name_of(*format), name);
  }
  const auto unknown = report_format_from_name("pdf");
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message.find("gradescope"), std::string::npos);
}

TEST(VariantSeed, DependsOnExerciseStudentAndCourseAndOnNothingElse) {
  std::set<std::uint64_t> seeds;
  for (const char* exercise : {"a", "b", "ab"}) {
    for (const char* student : {"", "b", "alice", "alicf"}) {
      for (const std::uint64_t course : {0u, 1u, 2u})
        seeds.insert(variant_seed(exercise, student, course));
    }
  }
  EXPECT_EQ(seeds.size(), 36u);
  // A pinned value: a change here changes every student's variant of every course.
  EXPECT_EQ(variant_seed("list-of-exits", "alice", 1), 0x43e5107004fc8e78u);
}

}  // namespace
}  // namespace gv
