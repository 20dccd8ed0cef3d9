// SPDX-License-Identifier: MIT
//
// `glassvisor doctor`: what can be had on this machine, and what is missing.

#include "cli/commands.h"
#include "gv/machine_config.h"
#include "lesson/paths.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>

namespace gv {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

// Whether the program is in a folder of PATH.
bool is_on_path(const std::string& program) {
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  while (!folders.empty()) {
    const std::size_t colon = folders.find(':');
    const std::string folder = folders.substr(0, colon);
    if (access((folder + "/" + program).c_str(), X_OK) == 0)
      return true;
    folders = colon == std::string::npos ? "" : folders.substr(colon + 1);
  }
  return false;
}

nlohmann::json engines() {
  constexpr std::array kEngines = {EngineKind::Unicorn, EngineKind::Kvm, EngineKind::Interpreter};
  constexpr std::array kTechniques = {
      TechniqueKind::BareMetal,      TechniqueKind::Interpretation,
      TechniqueKind::TrapAndEmulate, TechniqueKind::BinaryTranslation,
      TechniqueKind::Paravirtual,    TechniqueKind::HardwareAssisted};
  nlohmann::json all = nlohmann::json::array();
  for (const EngineKind engine : kEngines) {
    for (const TechniqueKind technique : kTechniques) {
      const auto available = check_available(engine, technique);
      all.push_back({{"engine", std::string(name_of(engine))},
                     {"technique", std::string(name_of(technique))},
                     {"title", title_of(engine, technique)},
                     {"available", available.has_value()},
                     {"why", available ? "" : available.error().message}});
    }
  }
  return all;
}

nlohmann::json examine() {
  nlohmann::json kits = nlohmann::json::array(), lessons = nlohmann::json::array();
  for (const char* name :
       {"tinykernel", "tinykernel64", "sensitive17", "nanobench", "forkwait", "bootsector"}) {
    if (find_kit(name))
      kits.push_back(name);
  }
  for (const std::string& folder : lesson_folders()) {
    lessons.push_back(fs::path(folder).filename().string());
  }
  const char* display = std::getenv("DISPLAY");
  const char* wayland = std::getenv("WAYLAND_DISPLAY");
  const bool fonts = is_there("/usr/share/fonts/opentype/inter") ||
                     is_there("/usr/share/fonts/truetype/inter") ||
                     is_there("/usr/share/fonts/truetype/dejavu");
  return {{"version", GV_VERSION},
          {"engines", engines()},
          {"kvm", access("/dev/kvm", R_OK | W_OK) == 0 ? "readable"
                  : is_there("/dev/kvm")               ? "no permission"
                                                       : "absent"},
          {"display", display != nullptr && *display != '\0'   ? display
                      : wayland != nullptr && *wayland != '\0' ? wayland
                                                               : ""},
          {"fonts", fonts},
          {"workbench", is_there(program_folder() / "glassvisor-workbench")},
          {"nasm", is_on_path("nasm")},
          {"kits", kits},
          {"lessons", lessons}};
}

std::string joined(const nlohmann::json& names) {
  std::string all;
  for (const auto& name : names)
    all += (all.empty() ? "" : ", ") + name.get<std::string>();
  return all.empty() ? "none" : all;
}

int doctor(bool json) {
  const nlohmann::json found = examine();
  if (json) {
    fmt::print("{}\n", found.dump(2));
    return kDone;
  }
  fmt::print("glassvisor {}\n\n", GV_VERSION);
  for (const auto& pair : found["engines"]) {
    if (pair["available"].get<bool>()) {
      fmt::print("  yes  {}\n", pair["title"].get<std::string>());
    }
  }
  for (const auto& pair : found["engines"]) {
    if (!pair["available"].get<bool>())
      fmt::print("  no   {}\n", pair["why"].get<std::string>());
  }
  const auto line = [](const char* what, const std::string& value) {
    fmt::print("{:<12}{}\n", what, value);
  };
  fmt::print("\n");
  line("/dev/kvm", found["kvm"].get<std::string>());
  const std::string display = found["display"].get<std::string>();
  line("display", display.empty() ? "none: lessons play headless, with glassvisor run" : display);
  line("fonts", found["fonts"].get<bool>() ? "found" : "missing: the set-up script installs them");
  line("workbench", found["workbench"].get<bool>() ? "beside this program" : "not built");
  line("nasm", found["nasm"].get<bool>() ? "found" : "missing: exercises in NASM cannot be graded");
  line("guest kits", joined(found["kits"]));
  line("lessons", joined(found["lessons"]));
  return kDone;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("doctor", "What can be had on this machine, and what is missing");
  command->add_flag("--json", *json, "Print it as JSON");
  command->callback([json, &exit_code] { exit_code = doctor(*json); });
}

}  // namespace gv
