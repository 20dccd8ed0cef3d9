// SPDX-License-Identifier: MIT
//
// xl_create.h - a host with the domains of some xl configurations, run to its end.
//
// There is no host yet that goes on beside this process: the host lives as long as the command.
// Threads: the main one.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

struct XlCreateOptions {
  std::vector<std::string> files;
  std::string engine = "unicorn", scheduler = "credit";
  std::string console;  // a domain's name; empty: the first one
  std::string until, trace;
  std::uint64_t most_instructions = 0;
  double timeout_seconds = 0;
  bool json = false;
};

// The command's exit code: 0 when every domain has powered off or asked for a reboot.
int xl_create(const XlCreateOptions& options);

}  // namespace gv
