// SPDX-License-Identifier: MIT
//
// differences.cpp - two outcomes of one program held against each other, and put into words.

#include "differential/comparison.h"
#include "x86/disassemble.h"
#include "x86/exceptions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

namespace gv {

using namespace x86;

namespace {

constexpr const char* kNames[16] = {"ax", "cx", "dx",  "bx",  "sp",  "bp",  "si",  "di",
                                    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"};

std::string text_of(const Exit& exit) {
  struct Text {
    std::string operator()(const Faulted& f) const {
      return fmt::format("fault {} error {:x} address {:x}", f.vector, f.error_code,
                         f.address.value);
    }
    std::string operator()(const SoftwareInterrupted& i) const {
      return fmt::format("int {:x}", i.vector);
    }
    std::string operator()(const PortAccessed& p) const {
      return fmt::format("{} port {:x} size {} value {:x}",
                         p.direction == Direction::Read ? "in" : "out", p.port, p.size, p.value);
    }
    std::string operator()(const CpuidExecuted&) const { return "cpuid"; }
    std::string operator()(const InvalidOpcode&) const { return "#UD"; }
    std::string operator()(const HaltExecuted&) const { return "hlt"; }
    std::string operator()(const BudgetSpent&) const { return "budget spent"; }
    std::string operator()(const MachineMemoryMissed&) const { return "no memory there"; }
    std::string operator()(const Intercepted&) const { return "intercepted"; }
    std::string operator()(const AddressReached&) const { return "address reached"; }
    std::string operator()(const MemoryTouched&) const { return "memory touched"; }
    std::string operator()(const TripleFaulted&) const { return "triple fault"; }
    std::string operator()(const InterruptWindowOpened&) const { return "interrupt window"; }
    std::string operator()(const HostInterrupted&) const { return "host interrupted"; }
    std::string operator()(const MsrAccessed& m) const { return fmt::format("msr {:x}", m.index); }
    std::string operator()(const ExecutionRefused&) const { return "execution refused"; }
    std::string operator()(const SystemCallExecuted&) const { return "system call"; }
  };
  return std::visit(Text{}, exit);
}

std::string text_of(const std::vector<Exit>& exits) {
  std::string text;
  for (const Exit& exit : exits) {
    text += (text.empty() ? "" : ", ") + text_of(exit);
  }
  return text;
}

// An instruction that reads and writes back a page that is not there: a CPU reports a write,
// Unicorn the read that it makes first. The manual leaves the order open.
std::vector<Exit> same_kind_of_access(const RandomProgram& program, const ProgramOutcome& a,
                                      const ProgramOutcome& b) {
  std::vector<Exit> exits = b.exits;
  const auto* ours = std::get_if<Faulted>(&a.exits.back());
  auto* theirs = std::get_if<Faulted>(&exits.back());
  if (ours == nullptr || theirs == nullptr) {
    return exits;
  }
  if (is_long(program.mode) && ours->vector == kStackFault &&
      theirs->vector == kGeneralProtection && a.rip == b.rip) {
    *theirs = *ours;  // known_defects_test.cpp: stack addresses that are not canonical
  }
  if (ours->vector != kPageFault) {
    return exits;
  }
  const std::uint64_t base = program.mode == ProgramMode::Real ? 0 : program.address;
  for (const std::uint32_t offset : program.modifies_at) {
    if (a.rip == base + offset && a.rip == b.rip) {
      theirs->error_code |= ours->error_code & page_fault::W;
      // Of an operand on two bad pages, either may be named.
      if (theirs->address.value - ours->address.value < 8) {
        *theirs = *ours;
      }
    }
  }
  return exits;
}

}  // namespace

std::string differences(const RandomProgram& program, const ProgramOutcome& a, const char* name_a,
                        const ProgramOutcome& b, const char* name_b) {
  static constexpr const char* kSegments[6] = {"es", "cs", "ss", "ds", "fs", "gs"};
  std::string text;
  const auto compare = [&](const char* what, auto x, auto y) {
    if (x != y) {
      text += fmt::format("  {:8} {} {:x}, {} {:x}\n", what, name_a, x, name_b, y);
    }
  };
  for (std::size_t i = 0; i < 16; ++i) {
    compare(kNames[i], a.gpr[i], b.gpr[i]);
  }
  compare("ip", a.rip, b.rip);
  compare("cr0", a.cr0, b.cr0);
  if (a.retired && b.retired) {
    compare("retired", *a.retired, *b.retired);
  }
  for (std::size_t i = 0; i < 6; ++i) {
    compare(kSegments[i], a.selectors[i], b.selectors[i]);
  }
  // Stopped between an instruction that leaves flags undefined and the masking behind it.
  std::uint32_t defined = ~0u;
  for (const auto& [offset, mask] : program.undefined_at) {
    if (a.rip == offset + (program.mode == ProgramMode::Real ? 0 : program.address)) {
      defined &= ~mask;
    }
  }
  if (std::holds_alternative<Faulted>(a.exits.back())) {
    for (const std::uint32_t offset : program.uses_flags_then_writes_at) {
      if (a.rip == offset + (program.mode == ProgramMode::Real ? 0 : program.address)) {
        defined = 0;
      }
    }
  }
  compare("eflags", a.eflags & defined, b.eflags & defined);
  if (text_of(a.exits) != text_of(same_kind_of_access(program, a, b))) {
    text += fmt::format("  exits    {} {}\n           {} {}\n", name_a, text_of(a.exits), name_b,
                        text_of(b.exits));
  }
  if (a.memory != b.memory) {
    const std::size_t n = std::min(a.memory.size(), b.memory.size());
    std::size_t at = 0;
    while (at < n && a.memory[at] == b.memory[at]) {
      ++at;
    }
    const std::size_t unit = 1 + kPageSize;
    const auto page = [&](const ProgramOutcome& o) {
      return at / unit * unit < o.memory.size() ? o.memory[at / unit * unit] : 0xff;
    };
    text += fmt::format(
        "  memory   differs in {} page {:02x} / {} page {:02x}, offset {:x}: {:02x} {:02x}\n",
        name_a, page(a), name_b, page(b), at % unit - 1, at < a.memory.size() ? a.memory[at] : 0,
        at < b.memory.size() ? b.memory[at] : 0);
  }
  return text;
}

std::string describe(const RandomProgram& p) {
  static constexpr const char* kModes[] = {"ring 0, flat", "ring 0, paged", "ring 3, paged",
                                           "real mode",    "ring 0, long",  "ring 3, long"};
  std::string text = fmt::format("{} at {:x}\n", kModes[static_cast<int>(p.mode)], p.address);
  std::size_t at = 0;
  while (at < p.bytes.size()) {
    const auto line = disassemble(p.bytes.data() + at, p.bytes.size() - at, Gva(p.address + at),
                                  p.mode == ProgramMode::Real ? CodeSize::Bits16
                                  : is_long(p.mode)           ? CodeSize::Bits64
                                                              : CodeSize::Bits32);
    std::string hex;
    for (std::size_t i = at; i < at + line.length && i < p.bytes.size(); ++i) {
      hex += fmt::format("{:02x} ", p.bytes[i]);
    }
    text += fmt::format("  {:3x}: {:30} {}\n", at, hex, line.text);
    at += line.length;
  }
  for (std::size_t i = 0; i < (is_long(p.mode) ? 16 : 8); ++i) {
    text += fmt::format("  {} {:x}", kNames[i], p.gpr[i]);
  }
  return text + fmt::format("  flags {:x}\n", p.eflags);
}

}  // namespace gv
