// SPDX-License-Identifier: MIT
//
// The player as a window drives it, and as the headless runner does.

#include "lesson/lesson_player.h"
#include "lesson/lesson_check.h"
#include "lesson/lesson_report.h"
#include "lesson/packaged_guest.h"
#include "lesson/paths.h"
#include "lesson/temporary_folder.h"

#include <gtest/gtest.h>

#include <fstream>

namespace gv {
namespace {

class Player : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(write_new_lesson(folder_.file("lesson")));
    auto player = LessonPlayer::open(folder_.file("lesson"));
    ASSERT_TRUE(player) << player.error().message;
    player_ = std::move(*player);
  }
  // Waits until the player has nothing to do or wants to be advanced.
  std::shared_ptr<const LessonView> settle() {
    auto view = player_->view();
    while (view->busy && !view->awaits_advance) {
      view = player_->wait_for_change(view->generation, 10'000);
    }
    return view;
  }

  TemporaryFolder folder_;
  std::unique_ptr<LessonPlayer> player_;
};

TEST_F(Player, EnablesNoControlBeforeThePrediction) {
  EXPECT_EQ(player_->view()->phase, LessonPhase::Question);
  EXPECT_TRUE(player_->view()->controls.empty());
  ASSERT_TRUE(player_->advance());
  EXPECT_EQ(player_->view()->phase, LessonPhase::Predict);
  EXPECT_TRUE(player_->view()->controls.empty());
  EXPECT_EQ(player_->session(), nullptr);
}

TEST_F(Player, DoesNotGoPastAnUnansweredPrediction) {
  player_->advance();
  EXPECT_FALSE(player_->advance());
  EXPECT_FALSE(player_->submit_prediction({}, Confidence::Certain));
  EXPECT_EQ(player_->view()->phase, LessonPhase::Predict);
}

TEST_F(Player, ShowsThePredictionBesideWhatHappened) {
  player_->advance();
  ASSERT_TRUE(player_->submit_prediction(std::string("ring-0"), Confidence::Certain));
  auto view = settle();
  ASSERT_EQ(view->phase, LessonPhase::Compare) << view->error;
  EXPECT_EQ(view->happened, Answer(std::string("another-ring")));
  EXPECT_EQ(view->prediction_right, false);
  EXPECT_NE(view->comparison.find("In ring 0"), std::string::npos);
  EXPECT_NE(view->comparison.find("would not trap"), std::string::npos) << "the choice's feedback";
  EXPECT_FALSE(view->controls.empty());
  EXPECT_EQ(view->narration.size(), 1u);
  ASSERT_NE(player_->session(), nullptr);
}

TEST_F(Player, IsPlayedToItsEnd) {
  player_->advance();
  player_->submit_prediction(std::string("another-ring"), Confidence::FairlySure);
  ASSERT_EQ(settle()->phase, LessonPhase::Compare);
  player_->advance();
  ASSERT_EQ(player_->view()->phase, LessonPhase::Explain);
  EXPECT_EQ(player_->view()->explanation.find("{{"), std::string::npos);
  player_->advance();
  auto view = settle();
  ASSERT_EQ(view->phase, LessonPhase::Retrieve) << view->error;
  ASSERT_EQ(view->retrieval.size(), 1u);
  EXPECT_FALSE(is_answered(view->retrieval[0].truth)) << "the answer is hidden until one is given";
  EXPECT_FALSE(player_->advance());
  ASSERT_TRUE(player_->answer_retrieval(0, 1.0));
  EXPECT_FALSE(player_->answer_retrieval(0, 2.0)) << "one answer each";
  EXPECT_EQ(player_->view()->retrieval[0].right, true);
  ASSERT_TRUE(player_->advance());
  EXPECT_EQ(player_->view()->phase, LessonPhase::Done);
}

class TaskOfALesson : public testing::Test {
 protected:
  void SetUp() override {
    auto player = LessonPlayer::open(folder_);
    ASSERT_TRUE(player) << player.error().message;
    player_ = std::move(*player);
    ASSERT_TRUE(player_->go_to_task(0));
  }
  TaskView checked(const std::string& source) {
    EXPECT_TRUE(player_->submit_task(source));
    auto view = player_->view();
    while (view->task->checking)
      view = player_->wait_for_change(view->generation, 10'000);
    return *view->task;
  }
  static std::string solution() {
    std::ifstream file(folder_ + "/solution/answers.lua");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static inline const std::string folder_ =
      std::string(GV_SOURCE) + "/lessons/02-the-instruction-that-does-not-trap";
  std::unique_ptr<LessonPlayer> player_;
};

TEST_F(TaskOfALesson, IsJudgedAsTheHeadlessRunJudgesIt) {
  const auto view = player_->view();
  ASSERT_EQ(view->phase, LessonPhase::Task);
  const TaskView starter = checked(view->task->starter);
  EXPECT_EQ(starter.result->verdict, Verdict::Fail);
  EXPECT_EQ(player_->view()->tasks_passed, 0);
  const TaskView solved = checked(solution());
  EXPECT_EQ(solved.result->verdict, Verdict::Pass);
  EXPECT_EQ(player_->view()->tasks_passed, 1);

  RunOptions options;
  const auto headless = run_lesson(folder_, options);
  ASSERT_TRUE(headless) << headless.error().message;
  const CheckResult& same = headless->checks.back();
  EXPECT_EQ(same.id, solved.result->id);
  EXPECT_EQ(same.title, solved.result->title);
  EXPECT_EQ(same.verdict, solved.result->verdict);
}

TEST_F(TaskOfALesson, SaysWhatIsWrongWithCodeThatCannotRun) {
  const TaskView broken = checked("function culprits(\n");
  ASSERT_EQ(broken.result->verdict, Verdict::Error);
  EXPECT_NE(broken.result->findings.at(0).observed.find("culprits.lua:"), std::string::npos)
      << broken.result->findings.at(0).observed;
  const TaskView raises = checked("function culprits() error('not me', 0) end print('seen')");
  EXPECT_EQ(raises.result->verdict, Verdict::Fail);
  EXPECT_NE(raises.result->findings.at(0).observed.find("not me"), std::string::npos);
  EXPECT_EQ(raises.printed, "seen\n");
}

TEST_F(TaskOfALesson, SpendsItsBudgetOnceAndCanBeLeft) {
  const TaskView endless = checked("function culprits() while true do end end");
  EXPECT_EQ(endless.result->verdict, Verdict::Timeout);
  ASSERT_TRUE(player_->submit_task("function culprits() while true do end end"));
  player_->cancel();
  EXPECT_EQ(player_->view()->phase, LessonPhase::Task);
  EXPECT_FALSE(player_->view()->task->checking);
  ASSERT_TRUE(player_->submit_task("function culprits() while true do end end"));
  EXPECT_TRUE(player_->go_to_beat(0));
  EXPECT_EQ(player_->view()->phase, LessonPhase::Question);
}

TEST_F(Player, HintsComeInStages) {
  ASSERT_EQ(player_->view()->hints_left, 2);
  EXPECT_TRUE(player_->request_hint());
  EXPECT_EQ(player_->view()->hints.size(), 1u);
  EXPECT_TRUE(player_->request_hint());
  EXPECT_FALSE(player_->request_hint());
}

TEST_F(Player, RetryBeginsTheBeatAnew) {
  player_->advance();
  player_->submit_prediction(std::string("ring-0"), Confidence::Guessing);
  settle();
  ASSERT_TRUE(player_->retry());
  EXPECT_EQ(settle()->phase, LessonPhase::Question);
  EXPECT_FALSE(is_answered(player_->view()->predicted));
}

TEST_F(Player, EndsWhileARunIsInProgress) {
  player_->advance();
  player_->submit_prediction(std::string("ring-0"), Confidence::Guessing);
  player_.reset();
  SUCCEED();
}

// A race that would take for ever: it is shown while the lesson waits for it, and can be left.
TEST_F(Player, ShowsItsRaceAndCanLeaveIt) {
  std::string text = contents_of(folder_.file("lesson/lesson.lua"));
  const std::string body = "local stop = machine:run";
  const std::size_t at = text.find(body);
  ASSERT_NE(at, std::string::npos);
  text.insert(
      at, "lab.race{ image = 'tinykernel', step = 1, lanes = { { technique = 'bare-metal' } } } ");
  folder_.write("lesson/lesson.lua", text);
  auto opened = LessonPlayer::open(folder_.file("lesson"));
  ASSERT_TRUE(opened) << opened.error().message;
  player_ = std::move(*opened);
  EXPECT_EQ(player_->race(), nullptr);
  player_->advance();
  player_->submit_prediction(std::string("ring-0"), Confidence::Guessing);
  auto view = player_->view();
  while (player_->race() == nullptr && view->phase == LessonPhase::Observe)
    view = player_->wait_for_change(view->generation, 10'000);
  ASSERT_NE(player_->race(), nullptr) << view->error;
  EXPECT_TRUE(view->busy);
  ASSERT_TRUE(player_->go_to_beat(0));
  EXPECT_EQ(settle()->phase, LessonPhase::Question);
  EXPECT_EQ(player_->race(), nullptr);
}

TEST_F(Player, ABeatWhosePhenomenonDoesNotHappenIsAFailure) {
  std::string text = contents_of(folder_.file("lesson/lesson.lua"));
  const std::string from = "phenomenon = machine:count{ kind = \"exit\" }";
  ASSERT_NE(text.find(from), std::string::npos);
  folder_.write("lesson/lesson.lua", text.replace(text.find(from), from.size(), "phenomenon = 0"));
  auto outcome = run_lesson(folder_.file("lesson"), {});
  ASSERT_TRUE(outcome);
  EXPECT_NE(outcome->problem.find("did not happen"), std::string::npos) << outcome->problem;
  EXPECT_NE(outcome->verdict(), Verdict::Pass);
}

std::string lesson_one() { return GV_SOURCE "/lessons/01-rings-and-traps"; }

// A window's way through the whole lesson, with a learner who plays with the controls.
TEST(FirstLesson, HasTheSameHashInAWindowAndHeadless) {
  auto opened = LessonPlayer::open(lesson_one());
  ASSERT_TRUE(opened) << opened.error().message;
  LessonPlayer& player = **opened;
  auto view = player.view();
  int moved = 0;
  while (view->phase != LessonPhase::Done) {
    ASSERT_NE(view->phase, LessonPhase::Failed) << view->error;
    const std::uint64_t generation = view->generation;
    if (view->awaits_advance) {
      if (moved < 3 && player.session()) {
        player.session()->perform(Step{3});
        player.session()->perform(StepBack{1});
        ++moved;
      }
      player.advance();
    } else if (!view->busy) {
      if (view->phase == LessonPhase::Predict) {
        Answer answer = std::string("a wrong one");
        if (view->prediction->kind == PredictionKind::Ordering) {
          answer = std::vector<std::string>{"resume"};
        }
        ASSERT_TRUE(player.submit_prediction(answer, Confidence::Guessing));
      } else if (view->phase == LessonPhase::Retrieve) {
        for (std::size_t i = 0; i < view->retrieval.size(); ++i) {
          player.answer_retrieval(i, std::string("a wrong one"));
        }
        player.advance();
      } else {
        ASSERT_TRUE(player.advance()) << name_of(view->phase);
      }
    }
    view = player.wait_for_change(generation, 10'000);
  }
  EXPECT_EQ(moved, 3);
  EXPECT_EQ(view->predictions_right, 0);

  auto headless = run_lesson(lesson_one(), {});
  ASSERT_TRUE(headless);
  EXPECT_EQ(headless->problem, "");
  EXPECT_EQ(player.played().event_log_hash, headless->played.event_log_hash);
  for (std::size_t i = 0; i < headless->played.beats.size(); ++i) {
    EXPECT_EQ(player.played().beats[i].event_log_hash, headless->played.beats[i].event_log_hash)
        << "beat " << headless->played.beats[i].id;
  }
}

TEST(FirstLesson, TheReportIsOneFileWithPicturesOfTheRun) {
  auto outcome = run_lesson(lesson_one(), {});
  ASSERT_TRUE(outcome);
  const auto html = html_of(*outcome, "");
  ASSERT_TRUE(html);
  EXPECT_NE(html->find("<svg"), std::string::npos);
  EXPECT_EQ(html->find("{{"), std::string::npos);
  EXPECT_EQ(html->find("src=\"http"), std::string::npos);
  EXPECT_EQ(html->find("href=\"http"), std::string::npos);
  const std::string transcript = transcript_of(*outcome);
  EXPECT_EQ(transcript.find("{{"), std::string::npos);
  EXPECT_NE(transcript.find("What happened"), std::string::npos);
}

class EveryLesson : public testing::TestWithParam<std::string> {};
TEST_P(EveryLesson, PassesItsCheck) {
  if (GetParam() == "08-bring-your-own-guest") {
    for (const PackagedGuest& guest : packaged_guests()) {
      if (const auto file = find_file_of(guest); !file)
        GTEST_SKIP() << file.error().message;
    }
  }
  const auto results =
      check_lesson(std::string(GV_SOURCE "/lessons/") + GetParam(), 3, [](const CheckResult&) {});
  ASSERT_TRUE(results) << results.error().message;
  for (const CheckResult& result : *results) {
    EXPECT_EQ(result.verdict, Verdict::Pass)
        << result.id << ": "
        << (result.findings.empty() ? ""
                                    : "expected " + result.findings.front().expected +
                                          ", observed " + result.findings.front().observed);
  }
}
INSTANTIATE_TEST_SUITE_P(Lessons, EveryLesson,
                         testing::Values("01-rings-and-traps",
                                         "02-the-instruction-that-does-not-trap",
                                         "03-one-page-fault-two-page-tables",
                                         "04-interpretation-correct-and-slow",
                                         "05-binary-translation-rewrite-before-you-run",
                                         "06-hardware-assistance-a-ring-below-zero",
                                         "07-which-technique-wins", "08-bring-your-own-guest"),
                         [](const auto& row) { return row.param.substr(0, 2); });

TEST(Scaffold, PassesItsOwnCheck) {
  TemporaryFolder folder;
  ASSERT_TRUE(write_new_lesson(folder.file("My Lesson")));
  const auto results = check_lesson(folder.file("My Lesson"), 2, nullptr);
  ASSERT_TRUE(results) << results.error().message;
  EXPECT_EQ(worst_of(*results), Verdict::Pass);
  EXPECT_FALSE(write_new_lesson(folder.file("My Lesson"))) << "it must not overwrite a lesson";
}

}  // namespace
}  // namespace gv
