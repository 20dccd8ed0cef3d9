// SPDX-License-Identifier: MIT
//
// encoding_view.h - an instruction's bytes as named fields, and these as bits.
//
// Says what each bit field of a prefix, REX, ModRM or SIB byte stands for in this
// instruction. The fields are the core's record; only their bits are read here.
//
// Pure: no ImGui. Source: SDM vol. 2A, "Instruction Format".

#pragma once

#include "gv/instruction_record.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

enum class EncodingPart : std::uint8_t {
  Prefixes,
  Rex,
  Opcode,
  ModRm,
  Sib,
  Displacement,
  Immediate
};

struct BitGroup {
  std::string bits;     // "01", or hexadecimal where the bits are a number
  std::string caption;  // "mod: 8-bit displacement"
};

struct FieldView {
  EncodingPart part = EncodingPart::Opcode;
  std::string_view name, short_name;  // "ModRM", "rm"
  std::size_t first = 0, count = 0;   // bytes
  std::vector<BitGroup> groups;
};

// In the order of the bytes. Empty where there is no instruction.
std::vector<FieldView> make_encoding_view(const InstructionRecord& record);

// "eax", "r8w"; `bytes` is 1, 2, 4 or 8.
std::string register_name(Gpr which, int bytes);
std::string_view segment_name(SegmentName which);  // "DS"
// "+0x8", "-0x10"
std::string signed_hex_text(std::int64_t value);

}  // namespace gv
