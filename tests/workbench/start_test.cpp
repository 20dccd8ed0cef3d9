// SPDX-License-Identifier: MIT
//
// start_test.cpp - the program starts, shows every panel and refuses what is broken.

#include "workbench/screenshot.h"
#include "workbench/window_bench.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace gv::window_bench {
namespace {

namespace fs = std::filesystem;

class Start : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = what_is_missing(); !missing.empty())
      GTEST_SKIP() << missing;
  }
};

std::size_t colours_of(const Picture& picture) {
  std::set<std::uint32_t> colours;
  for (std::size_t i = 0; i + 2 < picture.rgb.size(); i += 3) {
    colours.insert(picture.rgb[i] * 65536U + picture.rgb[i + 1] * 256U + picture.rgb[i + 2]);
  }
  return colours.size();
}

// Not a blank, and more than text on a plain ground would show by chance.
void expect_a_picture(const fs::path& file, int least_width, int least_height) {
  const auto picture = read_png(file);
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_GE(picture->width, least_width) << file;
  EXPECT_GE(picture->height, least_height) << file;
  EXPECT_GE(colours_of(*picture), 12U) << file << " is all but blank";
}

TEST_F(Start, TheFirstLessonIsOnTheScreenSoonAfterTheStart) {
  const Display display;
  const fs::path folder = fresh_folder("first-frame");
  double best = 1e9, cpu = 1e9;
  nlohmann::json report;
  // Another program's work is not this one's: on a busy machine one of several starts must do, and
  // what the start itself costs is told by its own CPU time.
  for (int i = 0; i < 3 || (i < 12 && best >= 700); ++i) {
    const Finished done = run_workbench(display, folder,
                                        {"--screenshot", folder / "first.png", "--frames-report",
                                         folder / "frames.json", "--size", "1440x900"});
    ASSERT_EQ(done.exit_code, 0) << done.err;
    std::ifstream in(folder / "frames.json");
    report = nlohmann::json::parse(in);
    best = std::min(best, report["start_to_first_frame_ms"].get<double>());
    cpu = std::min(cpu, report["cpu_to_first_frame_ms"].get<double>());
  }
  RecordProperty("start_to_first_frame_ms", std::to_string(best));
  EXPECT_LT(best, 700) << report.dump(2);
  EXPECT_LT(cpu, 500) << report.dump(2);
  const auto picture = read_png(folder / "first.png");
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->width, 1440);
  EXPECT_EQ(picture->height, 900);
  EXPECT_GE(colours_of(*picture), 50U);
}

TEST_F(Start, EveryPanelShowsWhatTheGuestDid) {
  const Display display;
  const fs::path folder = fresh_folder("panels");
  const fs::path pictures = GV_PICTURES;
  fs::create_directories(pictures);
  const fs::path before = fs::current_path();
  fs::current_path(pictures);
  const Finished done = run_workbench(display, folder,
                                      {"--image", "tinykernel", "--technique", "trap-and-emulate",
                                       "--forget", "--script", GV_UI_SCRIPTS "/panels.lua"},
                                      240);
  fs::current_path(before);
  ASSERT_EQ(done.exit_code, 0) << done.err;
  for (const char* panel : {"trap-theatre", "disassembly", "registers", "page-tables", "console",
                            "screen", "timeline", "ledger", "devices", "lua-console"}) {
    expect_a_picture(pictures / (std::string(panel) + ".png"), 300, 300);
  }
  for (const char* window :
       {"window-light", "window-dark", "window-projector", "palette", "help"}) {
    expect_a_picture(pictures / (std::string(window) + ".png"), 1440, 900);
  }
}

TEST_F(Start, TheMicroscopeAndTheControlStructureShowTheirGuests) {
  const Display display;
  const fs::path folder = fresh_folder("inside");
  const fs::path pictures = GV_PICTURES;
  fs::create_directories(pictures);
  const fs::path before = fs::current_path();
  fs::current_path(pictures);
  const Finished interpreted =
      run_workbench(display, folder,
                    {"--image", "tinykernel", "--engine", "interpreter", "--technique",
                     "interpretation", "--forget", "--script", GV_UI_SCRIPTS "/microscope.lua"},
                    240);
  const Finished assisted =
      run_workbench(display, folder,
                    {"--image", "tinykernel", "--technique", "hardware-assisted", "--forget",
                     "--script", GV_UI_SCRIPTS "/vmcs.lua"},
                    240);
  fs::current_path(before);
  ASSERT_EQ(interpreted.exit_code, 0) << interpreted.err;
  ASSERT_EQ(assisted.exit_code, 0) << assisted.err;
  for (const char* panel : {"microscope-next", "microscope", "vmcs"}) {
    expect_a_picture(pictures / (std::string(panel) + ".png"), 480, 420);
  }
}

TEST_F(Start, WithoutADisplayOneSentenceAndExitCode5) {
  const Finished done = run({GV_WORKBENCH, "--forget"}, {"DISPLAY=", "WAYLAND_DISPLAY="});
  EXPECT_EQ(done.exit_code, 5) << done.err;
  EXPECT_NE(done.err.find("no display"), std::string::npos) << done.err;
  EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
}

TEST_F(Start, OnWaylandAloneEitherAWindowOrOneSentenceThatNamesTheMend) {
  const fs::path folder = fresh_folder("wayland");
  const Finished done = run({GV_WORKBENCH, "--forget", "--screenshot", folder / "window.png"},
                            {"DISPLAY=", "WAYLAND_DISPLAY=wayland-of-nobody",
                             "XDG_RUNTIME_DIR=" + folder.string(), "XDG_SESSION_TYPE=wayland"});
  EXPECT_EQ(done.exit_code, 5) << done.err;
  EXPECT_NE(done.err.find("Wayland"), std::string::npos) << done.err;
  EXPECT_NE(done.err.find("install"), std::string::npos) << done.err;
  EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
}

TEST_F(Start, WithoutOpenGlOneSentenceAndExitCode5) {
  const Display display;
  // Mesa offers a context below the one that is needed.
  const Finished done =
      run({GV_WORKBENCH, "--forget"}, {"DISPLAY=" + display.name(), "LIBGL_ALWAYS_SOFTWARE=1",
                                       "WAYLAND_DISPLAY=", "MESA_GL_VERSION_OVERRIDE=2.1"});
  EXPECT_EQ(done.exit_code, 5) << done.err;
  EXPECT_NE(done.err.find("OpenGL"), std::string::npos) << done.err;
  EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
}

TEST_F(Start, BrokenInputsAreRefusedInOneSentenceBeforeAWindowOpens) {
  const Display display;
  const fs::path folder = fresh_folder("broken");
  fs::create_directories(folder / "lesson");
  std::ofstream(folder / "lesson/lesson.lua") << "return {{{";
  std::ofstream(folder / "lesson/text.en.md") << "## title\n\nA lesson.\n";
  std::ofstream(folder / "lesson/hints.en.md") << "";
  std::ofstream(folder / "script.lua") << "ui.wait(";
  std::ofstream(folder / "cut.elf") << "\x7f"
                                       "ELF\x01\x01\x01";
  struct Case {
    std::vector<std::string> arguments;
    std::string named;
  };
  const std::vector<Case> cases = {{{folder / "lesson"}, "lesson.lua"},
                                   {{"no-such-lesson"}, "no-such-lesson"},
                                   {{"--image", "no-such-image"}, "no-such-image"},
                                   {{"--image", folder / "cut.elf"}, "cut.elf"},
                                   {{"--script", folder / "script.lua"}, "script.lua"},
                                   {{"--image", "tinykernel", "--technique", "magic"}, "magic"}};
  for (const Case& c : cases) {
    std::vector<std::string> arguments = c.arguments;
    arguments.push_back("--forget");
    const Finished done = run_workbench(display, folder, arguments, 30);
    EXPECT_EQ(done.exit_code, 2) << c.named << ": " << done.err;
    EXPECT_NE(done.err.find(c.named), std::string::npos) << done.err;
    EXPECT_EQ(std::count(done.err.begin(), done.err.end(), '\n'), 1) << done.err;
  }
}

}  // namespace
}  // namespace gv::window_bench
