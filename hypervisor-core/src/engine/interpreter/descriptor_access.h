// SPDX-License-Identifier: MIT
//
// descriptor_access.h - finding descriptors, and putting them into segment registers.
//
// The checks that all loads share: table limits, the accessed bit, what a load
// of a data or stack segment allows. Task switches are not modelled: a
// selector that names a TSS or a task gate raises #GP.
//
// Source: SDM vol. 3A, "Segment Descriptors", "Privilege Checking for ...".

#pragma once

#include "engine/interpreter/cpu.h"
#include "x86/descriptor.h"

#include <cstdint>

namespace gv::interpreter {

// What exceptions say of a selector that is to blame.
constexpr std::uint32_t blame(std::uint16_t selector) { return selector & 0xfffcu; }

// A selector whose descriptor has been read.
struct Described {
  std::uint16_t selector = 0;
  std::uint64_t raw = 0, upper = 0;  // upper: of a system descriptor in long mode
  x86::Descriptor descriptor{};
};

// Whether the table holds it; reads it at supervisor level. False after a page fault or, with
// `vector` and the selector as error code, when it lies beyond the limit.
bool find_descriptor(Cpu& cpu, std::uint16_t selector, std::uint8_t vector, Described& out);
// The same without blame: `found` says whether it is there. False only after a page fault.
bool look_up_descriptor(Cpu& cpu, std::uint16_t selector, Described& out, bool& found);
// Long mode's system descriptors are sixteen bytes: reads the other eight.
bool read_upper_half(Cpu& cpu, Described& described);
// Marks it accessed in memory if it is not yet.
bool mark_accessed(Cpu& cpu, Described& described);

// MOV, POP, LDS ...: any segment but CS, with all checks of the mode.
bool load_segment(Cpu& cpu, SegmentName name, std::uint16_t selector);
// SS for a new CPL: from a return frame, or (vector #TS) from the TSS.
bool check_stack_segment(Cpu& cpu, std::uint16_t selector, int cpl, std::uint8_t vector,
                         Described& out);
void put_segment(Cpu& cpu, SegmentName name, const Described& described);
void put_null_segment(Cpu& cpu, SegmentName name, std::uint16_t selector);
void put_real_mode_segment(Cpu& cpu, SegmentName name, std::uint16_t selector);
// CS and the privilege level that its selector carries.
void put_code_segment(Cpu& cpu, const Described& described, int cpl);
// After a return to an outer ring: data segments that it may not use become null.
void drop_inner_segments(Cpu& cpu);

}  // namespace gv::interpreter
