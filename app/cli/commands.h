// SPDX-License-Identifier: MIT
//
// commands.h - the commands of `glassvisor`, one function each.
//
// Each adds its command to the command line; when it was chosen, it runs and
// leaves the exit code. Results go to stdout, our own words to stderr.

#pragma once

#include "gv/result.h"
#include "lesson/verdict.h"

#include <CLI/CLI.hpp>

#include <string>

namespace gv {

enum ExitCode : int {
  kDone = 0,
  kCheckFailed = 1,
  kUnusableInput = 2,
  kLimitReached = 3,
  kGuestCrashed = 4,
  kNotAvailable = 5,
  kInternalError = 70,
};

int exit_code_of(const Error& error);
int exit_code_of(Verdict verdict);
// Says the sentence on stderr and returns the code.
int refuse(const Error& error);

void add_doctor(CLI::App& app, int& exit_code);
void add_boot(CLI::App& app, int& exit_code);
void add_run(CLI::App& app, int& exit_code);
void add_grade(CLI::App& app, int& exit_code);
void add_lesson(CLI::App& app, int& exit_code);
void add_host(CLI::App& app, int& exit_code);
void add_xl(CLI::App& app, int& exit_code);
void add_trace(CLI::App& app, int& exit_code);
void add_cluster(CLI::App& app, int& exit_code);
void add_bench(CLI::App& app, int& exit_code);
void add_workbench(CLI::App& app, int& exit_code);

}  // namespace gv
