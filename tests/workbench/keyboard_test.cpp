// SPDX-License-Identifier: MIT
//
// keyboard_test.cpp - without a mouse: a lesson, the machine, the palette, the panels.

#include "workbench/lesson_walk.h"

#include <gtest/gtest.h>

#include <set>

namespace gv::window_bench {
namespace {

using nlohmann::json;

class Keyboard : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = what_is_missing(); !missing.empty())
      GTEST_SKIP() << missing;
  }
};

TEST_F(Keyboard, PlaysAWholeLessonAlone) {
  const Display display;
  Window window(display, fresh_folder("keys"), {GV_LESSONS "/01-rings-and-traps", "--seed", "1"});
  LessonWalk walk(window, LessonWalk::Hands::KeysOnly);
  walk.play();
  EXPECT_EQ(walk.clicks(), 0);
  if (HasFailure())
    return;
  EXPECT_EQ(window.state()["lesson"]["phase"], "done");
}

TEST_F(Keyboard, NoControlOfTheMachineWorksBeforeThePrediction) {
  const Display display;
  Window window(display, fresh_folder("before"), {GV_LESSONS "/01-rings-and-traps"});
  window.key("space");
  window.wait_until("the prediction is asked", [](const json& s) {
    return s["lesson"]["phase"] == "predict" && s["lesson"].contains("open_question");
  });
  for (const char* key : {"F5", "F10", "F8", "shift+F10", "Right", "space"})
    window.key(key);
  window.key("1");
  const json state = window.wait_until(
      "the choice is picked", [](const json& s) { return s["lesson"]["can_commit"].get<bool>(); });
  EXPECT_EQ(state["lesson"]["phase"], "predict") << "something went on without a prediction";
  EXPECT_FALSE(state.contains("machine") && state["machine"]["retired"].get<std::uint64_t>() > 0)
      << state["machine"].dump();
}

TEST_F(Keyboard, StepsRunsAndGoesBack) {
  const Display display;
  Window window(display, fresh_folder("steps"), {"--image", "tinykernel", "--forget"});
  const auto machine_at = [](std::uint64_t retired) {
    return [retired](const json& s) {
      return s.contains("machine") && !s["machine"]["waiting"].get<bool>() &&
             s["machine"]["retired"] == retired;
    };
  };
  window.wait_until("there is a machine", [](const json& s) { return s.contains("machine"); });
  for (int i = 0; i < 3; ++i)
    window.key("F10");
  window.wait_until("three instructions are done", machine_at(3));
  window.key("shift+F10");
  window.wait_until("one is undone", machine_at(2));
  window.key("F8");
  const json exit = window.wait_until("the next exit is reached", [](const json& s) {
    return s["machine"]["cause"] == "breakpoint-hit" && !s["machine"]["waiting"].get<bool>();
  });
  const auto at_exit = exit["machine"]["retired"].get<std::uint64_t>();
  EXPECT_GT(at_exit, 2U);
  window.key("ctrl+Home");
  window.wait_until("the beginning is reached", machine_at(0));
  window.key("ctrl+End");
  window.wait_until("the furthest instant is reached",
                    machine_at(exit["machine"]["furthest"].get<std::uint64_t>()));
  window.key("F5");
  window.wait_until(
      "the guest has run to its end",
      [](const json& s) { return s["machine"]["ended"].get<bool>(); }, 120);
}

TEST_F(Keyboard, ThePaletteFindsAnActionAndTabFindsEveryControl) {
  const Display display;
  Window window(display, fresh_folder("palette"),
                {"--image", "tinykernel", "--forget", "--theme", "light"});
  window.key("ctrl+k");
  window.wait_until("the palette is open", [](const json& s) { return s["overlay"] == "palette"; });
  window.type("next theme");
  window.key("Return");
  window.wait_until("the theme is another",
                    [](const json& s) { return s["theme"] == "dark" && s["overlay"] == ""; });
  window.key("F1");
  window.wait_until("the keys are listed", [](const json& s) { return s["overlay"] == "help"; });
  window.key("Escape");
  window.wait_until("they are gone", [](const json& s) { return s["overlay"] == ""; });

  const auto focused = [](const json& state) {
    for (const auto& [id, control] : state["controls"].items()) {
      if (control["focused"].get<bool>())
        return id;
    }
    return std::string();
  };
  std::set<std::string> seen;
  std::size_t enabled = 0;
  const json shown = window.state();
  for (const auto& [id, control] : shown["controls"].items())
    enabled += control["enabled"].get<bool>() ? 1 : 0;
  for (std::size_t i = 0; i < enabled; ++i) {
    const std::string before = focused(window.state());
    window.key("Tab");
    window.wait_until("the focus moved on from '" + before + "'", [&](const json& s) {
      const std::string now = focused(s);
      return !now.empty() && now != before;
    });
    seen.insert(focused(window.state()));
    if (HasFailure())
      return;
  }
  EXPECT_EQ(seen.size(), enabled) << "Tab does not reach every control";

  window.key("F6");
  window.wait_until("a panel has the keyboard",
                    [](const json& s) { return s["focused_panel"] == "trap-theatre"; });
  window.key("F6");
  window.wait_until("the next panel has it",
                    [](const json& s) { return s["focused_panel"] == "disassembly"; });
}

TEST_F(Keyboard, PresenterKeysHideTheAnswerUntilItIsRevealed) {
  const Display display;
  Window window(display, fresh_folder("present"), {GV_LESSONS "/01-rings-and-traps", "--present"});
  const auto phase_is = [](const char* phase) {
    return [phase](const json& s) {
      return s["lesson"]["phase"] == phase && !s["lesson"]["busy"].get<bool>();
    };
  };
  window.key("Next");
  window.wait_until("the prediction is asked", phase_is("predict"));
  window.key("2");
  window.wait_until("a choice is picked",
                    [](const json& s) { return s["lesson"]["can_commit"].get<bool>(); });
  window.key("Next");
  for (int i = 0; i < 40 && !HasFailure(); ++i) {
    const json state = window.wait_until("the machine has stopped", [](const json& s) {
      return s["lesson"]["can_advance"].get<bool>();
    });
    if (state["lesson"]["phase"] == "compare")
      break;
    const int lines = state["lesson"]["narration"];
    window.key("Next");
    window.wait_until("the story went on", [&](const json& s) {
      return s["lesson"]["phase"] != "observe" || s["lesson"]["narration"] != lines;
    });
  }
  EXPECT_TRUE(window.state()["lesson"]["answer_hidden"].get<bool>());
  window.key("Next");
  window.wait_until("the answer is revealed", [](const json& s) {
    return s["lesson"]["phase"] == "compare" && !s["lesson"]["answer_hidden"].get<bool>();
  });
  window.key("Prior");
  window.wait_until("the beat starts anew", phase_is("question"));
}

}  // namespace
}  // namespace gv::window_bench
