// SPDX-License-Identifier: MIT
//
// preferences.cpp - JSON in the configuration folder.

#include "workbench/preferences.h"

#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace gv {
namespace {

using nlohmann::json;

// A field of the wrong type keeps its default: the others are still worth having.
template <class T>
void read(const json& from, const char* name, T& into) {
  const auto it = from.find(name);
  if (it == from.end())
    return;
  try {
    into = it->get<T>();
  } catch (const json::exception&) {
  }
}

}  // namespace

std::filesystem::path preferences_file() {
  if (const char* folder = std::getenv("XDG_CONFIG_HOME"); folder != nullptr && *folder != 0) {
    return std::filesystem::path(folder) / "glassvisor" / "workbench.json";
  }
  const char* home = std::getenv("HOME");
  return std::filesystem::path(home != nullptr ? home : "/tmp") / ".config" / "glassvisor" /
         "workbench.json";
}

Preferences load_preferences(const std::filesystem::path& file) {
  Preferences p;
  std::ifstream in(file);
  if (!in)
    return p;
  const json root = json::parse(in, nullptr, false);
  if (!root.is_object())
    return p;

  std::string theme(name_of(p.theme));
  read(root, "theme", theme);
  for (int i = 0; i < kThemeCount; ++i) {
    if (theme == name_of(static_cast<Theme>(i)))
      p.theme = static_cast<Theme>(i);
  }
  float scale = 0;
  read(root, "scale", scale);
  if (scale >= 1.0F && scale <= 4.0F)
    p.scale = scale;
  read(root, "window_width", p.window_width);
  read(root, "window_height", p.window_height);
  p.window_width = std::clamp(p.window_width, 320, 16384);
  p.window_height = std::clamp(p.window_height, 200, 16384);
  read(root, "lesson_width", p.lesson_width);
  read(root, "inspector_width", p.inspector_width);
  p.lesson_width = std::clamp(p.lesson_width, 240.0F, 900.0F);
  p.inspector_width = std::clamp(p.inspector_width, 220.0F, 900.0F);
  read(root, "reduced_motion", p.reduced_motion);
  read(root, "last_lesson", p.last_lesson);
  read(root, "panels", p.panels);
  return p;
}

Result<void> save_preferences(const Preferences& p, const std::filesystem::path& file) {
  json root = {{"theme", name_of(p.theme)},
               {"window_width", p.window_width},
               {"window_height", p.window_height},
               {"lesson_width", p.lesson_width},
               {"inspector_width", p.inspector_width},
               {"reduced_motion", p.reduced_motion},
               {"last_lesson", p.last_lesson},
               {"panels", p.panels}};
  if (p.scale)
    root["scale"] = *p.scale;
  std::error_code ignored;  // the write below reports what matters
  std::filesystem::create_directories(file.parent_path(), ignored);
  return write_file_atomically(file, root.dump(2) + "\n");
}

Result<void> write_file_atomically(const std::filesystem::path& file, const std::string& bytes) {
  const std::filesystem::path fresh = file.string() + "." + std::to_string(::getpid()) + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.flush();
    if (!out) {
      return Error{ErrorCode::InvalidInput,
                   "cannot write " + file.string() + ": is the folder there and writable?"};
    }
  }
  std::error_code failed;
  std::filesystem::rename(fresh, file, failed);
  if (failed) {
    std::filesystem::remove(fresh, failed);
    return Error{ErrorCode::InvalidInput,
                 "cannot replace " + file.string() + ": " + failed.message()};
  }
  return {};
}

}  // namespace gv
