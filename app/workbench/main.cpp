// SPDX-License-Identifier: MIT
//
// main.cpp - glassvisor-workbench: options, preferences, window, loop.

#include "workbench/options.h"
#include "workbench/preferences.h"
#include "workbench/workbench.h"

#include <cstdio>

namespace {

int exit_code_of(gv::ErrorCode code) {
  switch (code) {
    case gv::ErrorCode::InvalidInput:
      return 2;
    case gv::ErrorCode::LimitReached:
      return 3;
    case gv::ErrorCode::NotAvailable:
      return 5;
    case gv::ErrorCode::Internal:
      return 70;
  }
  return 70;
}

int refuse(const gv::Error& error) {
  std::fprintf(stderr, "glassvisor-workbench: %s\n", error.message.c_str());
  return exit_code_of(error.code);
}

}  // namespace

int main(int argc, char** argv) {
  auto line = gv::read_command_line(argc, argv);
  if (!line)
    return refuse(line.error());
  if (!line->help.empty()) {
    std::fputs(line->help.c_str(), stdout);
    return 0;
  }
  gv::Preferences preferences;
  if (!line->options.forget)
    preferences = gv::load_preferences(gv::preferences_file());
  gv::Workbench workbench(line->options, preferences);
  if (auto loaded = workbench.load(); !loaded)
    return refuse(loaded.error());
  if (auto opened = workbench.open_window(); !opened)
    return refuse(opened.error());
  return workbench.run();
}
