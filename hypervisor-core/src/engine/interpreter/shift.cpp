// SPDX-License-Identifier: MIT
//
// shift.cpp - shifts, rotates, and the double-precision shifts.
//
// A count is masked to 5 bits (6 for 64-bit operands) first; zero changes no
// flag. Where the manual leaves OF undefined (counts above one) it is computed
// as for one, which is what hardware commonly shows.
//
// Source: SDM vol. 2B, "RCL/RCR/ROL/ROR", "SAL/SAR/SHL/SHR", "SHLD", "SHRD".

#include "engine/interpreter/handlers.h"

#include <bit>

namespace gv::interpreter {

namespace {

enum class Shift : std::uint8_t { Rol, Ror, Rcl, Rcr, Shl, Shr, Sal, Sar };

template <class T>
constexpr int kBits = sizeof(T) * 8;

template <class T>
bool top(T value) {
  return (value >> (kBits<T> - 1)) != 0;
}
template <class T>
bool bit(T value, int at) {
  return ((value >> at) & 1) != 0;
}

template <class T>
int masked(std::uint8_t count) {
  return count & (sizeof(T) == 8 ? 0x3f : 0x1f);
}

// Through the carry: a rotation of one bit more than T has.
template <class T>
T rotated_through_carry(Flags& flags, T value, int count, bool left) {
  count %= kBits<T> + 1;
  bool carry = flags.cf();
  for (int i = 0; i < count; ++i) {
    const bool out = left ? top(value) : (value & 1) != 0;
    value = left ? static_cast<T>((value << 1) | (carry ? 1 : 0))
                 : static_cast<T>((value >> 1) | (static_cast<T>(carry ? 1 : 0) << (kBits<T> - 1)));
    carry = out;
  }
  if (count != 0) {
    const bool overflow = left ? top(value) != carry : top(value) != bit(value, kBits<T> - 2);
    flags.set_carry_and_overflow(carry, overflow);
  }
  return value;
}

template <class T>
T shifted_left(Flags& flags, T value, int count) {
  const bool within = count <= kBits<T>;
  const bool carry = within && bit(value, kBits<T> - count);
  const T result = count < kBits<T> ? static_cast<T>(value << count) : T{0};
  flags.set_result<T>(result, carry, top(result) != carry);
  return result;
}

template <class T>
T shifted_right(Flags& flags, T value, int count) {
  const bool carry = count <= kBits<T> && bit(value, count - 1);
  const T result = count < kBits<T> ? static_cast<T>(value >> count) : T{0};
  // The top bit before a shift by one; above that, of what the last step but one left.
  flags.set_result<T>(result, carry, count == 1 ? top(value) : false);
  return result;
}

template <class T>
T shifted_right_signed(Flags& flags, T value, int count) {
  const auto wide = static_cast<std::int64_t>(static_cast<std::make_signed_t<T>>(value));
  const bool carry = ((wide >> (count - 1)) & 1) != 0;
  const T result = static_cast<T>(wide >> count);
  flags.set_result<T>(result, carry, false);
  return result;
}

template <Shift kWhich, class T>
T shifted(Flags& flags, T value, int count) {
  switch (kWhich) {
    case Shift::Rol:
      value = std::rotl(value, count % kBits<T>);
      flags.set_carry_and_overflow((value & 1) != 0, top(value) != ((value & 1) != 0));
      return value;
    case Shift::Ror:
      value = std::rotr(value, count % kBits<T>);
      flags.set_carry_and_overflow(top(value), top(value) != bit(value, kBits<T> - 2));
      return value;
    case Shift::Rcl:
      return rotated_through_carry(flags, value, count, true);
    case Shift::Rcr:
      return rotated_through_carry(flags, value, count, false);
    case Shift::Shl:
    case Shift::Sal:
      return shifted_left(flags, value, count);
    case Shift::Shr:
      return shifted_right(flags, value, count);
    case Shift::Sar:
      return shifted_right_signed(flags, value, count);
  }
  return value;
}

template <Shift kWhich, bool kMemory, bool kByCl, class T>
bool shift_operand(Cpu& cpu, const Operation& op) {
  const int count = masked<T>(kByCl ? cpu.reg<std::uint8_t>(8)  // CL
                                    : static_cast<std::uint8_t>(op.immediate));
  if constexpr (kMemory) {
    return cpu.modify<T>(op, [&](T value) {
      return count == 0 ? value : shifted<kWhich, T>(cpu.flags, value, count);
    });
  } else {
    const T value = cpu.reg<T>(op.destination);
    cpu.set_reg<T>(op.destination,
                   count == 0 ? value : shifted<kWhich, T>(cpu.flags, value, count));
    return true;
  }
}

template <Shift kWhich>
Handler shift_form(bool memory, bool by_cl, int bytes) {
  return for_width(bytes, [memory, by_cl](auto zero) -> Handler {
    using T = decltype(zero);
    if (memory) {
      return by_cl ? &shift_operand<kWhich, true, true, T> : &shift_operand<kWhich, true, false, T>;
    }
    return by_cl ? &shift_operand<kWhich, false, true, T> : &shift_operand<kWhich, false, false, T>;
  });
}

// The result's lacking bits come from `other`. A 16-bit operand shifted by more than 16 is
// undefined; here, as in hardware, the bits go round to the destination's own.
template <bool kLeft, class T>
T double_shifted(Flags& flags, T value, T other, int count) {
  T result{};
  bool carry = false;
  if (count > kBits<T>) {
    const int rest = count - kBits<T>;
    if constexpr (kLeft) {
      result = static_cast<T>((other << rest) | (value >> (kBits<T> - rest)));
      carry = bit(other, kBits<T> - rest);
    } else {
      result = static_cast<T>((other >> rest) | (value << (kBits<T> - rest)));
      carry = bit(other, rest - 1);
    }
  } else if (count == kBits<T>) {
    result = other;
    carry = kLeft ? (value & 1) != 0 : top(value);
  } else if constexpr (kLeft) {
    result = static_cast<T>((value << count) | (other >> (kBits<T> - count)));
    carry = bit(value, kBits<T> - count);
  } else {
    result = static_cast<T>((value >> count) | (other << (kBits<T> - count)));
    carry = bit(value, count - 1);
  }
  flags.set_result<T>(result, carry, top(result) != top(value));
  return result;
}

template <bool kLeft, bool kMemory, bool kByCl, class T>
bool double_shift_operand(Cpu& cpu, const Operation& op) {
  const int count =
      masked<T>(kByCl ? cpu.reg<std::uint8_t>(8) : static_cast<std::uint8_t>(op.immediate));
  const T other = cpu.reg<T>(op.source);
  const auto change = [&](T value) {
    return count == 0 ? value : double_shifted<kLeft, T>(cpu.flags, value, other, count);
  };
  if constexpr (kMemory) {
    return cpu.modify<T>(op, change);
  } else {
    cpu.set_reg<T>(op.destination, change(cpu.reg<T>(op.destination)));
    return true;
  }
}

template <bool kLeft>
Handler double_shift_form(bool memory, bool by_cl, int bytes) {
  return for_width(bytes, [memory, by_cl](auto zero) -> Handler {
    using T = decltype(zero);
    if (memory) {
      return by_cl ? &double_shift_operand<kLeft, true, true, T>
                   : &double_shift_operand<kLeft, true, false, T>;
    }
    return by_cl ? &double_shift_operand<kLeft, false, true, T>
                 : &double_shift_operand<kLeft, false, false, T>;
  });
}

}  // namespace

Handler shift(unsigned which, bool memory, bool by_cl, int bytes) {
  switch (static_cast<Shift>(which)) {
    case Shift::Rol:
      return shift_form<Shift::Rol>(memory, by_cl, bytes);
    case Shift::Ror:
      return shift_form<Shift::Ror>(memory, by_cl, bytes);
    case Shift::Rcl:
      return shift_form<Shift::Rcl>(memory, by_cl, bytes);
    case Shift::Rcr:
      return shift_form<Shift::Rcr>(memory, by_cl, bytes);
    case Shift::Shl:
    case Shift::Sal:
      return shift_form<Shift::Shl>(memory, by_cl, bytes);
    case Shift::Shr:
      return shift_form<Shift::Shr>(memory, by_cl, bytes);
    case Shift::Sar:
      return shift_form<Shift::Sar>(memory, by_cl, bytes);
  }
  return nullptr;
}

Handler double_shift(bool left, bool memory, bool by_cl, int bytes) {
  return left ? double_shift_form<true>(memory, by_cl, bytes)
              : double_shift_form<false>(memory, by_cl, bytes);
}

}  // namespace gv::interpreter
