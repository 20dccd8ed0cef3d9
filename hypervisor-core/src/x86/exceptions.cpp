// SPDX-License-Identifier: MIT
//
// exceptions.cpp - the table of exception names.

#include "x86/exceptions.h"

#include <array>

namespace gv::x86 {
namespace {

struct ExceptionName {
  std::string_view symbol;
  std::string_view name;
};

// SDM vol. 3A, "Protected-Mode Exceptions and Interrupts".
constexpr std::array<ExceptionName, 20> kNames = {{
    {"#DE", "divide error"},
    {"#DB", "debug"},
    {"NMI", "non-maskable interrupt"},
    {"#BP", "breakpoint"},
    {"#OF", "overflow"},
    {"#BR", "bound range exceeded"},
    {"#UD", "invalid opcode"},
    {"#NM", "device not available"},
    {"#DF", "double fault"},
    {"", "coprocessor segment overrun"},
    {"#TS", "invalid TSS"},
    {"#NP", "segment not present"},
    {"#SS", "stack fault"},
    {"#GP", "general protection"},
    {"#PF", "page fault"},
    {"", ""},
    {"#MF", "floating-point error"},
    {"#AC", "alignment check"},
    {"#MC", "machine check"},
    {"#XM", "SIMD floating-point exception"},
}};

}  // namespace

std::string_view symbol_of_vector(std::uint8_t vector) {
  return vector < kNames.size() ? kNames[vector].symbol : std::string_view{};
}

std::string_view name_of_vector(std::uint8_t vector) {
  return vector < kNames.size() ? kNames[vector].name : std::string_view{};
}

}  // namespace gv::x86
