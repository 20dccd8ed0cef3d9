// SPDX-License-Identifier: MIT
//
// interpreter_state.h - what the interpreter engine's source files share.
//
// Private to interpreter_engine.cpp (running), interpreter_registers.cpp
// (register access) and instruction_record.cpp.

#pragma once

#include "engine/interpreter/block_cache.h"
#include "engine/interpreter/cpu.h"
#include "engine/interpreter/interpreter_engine.h"

#include <array>
#include <optional>
#include <vector>

namespace gv {

struct InterpreterEngine::State {
  State(MachineMemory& memory, P2m seen)
      : code(memory.frames()), cpu(memory, std::move(seen), code) {}

  interpreter::BlockCache code;
  interpreter::Cpu cpu;
  std::optional<MonitorPages> monitor;
  std::vector<std::uint64_t> watched;
  std::uint64_t watch_passed = ~std::uint64_t{0};  // the count at which a watch has been reported
  std::uint64_t watch_passed_at = 0;               // its address: what is emulated is not counted
  const CodeMap* map = nullptr;                    // where code is not the guest's
  // The instruction that ran last, where it was to be examined.
  struct Examined {
    InstructionRecord record;
    std::array<std::uint64_t, interpreter::kRegisterSlots> before{};
  };
  Examination examination = Examination::Off;
  std::optional<Examined> examined;
  bool stopped_short = false;             // at an exact stop where no asynchronous event may come
  interpreter::Operation port_operation;  // waits for the port's answer
  std::array<std::optional<std::uint16_t>, kSegmentCount> selectors{};  // pending loads

  void apply_pending();
  // Reads a descriptor as the CPU at ring 0 would, and believes it without checks.
  void load_unchecked(SegmentName name, std::uint16_t selector);

  // Empty: nothing waits for a port. Otherwise the instruction is completed.
  std::optional<Exit> finish_port(std::uint32_t reply);
  // Runs up to the targets, or to an exit.
  std::optional<Exit> run_some(const Entry& entry);
  // At most `most` operations. Empty: go on.
  std::optional<Exit> run_operations(const interpreter::Operation* operations, std::uint32_t most);
  std::optional<Exit> run_across_pages();
  bool watch_ahead(std::uint64_t linear, std::uint32_t bytes) const;
  // Whether the guest's registers are whole: not within a translated instruction.
  bool interruptible_here() const;
  // The guest's instruction that comes next.
  Gva guest_here(const std::optional<CodeMap::Step>& step) const;
  bool watched_here(const std::optional<CodeMap::Step>& step) const;
  // What the code map says of the next instruction; empty where it is the guest's own.
  std::optional<CodeMap::Step> step_here() const;
};

}  // namespace gv
