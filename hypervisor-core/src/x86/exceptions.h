// SPDX-License-Identifier: MIT
//
// exceptions.h - the vectors that the processor itself raises.
//
// Numbers, names and which of them push an error code. Who handles them is not
// decided here.
//
// Source: SDM vol. 3A, "Interrupt and Exception Handling", "Error Code",
// "Page-Fault Exception (#PF)".

#pragma once

#include <cstdint>
#include <string_view>

namespace gv::x86 {

inline constexpr std::uint8_t kDivideError = 0;
inline constexpr std::uint8_t kDebug = 1;
inline constexpr std::uint8_t kNonMaskableInterrupt = 2;
inline constexpr std::uint8_t kBreakpoint = 3;
inline constexpr std::uint8_t kOverflow = 4;
inline constexpr std::uint8_t kBoundRangeExceeded = 5;
inline constexpr std::uint8_t kInvalidOpcode = 6;
inline constexpr std::uint8_t kDeviceNotAvailable = 7;
inline constexpr std::uint8_t kDoubleFault = 8;
inline constexpr std::uint8_t kCoprocessorSegmentOverrun = 9;
inline constexpr std::uint8_t kInvalidTss = 10;
inline constexpr std::uint8_t kSegmentNotPresent = 11;
inline constexpr std::uint8_t kStackFault = 12;
inline constexpr std::uint8_t kGeneralProtection = 13;
inline constexpr std::uint8_t kPageFault = 14;
inline constexpr std::uint8_t kFloatingPointError = 16;
inline constexpr std::uint8_t kAlignmentCheck = 17;
inline constexpr std::uint8_t kMachineCheck = 18;
inline constexpr std::uint8_t kSimdError = 19;
inline constexpr std::uint8_t kFirstExternalVector = 32;  // below, Intel reserves

// Whether the processor pushes an error code for this exception. INT n never pushes one.
constexpr bool has_error_code(std::uint8_t vector) {
  return vector == kDoubleFault || (vector >= kInvalidTss && vector <= kPageFault) ||
         vector == kAlignmentCheck;
}

// "#GP"; empty for vectors that are not exceptions.
std::string_view symbol_of_vector(std::uint8_t vector);
// "general protection"; empty for vectors that are not exceptions.
std::string_view name_of_vector(std::uint8_t vector);

namespace page_fault {
inline constexpr std::uint32_t P = 1u << 0;     // set: protection; clear: not present
inline constexpr std::uint32_t W = 1u << 1;     // the access was a write
inline constexpr std::uint32_t U = 1u << 2;     // the access came from ring 3
inline constexpr std::uint32_t RSVD = 1u << 3;  // a reserved bit was set
inline constexpr std::uint32_t I = 1u << 4;     // instruction fetch
}  // namespace page_fault

// The error code of #TS, #NP, #SS and #GP when a selector or an IDT entry is to blame.
namespace selector_error {
inline constexpr std::uint32_t EXT = 1u << 0;
inline constexpr std::uint32_t IDT = 1u << 1;
inline constexpr std::uint32_t TI = 1u << 2;
inline constexpr std::uint32_t kIndexMask = 0xfff8;
}  // namespace selector_error

}  // namespace gv::x86
