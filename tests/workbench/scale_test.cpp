// SPDX-License-Identifier: MIT
//
// scale_test.cpp - nothing is cut off and nothing overlaps, from a laptop to 4K.

#include "workbench/window_bench.h"

#include <gtest/gtest.h>

namespace gv::window_bench {
namespace {

using nlohmann::json;

struct Look {
  const char *screen, *size, *scale, *theme;
};
constexpr Look kLooks[] = {{"1366x768x24", "1366x768", "1", "light"},
                           {"1440x900x24", "1440x900", "1", "dark"},
                           {"3840x2160x24", "3840x2160", "2", "light"},
                           {"3840x2160x24", "3840x2160", "4", "projector"}};

void expect_no_overlap(const json& state, const std::string& where) {
  const auto& controls = state["controls"];
  const int width = state["window"][0], height = state["window"][1];
  for (auto a = controls.begin(); a != controls.end(); ++a) {
    const double ax = (*a)["x"], ay = (*a)["y"], aw = (*a)["width"], ah = (*a)["height"];
    // Choices and hints scroll within the lesson; what does not must be inside the window.
    if (a.key().starts_with("choice.") || a.key().starts_with("confidence."))
      continue;
    EXPECT_GE(ax - aw / 2, -1) << where << ": " << a.key();
    EXPECT_LE(ax + aw / 2, width + 1) << where << ": " << a.key();
    EXPECT_LE(ay + ah / 2, height + 1) << where << ": " << a.key();
    for (auto b = std::next(a); b != controls.end(); ++b) {
      if (b.key().starts_with("choice.") || b.key().starts_with("confidence."))
        continue;
      const double bx = (*b)["x"], by = (*b)["y"], bw = (*b)["width"], bh = (*b)["height"];
      const bool apart =
          std::abs(ax - bx) >= (aw + bw) / 2 - 1.5 || std::abs(ay - by) >= (ah + bh) / 2 - 1.5;
      EXPECT_TRUE(apart) << where << ": " << a.key() << " and " << b.key();
    }
  }
}

TEST(Scale, ControlsStayApartAndTextsWholeAtEverySize) {
  if (const std::string missing = what_is_missing(); !missing.empty())
    GTEST_SKIP() << missing;
  for (const Look& look : kLooks) {
    const Display display(look.screen);
    const std::string where = std::string(look.size) + " at " + look.scale;
    Window window(display, fresh_folder("scale-" + std::string(look.size) + "-" + look.scale),
                  {GV_LESSONS "/01-rings-and-traps", "--size", look.size, "--scale", look.scale,
                   "--theme", look.theme});
    window.key("space");
    const json state = window.wait_until("the prediction is asked at " + where, [](const json& s) {
      return s["lesson"]["phase"] == "predict" && s["lesson"].contains("open_question") &&
             !s["controls"].empty() && s["controls"].contains("lesson.next");
    });
    if (HasFailure())
      return;
    expect_no_overlap(state, where);
    EXPECT_EQ(state["cut_texts"], 0) << where << ": the workbench's own texts are cut";
    EXPECT_TRUE(state["cut_in_panels"].empty()) << where << ": " << state["cut_in_panels"].dump();
  }
}

}  // namespace
}  // namespace gv::window_bench
