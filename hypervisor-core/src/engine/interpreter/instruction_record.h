// SPDX-License-Identifier: MIT
//
// instruction_record.h - one instruction taken apart: what a microscope shows of it.
//
// Fetch, decode, addresses, walks, execution, flags, write back: what each step
// worked on and what it gave. Made from the run itself by comparing the CPU
// before and after, so that the record cannot tell another story than the run.
//
// A plain value.

#pragma once

#include "engine/interpreter/decoder.h"
#include "gv/exit.h"
#include "gv/page_walk.h"
#include "gv/registers.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gv::interpreter {

// The place that a memory operand names, and how its address came about.
struct MemoryAccessRecord {
  SegmentName segment = SegmentName::Ds;
  std::uint64_t segment_base = 0;
  std::optional<Gpr> base, index;
  bool rip_relative = false;
  std::uint64_t base_value = 0, index_value = 0;
  std::uint8_t scale = 1;
  std::int64_t displacement = 0;
  std::uint64_t offset = 0;  // base + index * scale + displacement, cut to the address size
  Gva linear;                // segment base + offset
  PageWalk walk;             // before the instruction ran: A and D bits as it found them
  std::uint64_t before = 0, after = 0;  // up to eight bytes there
  std::uint8_t bytes = 0;
};

struct RegisterChange {
  Gpr which = Gpr::Ax;
  std::uint64_t before = 0, after = 0;
};

struct InstructionRecord {
  Gva address;
  std::array<std::uint8_t, x86::kLongestInstruction> bytes{};
  std::uint8_t length = 0;
  PageWalk fetch_walk;
  Encoding encoding;
  std::string text;  // as a disassembler writes it
  std::optional<MemoryAccessRecord> memory;
  std::vector<RegisterChange> changes;
  std::uint64_t flags_before = 0, flags_after = 0;
  std::uint64_t rip_before = 0, rip_after = 0;
  bool completed = false;  // false: it faulted, or waits for a port
  Exit exit = BudgetSpent{};
};

}  // namespace gv::interpreter
