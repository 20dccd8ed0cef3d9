// SPDX-License-Identifier: MIT
//
// main.cpp - glassvisor-grade-worker, the process that holds a submission.
//
// Started by the grader alone; people have no use for it. A program of its own,
// so that what a submission can reach is small and the same for every front end.

#include "grader/assembler.h"
#include "grader/message.h"
#include "grader/player.h"

#include <cstdio>
#include <string>
#include <vector>

// Looking for leaks at the end takes a process of its own, which the sandbox takes for an attack.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (!arguments.empty() && arguments[0] == "play")
    return gv::play(gv::kChannelDescriptor);
  if (arguments.size() >= 3 && arguments[0] == "tool") {
    return gv::become_tool(arguments[1], {arguments.begin() + 2, arguments.end()});
  }
  std::fputs("glassvisor-grade-worker: it is started by `glassvisor grade`, not by hand\n", stderr);
  return 2;
}
