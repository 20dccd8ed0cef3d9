// SPDX-License-Identifier: MIT
//
// sandbox.h - how a process gives up what a submission must not have.
//
// Called by the contained process itself, before it looks at a submission. What
// is given up cannot be taken back: no new privileges, a system-call allow-list
// (seccomp), and for the assembler a file-system allow-list (Landlock). The
// limits and namespaces that only a parent can set are in contained_process.h.
//
// A call on the allow-list works, a harmless one outside it fails with EPERM,
// and one that could only be an attack (a new process, a socket, a signal to
// another process) ends the process, so that the attack is seen and named.

#pragma once

#include "gv/result.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

enum class SandboxProfile : std::uint8_t {
  Script,     // Lua only: memory and the channel
  Machine,    // and a simulated machine: threads, and memory that can be executed
  Assembler,  // reads the tool's own files, writes one folder, may start the tool
};

// REQUIRES: for Assembler, call confine_files first; seccomp then forbids to do so.
Result<void> enter_sandbox(SandboxProfile profile);

// From here on files can be read below `readable` and changed below `writable` only.
// Error NotAvailable: this kernel has no Landlock.
Result<void> confine_files(const std::vector<std::string>& readable,
                           const std::vector<std::string>& writable);

}  // namespace gv
