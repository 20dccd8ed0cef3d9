// SPDX-License-Identifier: MIT
//
// main.cpp - glassvisor, the headless program: chooses a command.

#include "cli/commands.h"

#include <cstdio>
#include <exception>

namespace gv {

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::InvalidInput:
      return kUnusableInput;
    case ErrorCode::LimitReached:
      return kLimitReached;
    case ErrorCode::NotAvailable:
      return kNotAvailable;
    case ErrorCode::Internal:
      return kInternalError;
  }
  return kInternalError;
}

int exit_code_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
    case Verdict::Skip:
      return kDone;
    case Verdict::Fail:
      return kCheckFailed;
    case Verdict::Error:
      return kUnusableInput;
    case Verdict::Timeout:
      return kLimitReached;
    case Verdict::Crash:
      return kGuestCrashed;
  }
  return kInternalError;
}

int refuse(const Error& error) {
  std::fprintf(stderr, "glassvisor: %s\n", error.message.c_str());
  return exit_code_of(error);
}

}  // namespace gv

namespace {

int run(int argc, char** argv) {
  CLI::App app(
      "Glassvisor: a hypervisor you can see through. Runs x86 guests, lessons and graders\n"
      "without a window; `glassvisor workbench` opens the window.");
  app.name("glassvisor");
  app.set_version_flag("--version", "glassvisor " GV_VERSION);
  app.require_subcommand(1);
  app.fallthrough(false);
  app.footer(
      "Examples:\n"
      "  glassvisor boot tinykernel\n"
      "  glassvisor boot tinykernel --technique bare-metal --json\n"
      "  glassvisor run 01 --report lesson.html\n"
      "  glassvisor lesson list\n"
      "  glassvisor cluster simulate --generate 1000\n\n"
      "Exit codes: 0 done, 1 a check failed, 2 usage or unreadable input, 3 budget or time ran "
      "out,\n"
      "4 the guest crashed, 5 engine or technique not available here, 70 internal error.");
  int exit_code = gv::kDone;
  gv::add_boot(app, exit_code);
  gv::add_run(app, exit_code);
  gv::add_lesson(app, exit_code);
  gv::add_grade(app, exit_code);
  gv::add_host(app, exit_code);
  gv::add_xl(app, exit_code);
  gv::add_trace(app, exit_code);
  gv::add_doctor(app, exit_code);
  gv::add_cluster(app, exit_code);
  gv::add_bench(app, exit_code);
  gv::add_workbench(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& mistake) {
    std::fprintf(stderr, "glassvisor: %s; see glassvisor --help\n", mistake.what());
    return gv::kUnusableInput;
  }
  if (std::fflush(stdout) != 0 && exit_code == gv::kDone) {
    std::fprintf(stderr, "glassvisor: the result could not be written to stdout\n");
    return gv::kUnusableInput;
  }
  return exit_code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& trouble) {
    std::fprintf(stderr, "glassvisor: internal error: %s\n", trouble.what());
    return gv::kInternalError;
  }
}
