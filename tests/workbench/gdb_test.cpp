// SPDX-License-Identifier: MIT
//
// gdb and the window on one machine: each sees what the other did.

#include "workbench/window_bench.h"

#include <gtest/gtest.h>

#include <fstream>

namespace gv::window_bench {
namespace {

namespace fs = std::filesystem;

class Gdb : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = what_is_missing(); !missing.empty()) {
      GTEST_SKIP() << missing;
    }
    if (run({"gdb", "--version"}).exit_code != 0) {
      GTEST_SKIP() << "no gdb here; scripts/setup test installs it";
    }
  }
  // What gdb said to the commands; it lets go at the end.
  static std::string gdb(const fs::path& folder, int port, const std::string& commands) {
    const fs::path script = folder / "commands.gdb";
    std::ofstream(script) << "set pagination off\nset debuginfod enabled off\n"
                          << "target remote 127.0.0.1:" << port << "\n"
                          << commands << "detach\n";
    const Finished done =
        run({"gdb", "-q", "-nx", "-batch", "-x", script.string(), GV_KITS "/tinykernel.elf"});
    EXPECT_EQ(done.exit_code, 0) << done.out << done.err;
    return done.out + done.err;
  }
};

TEST_F(Gdb, AndTheWindowDriveTheSameMachine) {
  const Display display;
  const fs::path folder = fresh_folder("gdb");
  Window window(display, folder, {"--image", "tinykernel", "--gdb", "0"});
  const auto started = window.wait_until("a machine and a port", [](const nlohmann::json& state) {
    return state.contains("machine") && state.contains("gdb_port");
  });
  EXPECT_EQ(started["machine"]["retired"], 0);
  const int port = started["gdb_port"];
  const std::string said =
      gdb(folder, port, "break timer_tick\ncontinue\nmonitor position\nreverse-stepi\n");
  EXPECT_NE(said.find("in timer_tick ()"), std::string::npos) << said;
  const auto from = said.find("instruction ");
  ASSERT_NE(from, std::string::npos) << said;
  const std::uint64_t tick = std::stoull(said.substr(from + 12));
  // One back from the breakpoint: the window stands there too.
  window.wait_until("the place where gdb left it", [&](const nlohmann::json& state) {
    return state["machine"]["retired"] == tick - 1 && !state["machine"]["running"];
  });
  window.key("F10");
  window.wait_until("the window's own step", [&](const nlohmann::json& state) {
    return state["machine"]["retired"] == tick;
  });
  const std::string again = gdb(folder, port, "x/i $eip\nmonitor position\n");
  EXPECT_NE(again.find("<timer_tick>"), std::string::npos) << again;
  EXPECT_NE(again.find("instruction " + std::to_string(tick)), std::string::npos) << again;
}

}  // namespace
}  // namespace gv::window_bench
