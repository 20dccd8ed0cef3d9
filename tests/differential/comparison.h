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
#include <optional>
#include <string>
#include <vector>

namespace gv {

struct ProgramOutcome {
  std::uint64_t gpr[16] = {};
  std::uint64_t rip = 0;
  std::uint32_t eflags = 0, cr0 = 0;
  std::uint16_t selectors[kSegmentCount] = {};
  std::optional<std::uint64_t> retired;  // empty where nobody counts
  std::vector<Exit> exits;
  std::vector<std::uint8_t> memory;  // of the pages that were changed, each after its number
  // KVM alone: instructions that it left to the assist, by their mnemonics.
  std::vector<std::string> refused;
  // The exception has no memory for its frame, so that a CPU that delivers comes elsewhere.
  bool frame_missing = false;
};

// The bytes of the arena before any program runs: tables, random data, page tables.
std::vector<std::uint8_t> fresh_arena();

// An engine with memory of its own, that programs run on one after another.
class ProgramRunner {
 public:
  virtual ~ProgramRunner() = default;
  virtual ProgramOutcome run(const RandomProgram& program) = 0;
};
// KVM delivers exceptions itself: what its frames overwrite on the stack is cleared there, and has
// to be on the engine that it is compared with.
enum class Frames : std::uint8_t { NotPushed, Cleared };
std::unique_ptr<ProgramRunner> make_runner(EngineKind engine, Frames frames = Frames::NotPushed);
std::unique_ptr<ProgramRunner> make_kvm_runner();  // REQUIRES: KvmEngine::check()

// Pages that are no longer as they were go to the outcome, and become so again. Returns whether
// code was among them.
bool collect_memory(MachineMemory& memory, const std::vector<std::uint8_t>& fresh,
                    ProgramOutcome& outcome);
// Clears the bytes that the frame of the last exit's exception takes below the outcome's ESP.
void clear_frame(const RandomProgram& program, MachineMemory& memory, ProgramOutcome& outcome);
// Sets D in every entry of the page tables, there and as they were: a CPU that pushes a frame marks
// one more page than the program has written to.
void mark_all_dirty(MachineMemory& memory, std::vector<std::uint8_t>& fresh);
constexpr bool is_paged(ProgramMode mode) {
  return mode == ProgramMode::Ring0Paged || mode == ProgramMode::Ring3Paged || is_long(mode);
}

// Empty when they are equal, else what differs, one line each.
std::string differences(const RandomProgram& program, const ProgramOutcome& a, const char* name_a,
                        const ProgramOutcome& b, const char* name_b);
// Mode, bytes, disassembly and registers at the start.
std::string describe(const RandomProgram& program);

}  // namespace gv
