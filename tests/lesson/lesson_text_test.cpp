// SPDX-License-Identifier: MIT
//
// Texts by key, templates, answers, and lessons that are not fit to be read.

#include "lesson/lesson.h"
#include "lesson/lesson_check.h"
#include "lesson/temporary_folder.h"
#include "lesson/text_template.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TEST(TextTemplate, FillsValuesAndGroupsThousands) {
  const LuaValue values = {{"n", 1234567}, {"name", "CLI"}, {"at", 0x1000}, {"share", 0.0125}};
  EXPECT_EQ(fill_template("{{n}} of {{name}}", values).value(), "1\u202f234\u202f567 of CLI");
  EXPECT_EQ(fill_template("{{at:hex}}", values).value(), "0x00001000");
  EXPECT_EQ(fill_template("{{share:percent}}", values).value(), "1.25\u202f%");
}

TEST(TextTemplate, ANameThatNobodyMeasuredIsAnError) {
  const auto filled = fill_template("{{exits}} exits", {{"n", 1}});
  ASSERT_FALSE(filled);
  EXPECT_NE(filled.error().message.find("'exits'"), std::string::npos);
}

TEST(Texts, AreReadByKey) {
  const auto texts = parse_texts("t.md", "# Title\n\n## a\nfirst\n\nsecond\n## b.c\nx\n");
  ASSERT_TRUE(texts);
  EXPECT_EQ(texts->at("a"), "first\n\nsecond");
  EXPECT_EQ(texts->at("b.c"), "x");
  EXPECT_FALSE(parse_texts("t.md", "## a\nx\n## a\ny\n"));
}

TEST(Prediction, ANumberIsRightWithinItsTolerance) {
  QuestionForm form;
  form.kind = PredictionKind::Number;
  form.tolerance = 0.1;
  EXPECT_TRUE(agrees(form, 95.0, 100.0));
  EXPECT_FALSE(agrees(form, 89.0, 100.0));
  EXPECT_FALSE(agrees(form, std::string("100"), 100.0));
  EXPECT_FALSE(agrees(form, Answer(), 100.0));
}

TEST(Prediction, AnOrderIsRightAsAWhole) {
  QuestionForm form;
  form.kind = PredictionKind::Ordering;
  using Order = std::vector<std::string>;
  EXPECT_TRUE(agrees(form, Order{"a", "b"}, Order{"a", "b"}));
  EXPECT_FALSE(agrees(form, Order{"b", "a"}, Order{"a", "b"}));
}

class BrokenLesson : public testing::Test {
 protected:
  BrokenLesson() {
    const auto written = write_new_lesson(folder_.file("lesson"));
    EXPECT_TRUE(written);
  }
  std::string error() {
    const auto lesson = load_lesson(folder_.file("lesson"));
    return lesson ? "it loads" : lesson.error().message;
  }
  std::string finding() {
    const auto lesson = load_lesson(folder_.file("lesson"));
    if (!lesson)
      return lesson.error().message;
    for (const CheckResult& result : lint_lesson(*lesson)) {
      if (result.verdict != Verdict::Pass) {
        return result.findings.front().expected + " / " + result.findings.front().observed;
      }
    }
    return "nothing";
  }
  void change(const std::string& file, const std::string& from, const std::string& to) {
    std::string text = contents_of(folder_.file("lesson/" + file));
    const std::size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << file << " has no " << from;
    folder_.write("lesson/" + file, text.replace(at, from.size(), to));
  }
  TemporaryFolder folder_;
};

TEST_F(BrokenLesson, TheScaffoldItselfIsFit) { EXPECT_EQ(finding(), "nothing"); }

TEST_F(BrokenLesson, ASyntaxErrorNamesFileAndLine) {
  folder_.write("lesson/lesson.lua", "return {\n  beats = {\n");
  EXPECT_NE(error().find("lesson.lua:"), std::string::npos) << error();
  EXPECT_EQ(error().find('\n'), std::string::npos);
}

TEST_F(BrokenLesson, AMissingFileIsNamed) {
  std::filesystem::remove(folder_.file("lesson/hints.en.md"));
  EXPECT_NE(error().find("hints.en.md"), std::string::npos) << error();
}

TEST_F(BrokenLesson, AnUnknownFormatVersionIsRefused) {
  change("lesson.lua", "format_version = 1", "format_version = 99");
  EXPECT_NE(error().find("99"), std::string::npos) << error();
}

TEST_F(BrokenLesson, AnUnknownPanelIsFound) {
  change("lesson.lua", "\"registers\", \"ledger\"", "\"registers\", \"crystal-ball\"");
  EXPECT_NE(finding().find("crystal-ball"), std::string::npos) << finding();
}

TEST_F(BrokenLesson, AMissingTextIsFound) {
  change("text.en.md", "## ring.explain", "## ring.explained");
  EXPECT_NE(finding().find("ring.explain"), std::string::npos) << finding();
}

TEST_F(BrokenLesson, EmptyHintsAreFound) {
  folder_.write("lesson/hints.en.md", "# Hints\n\n## ring\n");
  EXPECT_NE(finding().find("hints"), std::string::npos) << finding();
}

TEST_F(BrokenLesson, ALessonThatLoopsWhenReadEnds) {
  folder_.write("lesson/lesson.lua", "while true do end");
  EXPECT_NE(error().find("instructions"), std::string::npos) << error();
}

}  // namespace
}  // namespace gv
