// SPDX-License-Identifier: MIT
//
// machine_run.h - a run as a list of exits, each with what the hypervisor did.
//
// Used on both sides of the sandbox: in the grader for runs of our own guests,
// in the contained process for a guest that a student wrote. The list is read
// from the events of the run; the registers at each exit come from a breakpoint
// that never stops. Budgets are instructions and exits; host time is a safety net.

#pragma once

#include "gv/result.h"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>

namespace gv {

struct RunRequest {
  std::string engine = "unicorn";
  std::string technique = "trap-and-emulate";
  std::uint64_t memory_mib = 8;
  std::uint64_t seed = 0;
  std::uint64_t instructions = 2'000'000;
  std::uint64_t exits = 5'000;         // the run stops at this one
  std::uint64_t console_bytes = 4096;  // of the console text are kept
  std::uint64_t milliseconds = 60'000;
  std::string command_line;
  bool flat = false;  // a flat image, whatever its bytes look like
};
nlohmann::json to_json(const RunRequest& request);
// Fields that are missing or of another type keep their default; sizes are bounded.
RunRequest run_request_from(const nlohmann::json& json);

// {ended, text, code, retired, cycles, console, exits = [...], log_hash}. `ended` is the name of
// the stop cause; "exit-limit" when there were more exits than asked for.
// An exit: {reason, mnemonic, from, cpl, iopl, interrupts, retired, at, length, and, where they
// mean something, port, size, direction, vector, error_code, address, register_number, allowed},
// answered by {did, delivered, to, cost}.
Result<nlohmann::json> run_machine(const RunRequest& request, const std::string& name,
                                   const std::string& image);

}  // namespace gv
