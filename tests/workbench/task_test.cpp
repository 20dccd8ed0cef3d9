// SPDX-License-Identifier: MIT
//
// task_test.cpp - a learner's Lua, written in a real window by real keys.

#include "workbench/window_bench.h"

#include <gtest/gtest.h>

#include <sstream>

namespace gv::window_bench {
namespace {

using nlohmann::json;

class Task : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = what_is_missing(); !missing.empty())
      GTEST_SKIP() << missing;
  }

  static void keep_picture(Window& window, const std::string& name) {
    const std::filesystem::path pictures = std::filesystem::path(GV_PICTURES) / "task";
    std::filesystem::create_directories(pictures);
    const std::filesystem::path taken = window.picture();
    ASSERT_FALSE(taken.empty());
    std::filesystem::copy_file(taken, pictures / (name + ".png"),
                               std::filesystem::copy_options::overwrite_existing);
  }
  static void go_to_task(Window& window) {
    window.key("ctrl+j");
    window.wait_until("the task is asked", [](const json& s) {
      return s["lesson"].contains("task") && s["controls"].contains("task.code");
    });
  }
  // All of the field's text is replaced.
  static void write(Window& window, const std::string& code) {
    window.key("ctrl+a");
    std::istringstream lines(code);
    bool first = true;
    for (std::string line; std::getline(lines, line); first = false) {
      if (!first)
        window.key("Return");
      window.type(line);
    }
    window.wait_until("the code is in the field",
                      [&](const json& s) { return s["lesson"]["task"]["code"] == code; });
  }
  static json verdict(Window& window, const std::string& wanted) {
    return window.wait_until(
        "the verdict is " + wanted,
        [&](const json& s) {
          const json& task = s["lesson"]["task"];
          return !task["checking"].get<bool>() && task.value("judged", false) &&
                 task["verdict"] == wanted;
        },
        30)["lesson"]["task"];
  }
};

constexpr const char* kEmulates = "function decide(exit) return \"emulated\" end\nprint(40 + 2)";
constexpr const char* kRight =
    "function decide(exit)\n"
    "if exit.reason == \"privileged-instruction\" then return \"emulated\" end\n"
    "if exit.reason:find(\"^port\") then return \"device-accessed\" end\n"
    "if exit.fault and exit.fault ~= \"guest-fault\" then return \"shadow-filled\" end\n"
    "return \"reflected\"\n"
    "end";

TEST_F(Task, IsWrittenCheckedAndSolvedByKeysAlone) {
  const Display display;
  Window window(display, fresh_folder("task"), {GV_LESSONS "/01-rings-and-traps"});
  go_to_task(window);
  const std::string starter = window.state()["lesson"]["task"]["code"];
  EXPECT_NE(starter.find("function decide(exit)"), std::string::npos) << starter;

  // The starter fails, and the machine stands where it does.
  window.key("ctrl+Return");
  json task = verdict(window, "fail");
  EXPECT_GT(task["findings"].get<int>(), 0);
  ASSERT_TRUE(window.state().contains("machine"));
  EXPECT_LT(window.state()["machine"]["retired"].get<std::uint64_t>(),
            window.state()["machine"]["furthest"].get<std::uint64_t>())
      << "not where the first wrong answer was asked for";
  keep_picture(window, "starter");

  // Hints come one after the other.
  for (int n = 1; n <= 3; ++n) {
    window.key("h");
    window.wait_until("hint " + std::to_string(n) + " is shown",
                      [&](const json& s) { return s["lesson"]["hints"] == n; });
  }

  // While the field has the keyboard, letters and Ctrl+Home are its own.
  const auto instant = window.state()["machine"]["retired"];
  window.key("e");
  window.wait_until("the field has the keyboard",
                    [](const json& s) { return s["lesson"]["task"]["editing"].get<bool>(); });
  write(window, kEmulates);
  window.key("ctrl+Home");
  window.key("ctrl+Return");
  task = verdict(window, "fail");
  EXPECT_EQ(task["printed"], "42\n");
  EXPECT_GE(window.state()["machine"]["retired"].get<std::uint64_t>(),
            instant.get<std::uint64_t>());
  window.wait_until("the writer goes on writing",
                    [](const json& s) { return s["lesson"]["task"]["editing"].get<bool>(); });

  // A mistake is a sentence with its line.
  write(window, "function decide(exit)\nreturn +\nend");
  window.key("ctrl+Return");
  task = verdict(window, "error");
  EXPECT_NE(task["observed"].get<std::string>().find("decide.lua:2"), std::string::npos)
      << task["observed"];
  keep_picture(window, "mistake");

  // Escape leaves the field and keeps what was written.
  write(window, kRight);
  window.key("Escape");
  window.wait_until("the field is left",
                    [](const json& s) { return !s["lesson"]["task"]["editing"].get<bool>(); });
  EXPECT_EQ(window.state()["lesson"]["task"]["code"], kRight);
  window.key("ctrl+Return");
  task = verdict(window, "pass");
  EXPECT_TRUE(task["passed"].get<bool>());
  EXPECT_EQ(task["findings"], 0);
  keep_picture(window, "solved");
  window.key("space");
  window.wait_until("the lesson goes on",
                    [](const json& s) { return s["lesson"]["phase"] == "done"; });
}

TEST_F(Task, SurvivesARestartAndAnEndlessLoop) {
  const Display display;
  const std::filesystem::path folder = fresh_folder("draft");
  const std::string endless = "function culprits() while true do end end";
  {
    Window window(display, folder, {GV_LESSONS "/02-the-instruction-that-does-not-trap"});
    go_to_task(window);
    window.click("task.code");
    window.wait_until("the field has the keyboard",
                      [](const json& s) { return s["lesson"]["task"]["editing"].get<bool>(); });
    write(window, endless);
    window.click("task.check");
    verdict(window, "timeout");
    window.key("ctrl+q");
    EXPECT_EQ(window.finish().exit_code, 0);
  }
  std::filesystem::remove(folder / "state.json");
  Window window(display, folder, {GV_LESSONS "/02-the-instruction-that-does-not-trap"});
  go_to_task(window);
  EXPECT_EQ(window.state()["lesson"]["task"]["code"], endless);
  // Starting over asks once.
  window.click("task.reset");
  EXPECT_EQ(window.state()["lesson"]["task"]["code"], endless);
  window.click("task.reset");
  window.wait_until("the starter is back", [&](const json& s) {
    return s["lesson"]["task"]["code"].get<std::string>().find("return nil") != std::string::npos;
  });
}

}  // namespace
}  // namespace gv::window_bench
