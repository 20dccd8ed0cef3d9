// SPDX-License-Identifier: MIT
//
// techniques_test.cpp - the translation cache and a race of four lanes in the window, within the
// frame budget.

#include "workbench/screenshot.h"
#include "workbench/window_bench.h"

#include <gtest/gtest.h>

#include <fstream>

namespace gv::window_bench {
namespace {

namespace fs = std::filesystem;

TEST(Techniques, AreShownAndRacedWithinTheBudget) {
  if (const std::string missing = what_is_missing(); !missing.empty())
    GTEST_SKIP() << missing;
  const Display display;
  const fs::path folder = fresh_folder("techniques");
  const fs::path pictures = GV_PICTURES;
  fs::create_directories(pictures);
  const fs::path before = fs::current_path();
  fs::current_path(pictures);
  const Finished done = run_workbench(
      display, folder,
      {"--image", "tinykernel", "--technique", "binary-translation", "--forget", "--script",
       GV_UI_SCRIPTS "/techniques.lua", "--frames-report", folder / "frames.json"},
      300);
  fs::current_path(before);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  for (const char* name : {"translation-cache", "race-lanes", "race"}) {
    const auto picture = read_png(pictures / (std::string(name) + ".png"));
    ASSERT_TRUE(picture) << picture.error().message;
    EXPECT_GE(picture->width, 560) << name;
  }
  std::ifstream in(folder / "frames.json");
  const nlohmann::json report = nlohmann::json::parse(in);
  const auto& running = report["guest_running"];
  EXPECT_GE(running["frames"].get<int>(), 200) << report.dump(2);
  EXPECT_LT(running["p99_ms"].get<double>(), 16.0) << report.dump(2);
}

}  // namespace
}  // namespace gv::window_bench
