// SPDX-License-Identifier: MIT
//
// instruction.h - the instructions that a hypervisor has to know by name.
//
// Not a decoder: x86/decode.h fills this in. "Sensitive" is Popek and
// Goldberg's word for an instruction whose effect depends on, or changes, the
// machine's privileged state; "privileged" means that it also traps outside
// ring 0. On the Pentium the second set misses seventeen of the first (Robin
// and Irvine, USENIX Security 2000), and that is why SensitiveKind exists.

#pragma once

#include <cstdint>
#include <string_view>

namespace gv {

enum class Mnemonic : std::uint8_t {
  Other,
  Cli,
  Sti,
  Hlt,
  MovToCr,
  MovFromCr,
  MovToDr,
  MovFromDr,
  Lgdt,
  Lidt,
  Lldt,
  Ltr,
  Lmsw,
  Clts,
  Invlpg,
  Invd,
  Wbinvd,
  Rdmsr,
  Wrmsr,
  Iret,
  FarTransfer,
  LoadSegment,
  In,
  Out,
  Ins,
  Outs,
  Rdtsc,
  Cpuid,
  Int,
  // sensitive, yet unprivileged
  Sgdt,
  Sidt,
  Sldt,
  Smsw,
  Pushf,
  Popf,
  Lar,
  Lsl,
  Verr,
  Verw,
  PopSegment,
  PushSegment,
  FarCall,
  FarJmp,
  FarRet,
  Str,
  MovFromSegment,
};
inline constexpr int kMnemonicCount = 46;

enum class SensitiveKind : std::uint8_t { Innocuous, Privileged, SensitiveUnprivileged };

// "cli", "mov cr", …: stable names, used in traces, Lua and on the screen.
std::string_view name_of(Mnemonic mnemonic);
SensitiveKind kind_of(Mnemonic mnemonic);

}  // namespace gv
