// SPDX-License-Identifier: MIT

#include "differential/kvm_defects.h"

#include "x86/decode.h"

#include <algorithm>

namespace gv {

using namespace x86;

namespace {

// The opcode behind the prefixes.
std::uint8_t opcode_of(const std::uint8_t* bytes, std::size_t length) {
  for (std::size_t i = 0; i < length; ++i) {
    switch (bytes[i]) {
      case 0x26:
      case 0x2e:
      case 0x36:
      case 0x3e:
      case 0x64:
      case 0x65:
      case 0x66:
      case 0x67:
      case 0xf0:
      case 0xf2:
      case 0xf3:
        break;
      default:
        return bytes[i];
    }
  }
  return 0;
}

CodeSize code_size_of(ProgramMode mode) {
  return mode == ProgramMode::Real ? CodeSize::Bits16
         : is_long(mode)           ? CodeSize::Bits64
                                   : CodeSize::Bits32;
}

}  // namespace

std::string_view known_to_differ(const RandomProgram& program) {
  constexpr std::uint8_t kEnter = 0xc8, kInt = 0xcd, kAam = 0xd4, kAad = 0xd5;
  const bool real = program.mode == ProgramMode::Real;
  const auto& bytes = program.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint8_t* here = bytes.data() + at;
    const Instruction what = decode(here, bytes.size() - at, code_size_of(program.mode));
    if (!what.valid) {
      ++at;
      continue;
    }
    const std::uint8_t opcode = opcode_of(here, what.length);
    const bool other_size = here[0] == 0x66;
    if (opcode == kEnter && other_size) {
      return "ENTER whose operands are not of the stack's size";
    }
    if (opcode == kInt && real && what.vector >= 0x80) {
      return "INT 80h and above in real mode";
    }
    if (opcode == kInt && !real &&
        std::find(kTakenVectors.begin(), kTakenVectors.end(), what.vector) != kTakenVectors.end()) {
      return "a vector of protected mode that the emulator keeps for itself";
    }
    if (opcode == kAam || opcode == kAad) {
      return "AAM and AAD";
    }
    if (what.mnemonic == Mnemonic::PushSegment && what.operand_size == 32) {
      return "PUSH of a segment register as four bytes";
    }
    at += what.length;
  }
  return {};
}

bool known_to_hang(const RandomProgram& program, const ProgramOutcome& on_kvm) {
  const bool real = program.mode == ProgramMode::Real;
  const std::uint64_t at = on_kvm.rip - (real ? program.address & 15 : program.address);
  if (!std::holds_alternative<HostInterrupted>(on_kvm.exits.back()) || at >= program.bytes.size()) {
    return false;
  }
  const Instruction what =
      decode(program.bytes.data() + at, program.bytes.size() - at, code_size_of(program.mode));
  return what.mnemonic == Mnemonic::Sgdt || what.mnemonic == Mnemonic::Sidt;
}

}  // namespace gv
