// SPDX-License-Identifier: MIT
//
// control_registers.h - the bits of CR0, CR4, EFLAGS and EFER by their names.
//
// Constants, not bit-field structs: emulation masks and merges whole words.
// Which bits a guest may change is policy, and policy is a technique's.
//
// Source: SDM vol. 3A, "Control Registers"; vol. 1, "EFLAGS Register";
// vol. 3A, "Extended Feature Enable Register".

#pragma once

#include <cstdint>

namespace gv::x86 {

namespace cr0 {
inline constexpr std::uint32_t PE = 1u << 0;   // protected mode
inline constexpr std::uint32_t MP = 1u << 1;   // monitor coprocessor
inline constexpr std::uint32_t EM = 1u << 2;   // emulate the FPU
inline constexpr std::uint32_t TS = 1u << 3;   // task switched
inline constexpr std::uint32_t ET = 1u << 4;   // always 1 since the Pentium Pro
inline constexpr std::uint32_t NE = 1u << 5;   // FPU errors as #MF
inline constexpr std::uint32_t WP = 1u << 16;  // ring 0 obeys read-only pages
inline constexpr std::uint32_t AM = 1u << 18;  // alignment mask
inline constexpr std::uint32_t NW = 1u << 29;  // not write-through
inline constexpr std::uint32_t CD = 1u << 30;  // cache disable
inline constexpr std::uint32_t PG = 1u << 31;  // paging
// What LMSW can write and SMSW was made for: the machine status word's four bits.
inline constexpr std::uint32_t kMachineStatusWord = PE | MP | EM | TS;
}  // namespace cr0

namespace cr3 {
inline constexpr std::uint32_t PWT = 1u << 3;
inline constexpr std::uint32_t PCD = 1u << 4;
inline constexpr std::uint32_t kBaseMask32 = 0xfffff000u;   // page directory, 32-bit paging
inline constexpr std::uint32_t kBaseMaskPae = 0xffffffe0u;  // page-directory-pointer table
inline constexpr std::uint64_t kBaseMask64 = 0x000ffffffffff000ull;
}  // namespace cr3

namespace cr4 {
inline constexpr std::uint32_t VME = 1u << 0;
inline constexpr std::uint32_t PVI = 1u << 1;  // protected-mode virtual interrupts
inline constexpr std::uint32_t TSD = 1u << 2;  // RDTSC only at ring 0
inline constexpr std::uint32_t DE = 1u << 3;
inline constexpr std::uint32_t PSE = 1u << 4;  // 4 MiB pages
inline constexpr std::uint32_t PAE = 1u << 5;
inline constexpr std::uint32_t MCE = 1u << 6;
inline constexpr std::uint32_t PGE = 1u << 7;  // global pages
inline constexpr std::uint32_t PCE = 1u << 8;
inline constexpr std::uint32_t OSFXSR = 1u << 9;
inline constexpr std::uint32_t OSXMMEXCPT = 1u << 10;
inline constexpr std::uint32_t UMIP = 1u << 11;  // SGDT and friends trap: the cure, decades late
inline constexpr std::uint32_t VMXE = 1u << 13;
inline constexpr std::uint32_t SMEP = 1u << 20;
inline constexpr std::uint32_t SMAP = 1u << 21;
}  // namespace cr4

namespace eflags {
inline constexpr std::uint32_t CF = 1u << 0;
inline constexpr std::uint32_t kAlwaysOne = 1u << 1;
inline constexpr std::uint32_t PF = 1u << 2;
inline constexpr std::uint32_t AF = 1u << 4;
inline constexpr std::uint32_t ZF = 1u << 6;
inline constexpr std::uint32_t SF = 1u << 7;
inline constexpr std::uint32_t TF = 1u << 8;
inline constexpr std::uint32_t IF = 1u << 9;
inline constexpr std::uint32_t DF = 1u << 10;
inline constexpr std::uint32_t OF = 1u << 11;
inline constexpr int kIoplShift = 12;
inline constexpr std::uint32_t IOPL = 3u << kIoplShift;
inline constexpr std::uint32_t NT = 1u << 14;
inline constexpr std::uint32_t RF = 1u << 16;
inline constexpr std::uint32_t VM = 1u << 17;
inline constexpr std::uint32_t AC = 1u << 18;
inline constexpr std::uint32_t VIF = 1u << 19;
inline constexpr std::uint32_t VIP = 1u << 20;
inline constexpr std::uint32_t ID = 1u << 21;
// Bits that can be set in long mode: not VM, not the reserved ones.
inline constexpr std::uint32_t kLegalInLongMode =
    CF | kAlwaysOne | PF | AF | ZF | SF | TF | IF | DF | OF | IOPL | NT | RF | AC | VIF | VIP | ID;
constexpr int iopl(std::uint64_t flags) { return static_cast<int>((flags & IOPL) >> kIoplShift); }
}  // namespace eflags

namespace efer {
inline constexpr std::uint32_t kMsrNumber = 0xc0000080u;
inline constexpr std::uint64_t SCE = 1u << 0;
inline constexpr std::uint64_t LME = 1u << 8;
inline constexpr std::uint64_t LMA = 1u << 10;
inline constexpr std::uint64_t NXE = 1u << 11;
}  // namespace efer

}  // namespace gv::x86
