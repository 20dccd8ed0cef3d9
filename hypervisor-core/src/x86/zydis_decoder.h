// SPDX-License-Identifier: MIT
//
// zydis_decoder.h - Zydis decoders set up for a code size.
//
// Private to this folder: only decode.cpp and disassemble.cpp include it.

#pragma once

#include "x86/decode.h"

#include <Zydis/Zydis.h>

namespace gv::x86 {

// Minimal decoders find length and mnemonic only and cost half as much.
enum class DecoderDetail { Minimal, Full };

const ZydisDecoder& zydis_decoder(CodeSize code_size, DecoderDetail detail);

}  // namespace gv::x86
