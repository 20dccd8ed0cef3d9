// SPDX-License-Identifier: MIT

#include "differential/kvm_defects.h"

#include "x86/decode.h"
#include "x86/exceptions.h"

#include <algorithm>

namespace gv {

using namespace x86;

namespace {

// The opcode behind the prefixes.
std::uint8_t opcode_of(const std::uint8_t* bytes, std::size_t length, bool long_mode) {
  constexpr std::uint8_t kRex = 0x40, kRexMask = 0xf0;
  for (std::size_t i = 0; i < length; ++i) {
    if (long_mode && (bytes[i] & kRexMask) == kRex) {
      continue;
    }
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

// REX is the last of the prefixes, where there is one.
bool has_rex_r_or_w(const std::uint8_t* bytes, std::size_t length) {
  constexpr std::uint8_t kRex = 0x40, kRexMask = 0xf0, kRAndW = 0x0c;
  for (std::size_t i = 0; i + 1 < length; ++i) {
    if ((bytes[i + 1] == 0x8c || bytes[i + 1] == 0x8e) && (bytes[i] & kRexMask) == kRex &&
        (bytes[i] & kRAndW) != 0) {
      return true;
    }
  }
  return false;
}

CodeSize code_size_of(ProgramMode mode) {
  return mode == ProgramMode::Real ? CodeSize::Bits16
         : is_long(mode)           ? CodeSize::Bits64
                                   : CodeSize::Bits32;
}

}  // namespace

std::string_view known_to_differ(const RandomProgram& program) {
  constexpr std::uint8_t kEnter = 0xc8, kInt = 0xcd, kAam = 0xd4, kAad = 0xd5,
                         kMovFromSegment = 0x8c, kMovToSegment = 0x8e;
  const bool real = program.mode == ProgramMode::Real;
  const auto& bytes = program.bytes;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::uint8_t* here = bytes.data() + at;
    const Instruction what = decode(here, bytes.size() - at, code_size_of(program.mode));
    if (!what.valid) {
      ++at;
      continue;
    }
    const std::uint8_t opcode = opcode_of(here, what.length, is_long(program.mode));
    const bool other_size = std::find(here, here + what.length, 0x66) != here + what.length;
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
    if (is_long(program.mode) && (opcode == kMovFromSegment || opcode == kMovToSegment) &&
        has_rex_r_or_w(here, what.length)) {
      return "MOV of a segment register with REX.R or REX.W";
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

std::string_view known_to_differ(const RandomProgram& program, const ProgramOutcome& ours,
                                 const ProgramOutcome& on_kvm) {
  constexpr std::uint8_t kCmpsByte = 0xa6, kCmps = 0xa7;
  const auto* here = std::get_if<Faulted>(&ours.exits.back());
  const auto* there = std::get_if<Faulted>(&on_kvm.exits.back());
  const std::uint64_t at = ours.rip - program.address;
  if (!is_long(program.mode) || here == nullptr || there == nullptr || ours.rip != on_kvm.rip ||
      at >= program.bytes.size()) {
    return {};
  }
  const std::uint8_t* bytes = program.bytes.data() + at;
  const Instruction what = decode(bytes, program.bytes.size() - at, CodeSize::Bits64);
  const std::uint8_t opcode = opcode_of(bytes, what.length, true);
  if (here->vector == kGeneralProtection && there->vector == kStackFault &&
      std::find(bytes, bytes + what.length, 0x36) != bytes + what.length) {
    return "an override by SS, which 64-bit code does not have";
  }
  if (opcode == kCmps || opcode == kCmpsByte) {
    return "which of its two operands CMPS reads first";
  }
  if (here->vector == kPageFault && there->vector == kPageFault &&
      (here->error_code & page_fault::W) != 0 && here->address.page_offset() == 0) {
    return "a write whose second page refuses it";
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
