// SPDX-License-Identifier: MIT
//
// comparison.h - one program on one engine, from the same start to what it left.
//
// Everything a guest could see is in the outcome: registers, flags, selectors,
// the exits in their order, the number of retired instructions, and memory.

#pragma once

#include "differential/random_program.h"
#include "engine/vcpu_engine.h"
#include "gv/exit.h"
#include "gv/machine_config.h"
#include "memory/machine_memory.h"

#include <memory>
#include <string>
#include <vector>

namespace gv {

struct ProgramOutcome {
  std::uint32_t gpr[8] = {};
  std::uint32_t eip = 0, eflags = 0, cr0 = 0;
  std::uint16_t selectors[kSegmentCount] = {};
  std::uint64_t retired = 0;
  std::vector<Exit> exits;
  std::vector<std::uint8_t> memory;  // of the pages that were changed, each after its number
};

// The bytes of the arena before any program runs: tables, random data, page tables.
std::vector<std::uint8_t> fresh_arena();

// An engine with memory of its own, that programs run on one after another.
class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;
  virtual ProgramOutcome run(const RandomProgram& program) = 0;
};
std::unique_ptr<ProgramRunner> make_runner(EngineKind engine);

// Empty when they are equal, else what differs, one line each.
std::string differences(const RandomProgram& program, const ProgramOutcome& a, const char* name_a,
                        const ProgramOutcome& b, const char* name_b);
// Mode, bytes, disassembly and registers at the start.
std::string describe(const RandomProgram& program);

}  // namespace gv
