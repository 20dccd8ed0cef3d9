// SPDX-License-Identifier: MIT
//
// bit_test.cpp - BT and its writing forms, BSF, BSR, BSWAP.
//
// With a register as index, a memory operand is an array of bits: the index is
// signed and reaches beyond the operand. Source: SDM vol. 2A, "BT".

#include "engine/interpreter/handlers.h"

#include <bit>

namespace gv::interpreter {

namespace {

enum class BitTest : std::uint8_t { Bt, Bts, Btr, Btc };

template <BitTest kWhich, class T>
T tested(Flags& flags, T value, int index) {
  const T mask = static_cast<T>(T{1} << index);
  flags.set_cf((value & mask) != 0);
  switch (kWhich) {
    case BitTest::Bt:
      return value;
    case BitTest::Bts:
      return static_cast<T>(value | mask);
    case BitTest::Btr:
      return static_cast<T>(value & ~mask);
    case BitTest::Btc:
      return static_cast<T>(value ^ mask);
  }
  return value;
}

template <BitTest kWhich, bool kMemory, bool kImmediate, class T>
bool bit_operand(Cpu& cpu, const Operation& op) {
  constexpr int kBits = sizeof(T) * 8;
  const T raw = kImmediate ? static_cast<T>(op.immediate) : cpu.reg<T>(op.source);
  const int index = static_cast<int>(raw & (kBits - 1));
  if constexpr (kMemory) {
    Operation at = op;
    if constexpr (!kImmediate) {
      const auto distance = static_cast<std::int64_t>(static_cast<std::make_signed_t<T>>(raw));
      at.displacement += (distance - index) / 8;
    }
    if constexpr (kWhich == BitTest::Bt) {
      T value{};
      if (!cpu.load(at, value)) {
        return false;
      }
      tested<kWhich, T>(cpu.flags, value, index);
      return true;
    } else {
      return cpu.modify<T>(at, [&](T value) { return tested<kWhich, T>(cpu.flags, value, index); });
    }
  } else {
    const T result = tested<kWhich, T>(cpu.flags, cpu.reg<T>(op.destination), index);
    if constexpr (kWhich != BitTest::Bt) {
      cpu.set_reg<T>(op.destination, result);
    }
    return true;
  }
}

template <BitTest kWhich>
Handler bit_form(bool memory, bool by_immediate, int bytes) {
  return for_width(bytes, [memory, by_immediate](auto zero) -> Handler {
    using T = decltype(zero);
    if (memory) {
      return by_immediate ? &bit_operand<kWhich, true, true, T>
                          : &bit_operand<kWhich, true, false, T>;
    }
    return by_immediate ? &bit_operand<kWhich, false, true, T>
                        : &bit_operand<kWhich, false, false, T>;
  });
}

// Zero has no bit to find: the destination stays as it was (AMD's manual says so, Intel's
// leaves it open and its CPUs do it).
template <bool kReverse, bool kMemory, class T>
bool scan_operand(Cpu& cpu, const Operation& op) {
  T value{};
  if constexpr (kMemory) {
    if (!cpu.load(op, value)) {
      return false;
    }
  } else {
    value = cpu.reg<T>(op.source);
  }
  cpu.flags.set_logic<T>(value);  // ZF from the source; the others are undefined
  if (value != 0) {
    const int found =
        kReverse ? static_cast<int>(std::bit_width(value)) - 1 : std::countr_zero(value);
    cpu.set_reg<T>(op.destination, static_cast<T>(found));
  }
  return true;
}

template <class T>
bool swap_bytes(Cpu& cpu, const Operation& op) {
  const T value = cpu.reg<T>(op.destination);
  if constexpr (sizeof(T) == 8) {
    cpu.set_reg<T>(op.destination, __builtin_bswap64(value));
  } else if constexpr (sizeof(T) == 4) {
    cpu.set_reg<T>(op.destination, __builtin_bswap32(value));
  } else {
    cpu.set_reg<T>(op.destination, 0);  // undefined; hardware gives zero
  }
  return true;
}

}  // namespace

Handler bit_test(unsigned which, bool memory, bool by_immediate, int bytes) {
  switch (static_cast<BitTest>(which)) {
    case BitTest::Bt:
      return bit_form<BitTest::Bt>(memory, by_immediate, bytes);
    case BitTest::Bts:
      return bit_form<BitTest::Bts>(memory, by_immediate, bytes);
    case BitTest::Btr:
      return bit_form<BitTest::Btr>(memory, by_immediate, bytes);
    case BitTest::Btc:
      return bit_form<BitTest::Btc>(memory, by_immediate, bytes);
  }
  return nullptr;
}

Handler bit_scan(bool reverse, bool memory, int bytes) {
  return for_width(bytes, [reverse, memory](auto zero) -> Handler {
    using T = decltype(zero);
    if (memory) {
      return reverse ? &scan_operand<true, true, T> : &scan_operand<false, true, T>;
    }
    return reverse ? &scan_operand<true, false, T> : &scan_operand<false, false, T>;
  });
}

Handler byte_swap(int bytes) {
  return for_width(bytes, [](auto zero) -> Handler { return &swap_bytes<decltype(zero)>; });
}

}  // namespace gv::interpreter
