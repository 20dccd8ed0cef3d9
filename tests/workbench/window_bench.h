// SPDX-License-Identifier: MIT
//
// window_bench.h - an own display, the real program on it, real keys and clicks.
//
// Every bench starts an Xvfb on a display number that Xvfb itself picks, and a
// workbench with its own home folder. Keys and clicks come from xdotool, so they
// take the way that a person's take. Tests wait for states that the program
// reports in its state file, never for time alone.

#pragma once

#include <nlohmann/json.hpp>

#include <sys/types.h>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace gv::window_bench {

// Whether this machine has what a window needs; else a test skips with this sentence.
std::string what_is_missing();

struct Finished {
  int exit_code = -1;  // 128 + signal when it was killed
  std::string out, err;
};
// Runs a program to its end, at most `seconds`.
Finished run(const std::vector<std::string>& command,
             const std::vector<std::string>& environment = {}, double seconds = 120);

class Display {
 public:
  explicit Display(const std::string& screen = "1440x900x24");
  ~Display();
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;
  const std::string& name() const { return name_; }  // ":99", or empty when Xvfb did not start

 private:
  pid_t pid_ = -1;
  std::string name_;
};

class Window {
 public:
  // `arguments` after those that every test needs. `folder` holds its home and its state file.
  Window(const Display& display, const std::filesystem::path& folder,
         std::vector<std::string> arguments);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Blocks until the reported state satisfies `wanted`; a test failure after `seconds`.
  nlohmann::json wait_until(const std::string& what,
                            const std::function<bool(const nlohmann::json&)>& wanted,
                            double seconds = 60);
  nlohmann::json state() const { return state_; }

  void key(const std::string& keysym);  // xdotool's names: "space", "F10", "ctrl+k"
  void type(const std::string& text);
  void click(const std::string& control);  // by its name in the state file, at its middle
  // Saves the window through its own key and returns the new file's path.
  std::filesystem::path picture();
  Finished finish(double seconds = 30);  // waits for its end
  std::filesystem::path home() const { return folder_ / "home"; }
  bool alive() const;

 private:
  void xdotool(std::vector<std::string> arguments);

  std::filesystem::path folder_, state_file_;
  std::string display_;
  pid_t pid_ = -1;
  nlohmann::json state_;
  std::string window_id_;
};

// An empty folder of this test's own, removed at the end of the program.
std::filesystem::path fresh_folder(const std::string& name);

// A program that is expected to leave by itself, on this display.
Finished run_workbench(const Display& display, const std::filesystem::path& folder,
                       const std::vector<std::string>& arguments, double seconds = 120);

}  // namespace gv::window_bench
