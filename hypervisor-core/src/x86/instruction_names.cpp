// SPDX-License-Identifier: MIT
//
// instruction_names.cpp - names and kinds of the instructions in gv/instruction.h.
//
// SensitiveUnprivileged follows the list of Robin and Irvine (USENIX Security
// 2000), which names MOV, PUSH and POP of segment registers, far control
// transfers and INT n besides the obvious ones. IRET is added: like POPF it
// drops a change of IF without a word when CPL > IOPL.

#include "gv/instruction.h"

#include <array>

namespace gv {
namespace {

constexpr auto P = SensitiveKind::Privileged;
constexpr auto U = SensitiveKind::SensitiveUnprivileged;
constexpr auto I = SensitiveKind::Innocuous;

struct MnemonicRow {
  Mnemonic mnemonic;
  std::string_view name;
  SensitiveKind kind;
};

// CLI, STI, IN and OUT trap only when CPL > IOPL. No technique here gives a guest IOPL, so they
// count as privileged. RDTSC traps only under CR4.TSD and reads no privileged state.
constexpr std::array kRows = std::to_array<MnemonicRow>({
    {Mnemonic::Other, "other", I},
    {Mnemonic::Cli, "cli", P},
    {Mnemonic::Sti, "sti", P},
    {Mnemonic::Hlt, "hlt", P},
    {Mnemonic::MovToCr, "mov cr", P},
    {Mnemonic::MovFromCr, "mov from cr", P},
    {Mnemonic::MovToDr, "mov dr", P},
    {Mnemonic::MovFromDr, "mov from dr", P},
    {Mnemonic::Lgdt, "lgdt", P},
    {Mnemonic::Lidt, "lidt", P},
    {Mnemonic::Lldt, "lldt", P},
    {Mnemonic::Ltr, "ltr", P},
    {Mnemonic::Lmsw, "lmsw", P},
    {Mnemonic::Clts, "clts", P},
    {Mnemonic::Invlpg, "invlpg", P},
    {Mnemonic::Invd, "invd", P},
    {Mnemonic::Wbinvd, "wbinvd", P},
    {Mnemonic::Rdmsr, "rdmsr", P},
    {Mnemonic::Wrmsr, "wrmsr", P},
    {Mnemonic::Iret, "iret", U},
    {Mnemonic::FarTransfer, "far transfer", U},
    {Mnemonic::LoadSegment, "load segment", U},
    {Mnemonic::In, "in", P},
    {Mnemonic::Out, "out", P},
    {Mnemonic::Ins, "ins", P},
    {Mnemonic::Outs, "outs", P},
    {Mnemonic::Rdtsc, "rdtsc", I},
    {Mnemonic::Cpuid, "cpuid", I},
    {Mnemonic::Int, "int", U},
    {Mnemonic::Sgdt, "sgdt", U},
    {Mnemonic::Sidt, "sidt", U},
    {Mnemonic::Sldt, "sldt", U},
    {Mnemonic::Smsw, "smsw", U},
    {Mnemonic::Pushf, "pushf", U},
    {Mnemonic::Popf, "popf", U},
    {Mnemonic::Lar, "lar", U},
    {Mnemonic::Lsl, "lsl", U},
    {Mnemonic::Verr, "verr", U},
    {Mnemonic::Verw, "verw", U},
    {Mnemonic::PopSegment, "pop segment", U},
    {Mnemonic::PushSegment, "push segment", U},
    {Mnemonic::FarCall, "far call", U},
    {Mnemonic::FarJmp, "far jmp", U},
    {Mnemonic::FarRet, "far ret", U},
    {Mnemonic::Str, "str", U},
    {Mnemonic::MovFromSegment, "mov from segment", U},
});

static_assert(kRows.size() == kMnemonicCount, "one row for each Mnemonic");
static_assert(
    [] {
      for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (static_cast<std::size_t>(kRows[i].mnemonic) != i)
          return false;
      }
      return static_cast<int>(Mnemonic::MovFromSegment) + 1 == kMnemonicCount;
    }(),
    "rows in the order of the enum, and kMnemonicCount counts them");

}  // namespace

std::string_view name_of(Mnemonic mnemonic) {
  const auto i = static_cast<std::size_t>(mnemonic);
  return i < kRows.size() ? kRows[i].name : kRows[0].name;
}

SensitiveKind kind_of(Mnemonic mnemonic) {
  const auto i = static_cast<std::size_t>(mnemonic);
  return i < kRows.size() ? kRows[i].kind : SensitiveKind::Innocuous;
}

}  // namespace gv
