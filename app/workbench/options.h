// SPDX-License-Identifier: MIT
//
// options.h - what the command line of the workbench asked for.
//
// Read before anything slow is loaded, so that --help and a mistyped name
// answer at once. Deliberately not: preferences, which outlive one start.

#pragma once

#include "gv/machine_config.h"
#include "gv/result.h"
#include "visualizers/style.h"

#include <optional>
#include <string>
#include <vector>

namespace gv {

struct Options {
  std::string lesson;  // folder, slug or number; empty: the last one played, else the first
  std::string image;   // a machine without a lesson
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::TrapAndEmulate;
  bool present = false;
  std::optional<float> scale;
  std::optional<Theme> theme;
  std::string script;         // Lua that drives the window
  std::string screenshot;     // PNG of the first settled picture, then quit
  std::string frames_report;  // JSON with what the frames cost
  std::string state_file;     // JSON with what the window shows, rewritten whenever that changes
  std::vector<std::string> panels;
  int width = 0, height = 0;  // 0: as remembered
  std::optional<std::uint64_t> seed;
  std::optional<std::uint16_t> gdb_port;  // 0: any that is free
  bool forget = false;                    // neither read nor write preferences and progress
};

struct CommandLine {
  Options options;
  std::string help;  // not empty: print it and leave
};

// Error: one sentence that names the argument.
Result<CommandLine> read_command_line(int argc, const char* const* argv);

}  // namespace gv
