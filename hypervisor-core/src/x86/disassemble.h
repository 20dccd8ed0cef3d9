// SPDX-License-Identifier: MIT
//
// disassemble.h - one instruction as Intel-syntax text.
//
// For people and transcripts; programs ask decode.h instead of parsing text.
// Threads: pure functions.

#pragma once

#include "gv/address.h"
#include "x86/decode.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace gv::x86 {

// Names an address ("switch_to+0x12"), or returns an empty string.
using Symbolizer = std::function<std::string(Gva)>;

struct Disassembly {
  std::string text;         // "mov cr3, eax"; "(bad)" when the bytes are no instruction
  std::uint8_t length = 1;  // at least 1, so that a listing always moves on
  bool valid = false;
};

// Branch targets and absolute addresses become symbols where the symbolizer knows them.
Disassembly disassemble(const std::uint8_t* bytes, std::size_t available, Gva address,
                        CodeSize code_size, const Symbolizer& symbolizer = {});

}  // namespace gv::x86
