// SPDX-License-Identifier: MIT
//
// frames_test.cpp - sixty frames a second of UI work, a guest running, a million events.

#include "workbench/window_bench.h"

#include <gtest/gtest.h>

#include <fstream>

namespace gv::window_bench {
namespace {

TEST(Frames, AMillionEventsAndARunningGuestStayWithinTheBudget) {
  if (const std::string missing = what_is_missing(); !missing.empty())
    GTEST_SKIP() << missing;
  const Display display;
  const std::filesystem::path folder = fresh_folder("frames");
  const Finished done = run_workbench(
      display, folder,
      {"--image", GV_MILLION_GUEST, "--forget", "--script", GV_UI_SCRIPTS "/million.lua",
       "--frames-report", folder / "frames.json", "--size", "1440x900"},
      400);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  std::ifstream in(folder / "frames.json");
  const nlohmann::json report = nlohmann::json::parse(in);
  std::error_code ignored;
  std::filesystem::create_directories(GV_PICTURES, ignored);
  std::filesystem::copy_file(folder / "frames.json",
                             std::filesystem::path(GV_PICTURES) / "frames.json",
                             std::filesystem::copy_options::overwrite_existing, ignored);
  const auto& running = report["guest_running"];
  RecordProperty("median_ms", running["median_ms"].dump());
  RecordProperty("max_ms", running["max_ms"].dump());
  EXPECT_GE(report["events"].get<std::uint64_t>(), 1'000'000U) << report.dump(2);
  EXPECT_GE(running["frames"].get<int>(), 180) << report.dump(2);
  EXPECT_LT(running["median_ms"].get<double>(), 16.0) << report.dump(2);
  EXPECT_LT(running["p99_ms"].get<double>(), 16.0) << report.dump(2);
  EXPECT_LE(running["over_budget"].get<int>(), running["frames"].get<int>() / 100)
      << report.dump(2);
}

}  // namespace
}  // namespace gv::window_bench
