// SPDX-License-Identifier: MIT
//
// lesson_test.cpp - the first lesson, played in a real window by real keys and clicks.

#include "workbench/lesson_walk.h"

#include <gtest/gtest.h>

namespace gv::window_bench {
namespace {

TEST(FirstLesson, PlayedByKeysAndClicksGivesTheHashOfTheHeadlessRun) {
  if (const std::string missing = what_is_missing(); !missing.empty())
    GTEST_SKIP() << missing;
  const Display display;
  const std::filesystem::path folder = fresh_folder("lesson");
  Window window(display, folder, {GV_LESSONS "/01-rings-and-traps", "--seed", "1"});
  const std::filesystem::path pictures = std::filesystem::path(GV_PICTURES) / "lesson";
  std::filesystem::create_directories(pictures);

  LessonWalk walk(window, LessonWalk::Hands::KeysAndClicks);
  walk.on_phase([&](const nlohmann::json& lesson) {
    const std::filesystem::path taken = window.picture();
    ASSERT_FALSE(taken.empty());
    std::filesystem::copy_file(taken,
                               pictures / (lesson["beat"].get<std::string>() + "-" +
                                           lesson["phase"].get<std::string>() + ".png"),
                               std::filesystem::copy_options::overwrite_existing);
  });
  walk.play();
  if (HasFailure())
    return;
  const nlohmann::json lesson = window.state()["lesson"];
  EXPECT_EQ(lesson["phase"], "done");
  EXPECT_EQ(lesson["predictions_made"], lesson["beat_count"]);
  EXPECT_GT(walk.clicks(), 0);
  EXPECT_GT(walk.keys(), 0);

  const Finished headless = run(
      {GV_GLASSVISOR, "run", GV_LESSONS "/01-rings-and-traps", "--seed", "1", "--json"}, {}, 240);
  const auto played = nlohmann::json::parse(headless.out, nullptr, false);
  ASSERT_TRUE(played.is_object()) << headless.out.substr(0, 400) << headless.err;
  EXPECT_EQ(lesson["event_log_hash"], played["event_log_hash"]);

  window.key("ctrl+q");
  EXPECT_EQ(window.finish().exit_code, 0);
}

}  // namespace
}  // namespace gv::window_bench
