// SPDX-License-Identifier: MIT
//
// What a learner has done is kept, whatever happens to the file.

#include "lesson/progress.h"
#include "lesson/temporary_folder.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

Lesson lesson_named(const std::string& slug) {
  Lesson lesson;
  lesson.meta.slug = slug;
  return lesson;
}

TEST(Progress, IsReadBack) {
  TemporaryFolder folder;
  auto progress = Progress::open(folder.path());
  ASSERT_TRUE(progress);
  LessonView view;
  view.beat_index = 2;
  view.beat_count = 5;
  view.predictions_made = 1;
  view.prediction_right = false;
  view.predicted = std::string("all");
  view.prediction = QuestionForm{};
  view.prediction->choices = {{"all", "", "emulates-everything", ""}};
  ASSERT_TRUE(progress->note(view, lesson_named("one")));
  const auto again = Progress::open(folder.path());
  ASSERT_TRUE(again);
  const LessonProgress& entry = again->lessons().at("one");
  EXPECT_EQ(entry.furthest_beat, 2);
  EXPECT_EQ(entry.misconceptions.at("emulates-everything"), 1);
  EXPECT_FALSE(entry.finished);
}

TEST(Progress, NeverGoesBack) {
  TemporaryFolder folder;
  auto progress = Progress::open(folder.path());
  LessonView view;
  view.beat_index = 4;
  view.phase = LessonPhase::Done;
  ASSERT_TRUE(progress->note(view, lesson_named("one")));
  view.beat_index = 0;
  view.phase = LessonPhase::Question;
  ASSERT_TRUE(progress->note(view, lesson_named("one")));
  const auto again = Progress::open(folder.path());
  EXPECT_EQ(again->lessons().at("one").furthest_beat, 4);
  EXPECT_TRUE(again->lessons().at("one").finished);
}

TEST(Progress, AFileThatDoesNotParseIsKeptAside) {
  TemporaryFolder folder;
  folder.write("progress.json", "{ half a fi");
  auto progress = Progress::open(folder.path());
  ASSERT_TRUE(progress);
  ASSERT_TRUE(progress->note(LessonView{}, lesson_named("one")));
  EXPECT_EQ(contents_of(folder.file("progress.json.unreadable-1")), "{ half a fi");
  EXPECT_TRUE(Progress::open(folder.path())->lessons().count("one"));
}

TEST(Progress, KeepsTheCodeOfATaskAsItWasLeft) {
  TemporaryFolder folder;
  auto progress = Progress::open(folder.path());
  EXPECT_EQ(progress->draft("one", "decide"), "");
  const std::string code = "function decide(exit)\n\treturn \"\xff\" -- half\nend\n";
  ASSERT_TRUE(progress->keep_draft("one", "decide", "return 1"));
  ASSERT_TRUE(progress->keep_draft("one", "decide", code));
  LessonView view;
  view.task = TaskView{};
  view.task->id = "decide";
  view.task->result = CheckResult{"task.decide", "", Verdict::Pass, {}};
  ASSERT_TRUE(progress->note(view, lesson_named("one")));
  auto again = Progress::open(folder.path());
  EXPECT_EQ(again->draft("one", "decide"),
            "function decide(exit)\n\treturn \"\xef\xbf\xbd\" -- half\nend\n")
      << "what is no UTF-8 is replaced, the rest kept";
  EXPECT_EQ(again->draft("two", "decide"), "");
  EXPECT_TRUE(again->lessons().at("one").tasks_passed.count("decide"));
}

TEST(Progress, AFolderThatCannotBeWrittenIsASentence) {
  auto progress = Progress::open("/proc/no-such-folder");
  ASSERT_TRUE(progress);
  const auto saved = progress->save();
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().message.find("progress cannot be written"), std::string::npos);
}

}  // namespace
}  // namespace gv
