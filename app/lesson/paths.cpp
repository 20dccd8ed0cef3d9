// SPDX-License-Identifier: MIT

#include "lesson/paths.h"

#include "lesson/packaged_guest.h"

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdlib>

namespace gv {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}
bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// The entries of `kind` in all share folders, by name; the best folder's wins.
std::vector<fs::path> entries_of(const char* kind) {
  std::vector<fs::path> found;
  for (const fs::path& share : share_folders()) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(share / kind, ignored)) {
      const fs::path name = entry.path().filename();
      const bool known = std::any_of(found.begin(), found.end(), [&](const fs::path& other) {
        return other.filename() == name;
      });
      if (!known)
        found.push_back(entry.path());
    }
  }
  std::sort(found.begin(), found.end(),
            [](const fs::path& a, const fs::path& b) { return a.filename() < b.filename(); });
  return found;
}

bool is_bare_name(const std::string& name) {
  return !name.empty() && name.find('/') == std::string::npos && name[0] != '.';
}

// "01-rings-and-traps" answers to itself, to "01" and to "rings-and-traps".
bool answers_to(const std::string& folder, const std::string& name) {
  if (folder == name)
    return true;
  const std::size_t dash = folder.find('-');
  if (dash == std::string::npos)
    return false;
  return folder.substr(0, dash) == name || folder.substr(dash + 1) == name;
}

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names)
    all += (all.empty() ? "" : ", ") + name;
  return all.empty() ? "none" : all;
}

Result<std::string> find_folder(const std::string& name, const char* kind, const char* marker) {
  if (is_folder(name)) {
    if (is_file(fs::path(name) / marker))
      return name;
    return Error{ErrorCode::InvalidInput, name + ": this folder has no " + marker};
  }
  std::vector<std::string> names;
  for (const fs::path& path : entries_of(kind)) {
    if (!is_file(path / marker))
      continue;
    const std::string folder = path.filename().string();
    if (is_bare_name(name) && answers_to(folder, name))
      return path.string();
    names.push_back(folder);
  }
  return Error{ErrorCode::InvalidInput, name + ": no such folder, and none of the " + kind +
                                            " has this name; there are " + joined(names)};
}

}  // namespace

fs::path program_folder() {
  std::array<char, 4096> buffer{};
  const ssize_t length = readlink("/proc/self/exe", buffer.data(), buffer.size() - 1);
  if (length <= 0)
    return ".";
  return fs::path(std::string(buffer.data(), static_cast<std::size_t>(length))).parent_path();
}

std::vector<fs::path> share_folders() {
  std::vector<fs::path> candidates;
  if (const char* share = std::getenv("GLASSVISOR_SHARE"))
    candidates.emplace_back(share);
  const fs::path program = program_folder();
  candidates.push_back(program.parent_path() / "share" / "glassvisor");
  candidates.push_back(program / "share" / "glassvisor");
  candidates.emplace_back(GV_SOURCE_FOLDER);
  std::vector<fs::path> folders;
  for (const fs::path& path : candidates) {
    if (is_folder(path))
      folders.push_back(path);
  }
  return folders;
}

Result<std::string> find_kit(const std::string& name) {
  std::vector<std::string> names;
  for (const fs::path& path : entries_of("kits")) {
    if (!is_file(path))
      continue;
    if (path.stem() == name || path.filename() == name)
      return path.string();
    names.push_back(path.stem().string());
  }
  return Error{ErrorCode::InvalidInput,
               name + ": no guest kit has this name; there are " + joined(names)};
}

Result<std::string> find_image(const std::string& name_or_path) {
  std::error_code ignored;
  if (fs::exists(name_or_path, ignored) && !is_folder(name_or_path))
    return name_or_path;
  if (is_folder(name_or_path) && !is_bare_name(name_or_path)) {
    return Error{ErrorCode::InvalidInput, name_or_path + ": is a folder; give an image file"};
  }
  if (!is_bare_name(name_or_path)) {
    return Error{ErrorCode::InvalidInput,
                 name_or_path + ": no such file; give an image file or the name of a guest kit"};
  }
  if (const PackagedGuest* guest = packaged_guest(name_or_path))
    return find_file_of(*guest);
  auto kit = find_kit(name_or_path);
  if (kit)
    return kit;
  return Error{ErrorCode::InvalidInput, name_or_path + ": no such file, and" +
                                            kit.error().message.substr(name_or_path.size() + 1)};
}

Result<std::string> find_lesson(const std::string& name_or_path) {
  return find_folder(name_or_path, "lessons", "lesson.lua");
}

Result<std::string> find_exercise(const std::string& name_or_path) {
  return find_folder(name_or_path, "exercises", "exercise.lua");
}

std::vector<std::string> lesson_folders() {
  std::vector<std::string> folders;
  for (const fs::path& path : entries_of("lessons")) {
    if (is_file(path / "lesson.lua"))
      folders.push_back(path.string());
  }
  return folders;
}

Result<fs::path> state_folder() {
  fs::path base;
  if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
    base = data;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    base = fs::path(home) / ".local" / "share";
  } else {
    return Error{ErrorCode::InvalidInput,
                 "there is no folder for progress: set HOME or XDG_DATA_HOME"};
  }
  const fs::path folder = base / "glassvisor";
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    return Error{ErrorCode::InvalidInput,
                 folder.string() + ": cannot be created: " + problem.message()};
  }
  return folder;
}

}  // namespace gv
