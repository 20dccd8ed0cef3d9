// SPDX-License-Identifier: MIT
//
// options.cpp - reads the command line with CLI11.

#include "workbench/options.h"

#include "lesson/panel_ids.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>

namespace gv {
namespace {

std::optional<Theme> theme_from_name(const std::string& name) {
  for (int i = 0; i < kThemeCount; ++i) {
    if (name == name_of(static_cast<Theme>(i)))
      return static_cast<Theme>(i);
  }
  return std::nullopt;
}

Error refused(std::string sentence) { return Error{ErrorCode::InvalidInput, std::move(sentence)}; }

}  // namespace

Result<CommandLine> read_command_line(int argc, const char* const* argv) {
  CommandLine line;
  Options& o = line.options;
  std::string technique, engine, theme, size;
  float scale = 0;
  std::uint64_t seed = 0;

  CLI::App app{"The window of Glassvisor: lessons on a hypervisor that you can see through."};
  app.name("glassvisor-workbench");
  app.add_option("LESSON", o.lesson,
                 "lesson folder, name or number (default: the last one played)");
  app.add_option("--image", o.image, "a guest to show without a lesson: a file or a guest kit");
  app.add_option("--technique", technique, "with --image: " + technique_names());
  app.add_option("--engine", engine, "with --image: " + engine_names());
  const auto* seeded = app.add_option("--seed", seed, "seed of the lesson's questions");
  app.add_option("--gdb", o.gdb_port,
                 "let gdb drive the shown machine through this port of 127.0.0.1; 0: a free one, "
                 "and stderr says which");
  app.add_flag("--present", o.present, "presenter mode: large text, answers hidden until revealed");
  const auto* scaled = app.add_option("--scale", scale, "size of everything, 1 to 4");
  app.add_option("--theme", theme, "light, dark or projector");
  app.add_option("--panel", o.panels, "show these panels, separated by commas")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--size", size, "size of the window in pixels, such as 1440x900");
  app.add_option("--script", o.script, "a Lua script that drives the window");
  app.add_option("--screenshot", o.screenshot,
                 "write one PNG and leave; with one --panel, of that panel alone");
  app.add_option("--frames-report", o.frames_report, "write what the frames cost, as JSON");
  app.add_option("--state-file", o.state_file, "keep a JSON file of what the window shows");
  app.add_flag("--forget", o.forget, "neither read nor write preferences and progress");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    line.help = app.help();
    return line;
  } catch (const CLI::ParseError& error) {
    return refused(std::string(error.what()) + "; --help lists the options");
  }

  if (!technique.empty()) {
    auto found = technique_from_name(technique);
    if (!found)
      return found.error();
    o.technique = *found;
  }
  if (!engine.empty()) {
    auto found = engine_from_name(engine);
    if (!found)
      return found.error();
    o.engine = *found;
  }
  if (!theme.empty()) {
    o.theme = theme_from_name(theme);
    if (!o.theme)
      return refused("unknown theme '" + theme + "': choose light, dark or projector");
  }
  if (scaled->count() > 0) {
    if (!(scale >= 1.0F && scale <= 4.0F))
      return refused("--scale must lie between 1 and 4");
    o.scale = scale;
  }
  if (seeded->count() > 0)
    o.seed = seed;
  if (!size.empty()) {
    char rest = 0;
    if (std::sscanf(size.c_str(), "%dx%d%c", &o.width, &o.height, &rest) != 2 || o.width < 320 ||
        o.height < 200 || o.width > 16384 || o.height > 16384) {
      return refused("--size '" + size + "' is not WIDTHxHEIGHT, from 320x200 to 16384x16384");
    }
  }
  for (const std::string& id : o.panels) {
    if (!is_panel_id(id) || id.find('/') != std::string::npos) {
      std::string names;
      for (const auto known : kPanelIds)
        names += (names.empty() ? "" : ", ") + std::string(known);
      return refused("unknown panel '" + id + "': the panels are " + names);
    }
  }
  if (!o.image.empty() && !o.lesson.empty()) {
    return refused("give either a lesson or --image, not both");
  }
  return line;
}

}  // namespace gv
