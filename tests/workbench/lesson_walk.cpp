// SPDX-License-Identifier: MIT
//
// lesson_walk.cpp - one step at a time, each waited for.

#include "workbench/lesson_walk.h"

#include <gtest/gtest.h>

namespace gv::window_bench {
namespace {

using nlohmann::json;

bool waits_for_the_learner(const json& state) {
  if (!state.contains("lesson"))
    return false;
  const json& lesson = state["lesson"];
  return lesson["can_advance"].get<bool>() || lesson.contains("open_question") ||
         lesson["phase"] == "done" || lesson["phase"] == "failed";
}

// What a step changes: a step that changes nothing of this did nothing.
std::string place_of(const json& state) {
  const json& lesson = state["lesson"];
  return lesson["beat"].get<std::string>() + "/" + lesson["phase"].get<std::string>() + "/" +
         std::to_string(lesson["narration"].get<int>()) + "/" +
         std::to_string(lesson["retrieval_answered"].get<int>());
}

}  // namespace

bool LessonWalk::by_click() { return hands_ == Hands::KeysAndClicks && ++turn_ % 2 == 0; }

void LessonWalk::key(const std::string& keysym) {
  ++keys_;
  window_.key(keysym);
}

void LessonWalk::click(const std::string& control) {
  ++clicks_;
  window_.click(control);
}

void LessonWalk::answer(const json& lesson) {
  const std::string kind = lesson["open_question"];
  const std::size_t choices = lesson.value("choices", json::array()).size();
  if (kind == "number") {
    window_.type("128");
    keys_ += 3;
  } else if (kind == "ordering") {
    for (std::size_t n = 1; n <= choices; ++n)
      key(std::to_string(n));
  } else {
    if (by_click())
      click("choice.2");
    else
      key("1");
  }
  if (lesson["phase"] == "predict") {
    key("c");
    window_.wait_until("the confidence is 'certain'",
                       [](const json& s) { return s["lesson"]["confidence"] == "certain"; });
  }
  window_.wait_until("the answer is complete",
                     [](const json& s) { return s["lesson"]["can_commit"].get<bool>(); });
  if (by_click())
    click("lesson.next");
  else
    key("Return");
}

void LessonWalk::play() {
  std::string visited;
  for (int step = 0; step < 400 && !testing::Test::HasFailure(); ++step) {
    const json state =
        window_.wait_until("the lesson waits for the learner", waits_for_the_learner, 180);
    if (testing::Test::HasFailure())
      return;
    const json& lesson = state["lesson"];
    const std::string phase = lesson["phase"];
    const std::string here = lesson["beat"].get<std::string>() + "/" + phase;
    if (here != visited && visit_)
      visit_(lesson);
    visited = here;
    if (phase == "done")
      return;
    if (phase == "failed") {
      ADD_FAILURE() << "the lesson stopped: " << lesson["error"];
      return;
    }
    const std::string before = place_of(state);
    if (lesson.contains("open_question"))
      answer(lesson);
    else if (by_click())
      click("lesson.next");
    else
      key("space");
    if (testing::Test::HasFailure())
      return;
    window_.wait_until(
        "the step from " + before + " did something",
        [&](const json& s) { return place_of(s) != before; }, 40);
  }
}

}  // namespace gv::window_bench
