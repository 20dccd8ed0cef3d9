// SPDX-License-Identifier: MIT
//
// assembler.cpp - runs nasm in a scratch folder and in a sandbox.

#include "grader/assembler.h"

#include "grader/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>

#include <fmt/format.h>

namespace gv {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestImage = 4 << 20;
// The worker's status when neither Landlock nor the plain-source rule can contain a tool.
constexpr int kNotContained = 124;

class ScratchFolder {
 public:
  ScratchFolder() {
    std::error_code ignored;
    std::string name = (fs::temp_directory_path(ignored) / "glassvisor-XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr)
      path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    if (!path_.empty())
      fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }
  bool write(const std::string& name, const std::string& content) const {
    std::ofstream file(fs::path(path_) / name, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    return static_cast<bool>(file.flush());
  }

 private:
  std::string path_;
};

std::string tool_path(const std::string& name) {
  for (const char* folder : {"/usr/bin", "/usr/local/bin", "/bin"}) {
    const std::string path = std::string(folder) + "/" + name;
    if (access(path.c_str(), X_OK) == 0)
      return path;
  }
  return {};
}

// Where the kernel has no Landlock, a source that names no file and builds no
// directive from pieces is let through: then the tool opens nothing but it.
bool names_files(const std::string& source) {
  std::string lower;
  for (const char c : source)
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const char* word : {"incbin", "include", "%pathsearch", "%depend", "%use", "%+", "%[", "%!",
                           "tok", "%str", "%substr", "%pragma", "%line", "%rep"}) {
    if (lower.find(word) != std::string::npos)
      return true;
  }
  return false;
}

Containment containment_of_tool() {
  Containment containment;
  containment.memory_bytes = std::uint64_t{512} << 20;
  containment.cpu_seconds = 3;
  containment.file_bytes = kLargestImage;
  containment.output_bytes = 4096;
  containment.wall = std::chrono::seconds(60);
  return containment;
}

// The tool's object in the scratch folder: never through a link, never larger than allowed.
std::string read_product(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0)
    return {};
  struct stat status {};
  std::string content;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
      static_cast<std::uintmax_t>(status.st_size) <= kLargestImage) {
    std::array<char, 65536> block;
    ssize_t n = 0;
    while ((n = read(file, block.data(), block.size())) > 0) {
      content.append(block.data(), static_cast<std::size_t>(n));
    }
  }
  close(file);
  return content;
}

}  // namespace

Result<Assembly> assemble(const std::string& worker, const std::string& name,
                          const std::string& source,
                          const std::map<std::string, std::string>& files,
                          const std::atomic<bool>* interrupted) {
  const std::string nasm = tool_path("nasm");
  if (nasm.empty()) {
    return Error{ErrorCode::NotAvailable, "nasm is not installed; install the package nasm"};
  }
  const ScratchFolder scratch;
  bool written = !scratch.path().empty() && scratch.write(name, source);
  for (const auto& [file, content] : files)
    written = written && scratch.write(file, content);
  if (!written) {
    return Error{
        ErrorCode::Internal,
        fmt::format("the scratch folder '{}' cannot be written: {}; set TMPDIR to a folder "
                    "with room",
                    scratch.path(), std::strerror(errno))};
  }
  auto process = ContainedProcess::start(
      worker, {"tool", scratch.path(), nasm, "-f", "bin", "-w-all", "-o", "guest.bin", name},
      containment_of_tool(), interrupted);
  if (!process)
    return process.error();
  (*process)->finish();
  Assembly assembly;
  assembly.ending = (*process)->ending();
  const int status = (*process)->exit_status();
  if (assembly.ending == Ending::Exited && status == kNotContained) {
    return Error{ErrorCode::NotAvailable,
                 "this kernel has no Landlock, so a source that includes files cannot be assembled "
                 "safely; grade it on Linux 5.13 or newer"};
  }
  if (assembly.ending == Ending::Exited && status == 0) {
    assembly.image = read_product(scratch.path() + "/guest.bin");
    if (assembly.image.empty())
      assembly.problem = "it assembles to nothing";
    return assembly;
  }
  assembly.problem = (*process)->output();
  if (assembly.ending == Ending::Signalled && status == SIGXFSZ) {
    assembly.problem += fmt::format("the image would be larger than {} MiB", kLargestImage >> 20);
  } else if (assembly.ending != Ending::Exited || assembly.problem.empty()) {
    assembly.problem += "nasm: " + (*process)->ending_text();
  }
  return assembly;
}

int become_tool(const std::string& folder, const std::vector<std::string>& command) {
  if (chdir(folder.c_str()) != 0)
    return 125;
  const auto confined =
      confine_files({"/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache"}, {folder});
  if (!confined) {
    // See names_files: a source that cannot name a file needs no file-system wall.
    std::ifstream file(command.back());
    std::stringstream source;
    source << file.rdbuf();
    if (names_files(source.str()))
      return kNotContained;
  }
  if (const auto entered = enter_sandbox(SandboxProfile::Assembler); !entered) {
    std::fprintf(stderr, "%s\n", entered.error().message.c_str());
    return 125;
  }
  std::vector<std::string> words = command;
  std::vector<char*> argv;
  for (std::string& word : words)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  execv(argv[0], argv.data());
  return 126;
}

}  // namespace gv
