// SPDX-License-Identifier: MIT
//
// preferences.h - what the workbench remembers from one start to the next.
//
// One JSON file in the user's configuration folder, written to a new file and
// renamed, so that a crash leaves the old or the new one. A file that does not
// parse is ignored: a window that refuses to open over its own settings helps nobody.
// Deliberately not: progress in lessons (lesson/progress.h). Lengths at scale 1.

#pragma once

#include "gv/result.h"
#include "visualizers/style.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gv {

struct Preferences {
  Theme theme = Theme::Light;
  std::optional<float> scale;  // empty: what the display says
  int window_width = 1440, window_height = 900;
  float lesson_width = 400, inspector_width = 340;
  bool reduced_motion = false;
  std::string last_lesson;
  std::vector<std::string> panels{"trap-theatre", "disassembly"};  // for a machine without a lesson
  bool operator==(const Preferences&) const = default;
};

// $XDG_CONFIG_HOME/glassvisor/workbench.json or ~/.config/glassvisor/workbench.json.
std::filesystem::path preferences_file();
Preferences load_preferences(const std::filesystem::path& file);
// Error: one sentence that names the file.
Result<void> save_preferences(const Preferences& preferences, const std::filesystem::path& file);

// Writes to a new file beside it and renames. Error names the path.
Result<void> write_file_atomically(const std::filesystem::path& file, const std::string& bytes);

}  // namespace gv
