// SPDX-License-Identifier: MIT
//
// decoder.h - from an instruction's bytes to an Operation.
//
// Our own reading of the opcode maps, independent of Zydis: the differential
// tests compare the two, and the record of an instruction's fields comes from
// here. Integer instructions and the privileged set, for 16-, 32- and 64-bit
// code; everything else decodes to #UD.
//
// Pure functions. Source: SDM vol. 2A, "Instruction Format"; vol. 2D, "Opcode Map".

#pragma once

#include "engine/interpreter/operation.h"
#include "gv/instruction_record.h"
#include "x86/decode.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace gv::interpreter {

using Encoding = InstructionEncoding;

struct Decoded {
  Operation operation;
  Encoding encoding;
  bool needs_more_bytes = false;  // `available` ended inside the instruction
};

// Always gives an operation that can be executed: bytes that are no instruction raise #UD,
// and one longer than fifteen bytes #GP.
Decoded decode(const std::uint8_t* bytes, std::size_t available, x86::CodeSize size);

}  // namespace gv::interpreter
