// SPDX-License-Identifier: MIT

#include "bochs.h"

#include "guest_images.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace gv::bench {

namespace {

constexpr std::size_t kImageRoom = 0xf000;  // of the ROM's 64 KiB, below guests/bochs_rom.asm
constexpr rlim_t kMostSeconds = 120;        // of processor time

// `ips` is how far apart Bochs' own timers are; they are to disturb little.
constexpr const char* kConfiguration =
    "display_library: term\n"
    "romimage: file=rom\n"
    "megs: 8\n"
    "cpu: ips=100000000\n"
    "clock: sync=none\n"
    "plugin_ctrl: unmapped=1, biosdev=0, speaker=0, extfpuirq=0, parallel=0, serial=0, gameport=0\n"
    "log: log\n"
    "panic: action=fatal\n";

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code ignored;
    std::string name =
        (std::filesystem::temp_directory_path(ignored) / "glassvisor-bochs-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) {
      path_ = name;
    }
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) {
      std::filesystem::remove_all(path_, ignored);
    }
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary).write(content.data(), std::ssize(content));
}

// In the child: Bochs, with nothing to show and nobody to ask.
[[noreturn]] void become_bochs(const std::filesystem::path& folder) {
  const rlimit limit{kMostSeconds, kMostSeconds};
  setrlimit(RLIMIT_CPU, &limit);
  const int nothing = open("/dev/null", O_RDWR);
  if (nothing < 0 || chdir(folder.c_str()) != 0) {
    _exit(1);
  }
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    dup2(nothing, standard);
  }
  setenv("TERM", "vt100", 1);
  // Debian's is built with the debugger, which waits to be told to go on.
  execlp("bochs", "bochs", "-q", "-f", "configuration", "-rc", "commands", nullptr);
  _exit(1);
}

// Its log ends with the registers, "EBX=0000abcd", after it was asked to stop.
std::optional<std::uint32_t> ebx_in(const std::filesystem::path& log) {
  std::ostringstream text;
  text << std::ifstream(log).rdbuf();
  const std::string words = text.str();
  const std::size_t stop = words.find("shutdown requested");
  const std::size_t ebx = words.find("EBX=", stop == std::string::npos ? words.size() : stop);
  if (ebx == std::string::npos) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(std::strtoul(words.c_str() + ebx + 4, nullptr, 16));
}

double nanoseconds_of(const timeval& time) {
  return (static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec)) * 1e3;
}

}  // namespace

bool bochs_is_installed() {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (access((folder + "/bochs").c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

std::optional<BochsRun> run_in_bochs(std::span<const std::uint8_t> image) {
  const TemporaryFolder folder;
  if (folder.path().empty() || image.size() > kImageRoom) {
    return std::nullopt;
  }
  std::string rom(image.begin(), image.end());
  rom.resize(kImageRoom, '\0');
  const auto start = bochs_rom();
  rom.append(start.begin(), start.end());
  write_file(folder.path() / "rom", rom);
  write_file(folder.path() / "configuration", kConfiguration);
  write_file(folder.path() / "commands", "c\n");
  const pid_t child = fork();
  if (child == 0) {
    become_bochs(folder.path());
  }
  int status = 0;
  rusage used{};
  if (child < 0 || wait4(child, &status, 0, &used) != child) {
    return std::nullopt;
  }
  const auto ebx = ebx_in(folder.path() / "log");
  if (!ebx) {
    return std::nullopt;
  }
  return BochsRun{nanoseconds_of(used.ru_utime) + nanoseconds_of(used.ru_stime), *ebx};
}

}  // namespace gv::bench
