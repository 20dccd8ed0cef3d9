// SPDX-License-Identifier: MIT
//
// window_bench.cpp - processes, the state file, xdotool.

#include "workbench/window_bench.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace gv::window_bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string read_file(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

pid_t start(const std::vector<std::string>& command, const std::vector<std::string>& environment,
            const fs::path& out, const fs::path& err, int keep_fd = -1) {
  const pid_t pid = fork();
  if (pid != 0)
    return pid;
  for (const std::string& pair : environment) {
    const auto equals = pair.find('=');
    setenv(pair.substr(0, equals).c_str(), pair.substr(equals + 1).c_str(), 1);
  }
  const auto redirect = [](const fs::path& file, int fd) {
    const int opened =
        open(file.empty() ? "/dev/null" : file.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(opened, fd);
    close(opened);
  };
  redirect(out, 1);
  redirect(err, 2);
  if (keep_fd >= 0)
    fcntl(keep_fd, F_SETFD, 0);
  std::vector<char*> argv;
  for (const std::string& part : command)
    argv.push_back(const_cast<char*>(part.c_str()));
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  _exit(127);
}

int wait_for(pid_t pid, double seconds) {
  const auto limit = Clock::now() + std::chrono::duration<double>(seconds);
  int status = 0;
  // A child's end is a signal elsewhere; here a short poll is enough and disturbs nobody's
  // handlers.
  while (waitpid(pid, &status, WNOHANG) == 0) {
    if (Clock::now() > limit) {
      kill(pid, SIGKILL);
      waitpid(pid, &status, 0);
      return 128 + SIGKILL;
    }
    poll(nullptr, 0, 5);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool on_path(const char* program) {
  return run({"sh", "-c", std::string("command -v ") + program}).exit_code == 0;
}

std::vector<std::string> environment_of(const std::string& display, const fs::path& folder) {
  fs::create_directories(folder / "home");
  return {"DISPLAY=" + display,
          "LIBGL_ALWAYS_SOFTWARE=1",
          "HOME=" + (folder / "home").string(),
          "XDG_CONFIG_HOME=" + (folder / "home/config").string(),
          "XDG_DATA_HOME=" + (folder / "home/share").string(),
          "WAYLAND_DISPLAY="};
}

}  // namespace

std::string what_is_missing() {
  for (const char* program : {"Xvfb", "xdotool"}) {
    if (!on_path(program))
      return std::string(program) + " is not installed";
  }
  return "";
}

fs::path fresh_folder(const std::string& name) {
  static const fs::path root = [] {
    std::string made = (fs::temp_directory_path() / "workbench-test-XXXXXX").string();
    if (mkdtemp(made.data()) == nullptr)
      std::abort();
    static const std::string kept = made;
    std::atexit([] {
      std::error_code ignored;
      if (std::getenv("GV_KEEP") == nullptr)
        fs::remove_all(kept, ignored);
    });
    return fs::path(made);
  }();
  const fs::path folder = root / name;
  fs::create_directories(folder);
  return folder;
}

Finished run(const std::vector<std::string>& command, const std::vector<std::string>& environment,
             double seconds) {
  const fs::path folder = fresh_folder("run");
  Finished done;
  const pid_t pid = start(command, environment, folder / "out", folder / "err");
  done.exit_code = wait_for(pid, seconds);
  done.out = read_file(folder / "out");
  done.err = read_file(folder / "err");
  return done;
}

Display::Display(const std::string& screen) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return;
  pid_ = start(
      {"Xvfb", "-displayfd", std::to_string(ends[1]), "-screen", "0", screen, "-nolisten", "tcp"},
      {}, "", "", ends[1]);
  close(ends[1]);
  std::string number;
  char byte = 0;
  // Xvfb writes its number once it accepts clients: no guessing, no waiting in vain.
  while (read(ends[0], &byte, 1) == 1 && byte != '\n')
    number += byte;
  close(ends[0]);
  if (!number.empty())
    name_ = ":" + number;
}

Display::~Display() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    wait_for(pid_, 5);
  }
}

Window::Window(const Display& display, const fs::path& folder, std::vector<std::string> arguments)
    : folder_(folder), state_file_(folder / "state.json"), display_(display.name()) {
  arguments.insert(arguments.begin(), GV_WORKBENCH);
  arguments.insert(arguments.end(), {"--state-file", state_file_.string()});
  pid_ = start(arguments, environment_of(display_, folder_), folder_ / "out", folder_ / "err");
  wait_until("the window is ready",
             [](const nlohmann::json& s) { return s.value("ready", false); });
  // Without a window manager nobody else gives the window the keyboard.
  const Finished found =
      run({"xdotool", "search", "--onlyvisible", "--class", "glassvisor-workbench"},
          {"DISPLAY=" + display_}, 10);
  window_id_ = found.out.substr(0, found.out.find('\n'));
  if (window_id_.empty())
    ADD_FAILURE() << "xdotool does not see the window";
  else
    xdotool({"windowfocus", "--sync", window_id_});
}

Window::~Window() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    wait_for(pid_, 10);
  }
}

bool Window::alive() const { return pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0; }

nlohmann::json Window::wait_until(const std::string& what,
                                  const std::function<bool(const nlohmann::json&)>& wanted,
                                  double seconds) {
  const int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  inotify_add_watch(watch, folder_.c_str(), IN_MOVED_TO);
  const auto limit = Clock::now() + std::chrono::duration<double>(seconds);
  while (true) {
    if (const std::string text = read_file(state_file_); !text.empty()) {
      state_ = nlohmann::json::parse(text, nullptr, false);
      if (state_.is_object() && wanted(state_))
        break;
    }
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      ADD_FAILURE() << "the workbench ended while the test waited until " << what << ": "
                    << read_file(folder_ / "err");
      break;
    }
    if (Clock::now() > limit) {
      nlohmann::json brief = state_;
      if (brief.is_object())
        brief.erase("controls");
      ADD_FAILURE() << "waited in vain until " << what << "; state: " << brief.dump(2)
                    << read_file(folder_ / "err");
      break;
    }
    pollfd change{watch, POLLIN, 0};
    poll(&change, 1, 200);
    char drained[4096];
    while (read(watch, drained, sizeof drained) > 0) {
    }
  }
  close(watch);
  return state_;
}

void Window::xdotool(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "xdotool");
  const Finished done = run(arguments, {"DISPLAY=" + display_}, 20);
  if (done.exit_code != 0)
    ADD_FAILURE() << "xdotool " << arguments[1] << ": " << done.err;
}

void Window::key(const std::string& keysym) { xdotool({"key", "--clearmodifiers", keysym}); }

void Window::type(const std::string& text) { xdotool({"type", "--delay", "20", text}); }

void Window::click(const std::string& control) {
  wait_until(
      "the control '" + control + "' is at rest on the screen",
      [&](const nlohmann::json& s) {
        return s["settled"].get<bool>() && s["controls"].contains(control) &&
               s["controls"][control]["enabled"].get<bool>();
      },
      20);
  if (testing::Test::HasFailure())
    return;
  const auto place = state_["controls"][control];
  // Down and up in two steps, as a hand does: a frame lies between them.
  xdotool({"mousemove", "--window", window_id_, std::to_string(place["x"].get<int>()),
           std::to_string(place["y"].get<int>()), "sleep", "0.05", "mousedown", "1", "sleep",
           "0.05", "mouseup", "1"});
}

fs::path Window::picture() {
  const fs::path folder = home() / "share/glassvisor/pictures";
  const auto count = [&] {
    std::error_code quiet;
    std::size_t n = 0;
    for (fs::directory_iterator it(folder, quiet); !quiet && it != fs::directory_iterator(); ++it) {
      n += it->path().extension() == ".png" ? 1 : 0;
    }
    return n;
  };
  const std::size_t before = count();
  key("ctrl+p");
  const auto limit = Clock::now() + std::chrono::seconds(20);
  while (count() == before && Clock::now() < limit)
    poll(nullptr, 0, 10);
  if (count() == before) {
    ADD_FAILURE() << "Ctrl+P wrote no picture to " << folder;
    return {};
  }
  fs::path newest;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".png" &&
        (newest.empty() || entry.last_write_time() >= fs::last_write_time(newest))) {
      newest = entry.path();
    }
  }
  return newest;
}

Finished Window::finish(double seconds) {
  Finished done;
  done.exit_code = wait_for(pid_, seconds);
  pid_ = -1;
  done.out = read_file(folder_ / "out");
  done.err = read_file(folder_ / "err");
  return done;
}

Finished run_workbench(const Display& display, const fs::path& folder,
                       const std::vector<std::string>& arguments, double seconds) {
  std::vector<std::string> command = arguments;
  command.insert(command.begin(), GV_WORKBENCH);
  return run(command, environment_of(display.name(), folder), seconds);
}

}  // namespace gv::window_bench
