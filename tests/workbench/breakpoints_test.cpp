// SPDX-License-Identifier: MIT
//
// breakpoints_test.cpp - set, conditioned, switched off and removed, by real keys and clicks.

#include "workbench/window_bench.h"

#include <gtest/gtest.h>

namespace gv::window_bench {
namespace {

using nlohmann::json;

class Breakpoints : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = what_is_missing(); !missing.empty())
      GTEST_SKIP() << missing;
  }
  static bool at_rest(const json& s) {
    return s.contains("machine") && !s["machine"]["waiting"].get<bool>() &&
           !s["machine"]["running"].get<bool>();
  }
  static json list(Window& window, const std::string& what,
                   const std::function<bool(const json&)>& wanted) {
    return window.wait_until(
        what, [&](const json& s) { return wanted(s["breakpoints"]); }, 20);
  }
  static json run(Window& window, const std::string& cause) {
    const auto before = window.state()["machine"]["retired"].get<std::uint64_t>();
    window.key("F5");
    return window.wait_until(
        "the run ended: " + cause,
        [&](const json& s) {
          return at_rest(s) && s["machine"]["retired"].get<std::uint64_t>() != before &&
                 s["machine"]["cause"] == cause;
        },
        60);
  }
};

TEST_F(Breakpoints, AreMadeByKeysAndStopOnTheirCondition) {
  const Display display;
  Window window(display, fresh_folder("breakpoints"),
                {"--image", "tinykernel", "--technique", "trap-and-emulate", "--forget", "--panel",
                 "disassembly"});
  window.wait_until("there is a machine", at_rest);

  // F9 at the line that the arrows choose.
  window.key("F6");
  window.wait_until("the disassembly has the keyboard",
                    [](const json& s) { return s["focused_panel"] == "disassembly"; });
  const auto next = window.state()["machine"]["next"];
  window.key("Down");
  if (HasFailure())
    return;
  const json chosen = window.wait_until(
      "another line is chosen", [&](const json& s) { return s["machine"]["line"] != next; }, 20);
  if (HasFailure())
    return;
  window.key("F9");
  list(window, "there is one", [](const json& all) { return all.size() == 1; });
  const json stop = run(window, "breakpoint-hit");
  EXPECT_EQ(stop["machine"]["next"], chosen["machine"]["line"]);
  window.key("F9");
  list(window, "it is gone", [](const json& all) { return all.empty(); });

  if (HasFailure())
    return;

  // By name, with a condition in Lua.
  window.key("ctrl+b");
  window.wait_until("the list is open",
                    [](const json& s) { return s["controls"].contains("breakpoint.new"); });
  window.type("no_such_place");
  window.key("Return");
  window.wait_until("it is refused in a sentence", [](const json& s) {
    return s["breakpoint_refused"].get<std::string>().find("no_such_place") != std::string::npos;
  });
  window.click("breakpoint.new");
  window.key("ctrl+a");
  window.type("cli");
  window.key("Return");
  const std::string id =
      std::to_string(list(window, "the exit is listed",
                          [](const json& all) {
                            return all.size() == 1 && all[0]["place"] == "cli traps";
                          })["breakpoints"][0]["id"]
                         .get<int>());
  window.click("breakpoint.condition." + id);
  window.type("exits >");
  window.key("Return");
  list(window, "what does not parse is said", [](const json& all) {
    return !all[0]["problem"].get<std::string>().empty() && all[0]["condition"] == "";
  });
  window.click("breakpoint.condition." + id);
  window.key("ctrl+a");
  window.type("exits > 100");
  window.key("Return");
  list(window, "the condition is taken", [](const json& all) {
    return all[0]["condition"] == "exits > 100" && all[0]["problem"] == "";
  });
  window.picture();
  window.key("Escape");
  run(window, "breakpoint-hit");

  if (HasFailure())
    return;

  // A condition that fails while it runs is false, and says so.
  window.click("breakpoint.condition." + id);
  window.key("ctrl+a");
  window.type("nothing.at.all");
  window.key("Return");
  list(window, "the condition is taken",
       [](const json& all) { return all[0]["condition"] == "nothing.at.all"; });
  window.key("Escape");
  window.key("F5");
  list(window, "it says what is wrong", [](const json& all) {
    return all[0]["problem"].get<std::string>().find("nothing") != std::string::npos;
  });
  window.wait_until("the guest ran to its end",
                    [](const json& s) { return s["machine"]["ended"].get<bool>(); });

  // Off, on, away: by clicks.
  window.click("breakpoint.enabled." + id);
  list(window, "it is off", [](const json& all) { return !all[0]["enabled"].get<bool>(); });
  window.click("breakpoint.delete." + id);
  list(window, "it is removed", [](const json& all) { return all.empty(); });
}

}  // namespace
}  // namespace gv::window_bench
