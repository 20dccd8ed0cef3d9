// SPDX-License-Identifier: MIT
//
// x87_instruction.cpp - the escape opcodes, D8 to DF.
//
// Source: SDM vol. 2D, "Escape Opcode Instructions" of the opcode map.

#include "engine/interpreter/floating_point.h"
#include "engine/interpreter/handlers.h"
#include "x86/control_registers.h"
#include "x86/exceptions.h"

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>

namespace gv::interpreter {

using namespace x86;

namespace {

using Real = long double;

// FADD FMUL - - FSUB FSUBR FDIV FDIVR, by the opcode's field.
Real arithmetic_of(unsigned field, Real a, Real b) {
  switch (field) {
    case 0:
      return a + b;
    case 1:
      return a * b;
    case 4:
      return a - b;
    case 5:
      return b - a;
    case 6:
      return a / b;
    default:
      return b / a;
  }
}

enum class Order : std::uint8_t { Less, Equal, Greater, Unordered };

Order order_of(Real a, Real b) {
  if (std::isnan(a) || std::isnan(b)) {
    return Order::Unordered;
  }
  return a < b ? Order::Less : a > b ? Order::Greater : Order::Equal;
}

void compare(FloatingPoint& x87, Real a, Real b) {
  using F = FloatingPoint;
  switch (order_of(a, b)) {
    case Order::Less:
      x87.set_conditions(F::kC0);
      return;
    case Order::Equal:
      x87.set_conditions(F::kC3);
      return;
    case Order::Greater:
      x87.set_conditions(0);
      return;
    case Order::Unordered:
      x87.set_conditions(F::kC0 | F::kC2 | F::kC3);
      x87.invalid();
      return;
  }
}

// FCOMI and FUCOMI: the result goes into ZF, PF and CF.
void compare_into_flags(Cpu& cpu, Real a, Real b) {
  std::uint64_t word = cpu.flags.word() & ~std::uint64_t{kArithmeticFlags};
  switch (order_of(a, b)) {
    case Order::Less:
      word |= eflags::CF;
      break;
    case Order::Equal:
      word |= eflags::ZF;
      break;
    case Order::Greater:
      break;
    case Order::Unordered:
      word |= eflags::ZF | eflags::PF | eflags::CF;
      break;
  }
  cpu.flags.set_word(word);
}

void arithmetic_on_top(FloatingPoint& x87, unsigned field, Real operand) {
  if (field == 2 || field == 3) {
    compare(x87, x87.st(0), operand);
    if (field == 3) {
      x87.pop();
    }
    return;
  }
  x87.set_st(0, arithmetic_of(field, x87.st(0), operand));
}

// --- memory operands

template <class Stored>
std::optional<Real> loaded(Cpu& cpu, const Operation& op) {
  if constexpr (std::is_same_v<Stored, float>) {
    std::uint32_t bits = 0;
    return cpu.load(op, bits) ? std::optional<Real>(std::bit_cast<float>(bits)) : std::nullopt;
  } else if constexpr (std::is_same_v<Stored, double>) {
    std::uint64_t bits = 0;
    return cpu.load(op, bits) ? std::optional<Real>(std::bit_cast<double>(bits)) : std::nullopt;
  } else {
    std::make_unsigned_t<Stored> bits = 0;
    return cpu.load(op, bits) ? std::optional<Real>(static_cast<Stored>(bits)) : std::nullopt;
  }
}

template <class Stored>
bool arithmetic_with_memory(Cpu& cpu, const Operation& op, unsigned field) {
  const auto operand = loaded<Stored>(cpu, op);
  if (!operand) {
    return false;
  }
  arithmetic_on_top(cpu.x87, field, *operand);
  return true;
}

template <class Stored>
bool load_memory(Cpu& cpu, const Operation& op) {
  const auto operand = loaded<Stored>(cpu, op);
  if (!operand) {
    return false;
  }
  cpu.x87.push(*operand);
  return true;
}

enum class Then : std::uint8_t { Keep, Pop };

template <class Stored>
bool store_real(Cpu& cpu, const Operation& op, Then then) {
  const auto value = static_cast<Stored>(cpu.x87.st(0));
  const bool stored = [&] {
    if constexpr (std::is_same_v<Stored, float>) {
      return cpu.store(op, std::bit_cast<std::uint32_t>(value));
    } else {
      return cpu.store(op, std::bit_cast<std::uint64_t>(value));
    }
  }();
  if (stored && then == Then::Pop) {
    cpu.x87.pop();
  }
  return stored;
}

// `rounded`: an integer already. What does not fit becomes the most negative number.
template <class Stored>
bool store_integer(Cpu& cpu, const Operation& op, Real rounded, Then then) {
  constexpr auto kLowest = static_cast<Real>(std::numeric_limits<Stored>::min());
  constexpr auto kBeyond = -kLowest;
  Stored value = std::numeric_limits<Stored>::min();
  if (rounded >= kLowest && rounded < kBeyond) {
    value = static_cast<Stored>(rounded);
  } else {
    cpu.x87.invalid();
  }
  if (!cpu.store(op, static_cast<std::make_unsigned_t<Stored>>(value))) {
    return false;
  }
  if (then == Then::Pop) {
    cpu.x87.pop();
  }
  return true;
}

// FIST, FISTP and FISTTP of one width.
template <class Stored>
bool store_integer_form(Cpu& cpu, const Operation& op, unsigned field) {
  const Real value = cpu.x87.st(0);
  return field == 1 ? store_integer<Stored>(cpu, op, std::trunc(value), Then::Pop)
                    : store_integer<Stored>(cpu, op, cpu.x87.to_integer(value),
                                            field == 2 ? Then::Keep : Then::Pop);
}

bool load_extended(Cpu& cpu, const Operation& op) {
  std::uint64_t significand = 0;
  std::uint16_t sign_and_exponent = 0;
  if (!cpu.load(op, significand) || !cpu.load_part(op, sizeof significand, sign_and_exponent)) {
    return false;
  }
  cpu.x87.push(real_of({significand, sign_and_exponent}));
  return true;
}

bool store_extended(Cpu& cpu, const Operation& op) {
  const ExtendedReal value = extended_of(cpu.x87.st(0));
  if (!cpu.writable(op.segment, cpu.offset_of(op), 10) || !cpu.store(op, value.significand) ||
      !cpu.store_part(op, sizeof value.significand, value.sign_and_exponent)) {
    return false;
  }
  cpu.x87.pop();
  return true;
}

bool with_memory(Cpu& cpu, const Operation& op, std::uint8_t escape, unsigned field) {
  FloatingPoint& x87 = cpu.x87;
  switch (escape) {
    case 0xd8:
      return arithmetic_with_memory<float>(cpu, op, field);
    case 0xdc:
      return arithmetic_with_memory<double>(cpu, op, field);
    case 0xda:
      return arithmetic_with_memory<std::int32_t>(cpu, op, field);
    case 0xde:
      return arithmetic_with_memory<std::int16_t>(cpu, op, field);
    case 0xd9:
      switch (field) {
        case 0:
          return load_memory<float>(cpu, op);
        case 2:
        case 3:
          return store_real<float>(cpu, op, field == 3 ? Then::Pop : Then::Keep);
        case 5:
          return cpu.load(op, x87.control);
        case 7:
          return cpu.store(op, x87.control);
        default:
          return cpu.invalid_opcode();
      }
    case 0xdd:
      switch (field) {
        case 0:
          return load_memory<double>(cpu, op);
        case 1:
          return store_integer_form<std::int64_t>(cpu, op, field);
        case 2:
        case 3:
          return store_real<double>(cpu, op, field == 3 ? Then::Pop : Then::Keep);
        case 7:
          return cpu.store(op, x87.status());
        default:
          return cpu.invalid_opcode();
      }
    case 0xdb:
      switch (field) {
        case 0:
          return load_memory<std::int32_t>(cpu, op);
        case 1:
        case 2:
        case 3:
          return store_integer_form<std::int32_t>(cpu, op, field);
        case 5:
          return load_extended(cpu, op);
        case 7:
          return store_extended(cpu, op);
        default:
          return cpu.invalid_opcode();
      }
    default:  // DF
      switch (field) {
        case 0:
          return load_memory<std::int16_t>(cpu, op);
        case 1:
        case 2:
        case 3:
          return store_integer_form<std::int16_t>(cpu, op, field);
        case 5:
          return load_memory<std::int64_t>(cpu, op);
        case 7:
          return store_integer_form<std::int64_t>(cpu, op, 3);
        default:
          return cpu.invalid_opcode();
      }
  }
}

// --- register operands

// D9 C0 and up.
bool top_alone(Cpu& cpu, unsigned modrm) {
  using F = FloatingPoint;
  FloatingPoint& x87 = cpu.x87;
  const unsigned i = modrm & 7;
  switch (modrm & 0xf8) {
    case 0xc0: {  // FLD
      const Real value = x87.st(i);
      x87.push(value);
      return true;
    }
    case 0xc8: {  // FXCH
      const Real top = x87.st(0), other = x87.st(i);
      x87.set_st(0, other);
      x87.set_st(i, top);
      return true;
    }
    default:
      break;
  }
  static constexpr Real kConstants[] = {1.0L,
                                        3.321928094887362347870319429489390175L,  // log2 10
                                        1.442695040888963407359924681001892137L,  // log2 e
                                        3.141592653589793238462643383279502884L,
                                        0.301029995663981195213738894724493027L,  // log10 2
                                        0.693147180559945309417232121458176568L,  // ln 2
                                        0.0L};
  if (modrm >= 0xe8 && modrm <= 0xee) {
    x87.push(kConstants[modrm - 0xe8]);
    return true;
  }
  switch (modrm) {
    case 0xd0:  // FNOP
      return true;
    case 0xe0:
      x87.set_st(0, -x87.st(0));
      return true;
    case 0xe1:
      x87.set_st(0, std::abs(x87.st(0)));
      return true;
    case 0xe4:
      compare(x87, x87.st(0), 0);
      return true;
    case 0xe5: {  // FXAM
      const Real value = x87.raw(0);
      const std::uint16_t sign = std::signbit(value) ? F::kC1 : 0;
      const int kind = std::fpclassify(value);
      const unsigned what = x87.is_empty(0)        ? F::kC3 | F::kC0
                            : kind == FP_NAN       ? F::kC0
                            : kind == FP_INFINITE  ? F::kC2 | F::kC0
                            : kind == FP_ZERO      ? F::kC3
                            : kind == FP_SUBNORMAL ? F::kC3 | F::kC2
                                                   : F::kC2;
      x87.set_conditions(static_cast<std::uint16_t>(what | sign));
      return true;
    }
    case 0xf6:  // FDECSTP
      x87.rotate(-1);
      return true;
    case 0xf7:
      x87.rotate(1);
      return true;
    case 0xfa:
      x87.set_st(0, std::sqrt(x87.st(0)));
      return true;
    case 0xfc:
      x87.set_st(0, x87.to_integer(x87.st(0)));
      return true;
    case 0xfd: {  // FSCALE
      const Real by = std::trunc(x87.st(1));
      const int power = by > 40000 ? 40000 : by < -40000 ? -40000 : static_cast<int>(by);
      x87.set_st(0, std::ldexp(x87.st(0), power));
      return true;
    }
    default:
      return cpu.invalid_opcode();
  }
}

// FCMOVcc: B, E, BE, U of DA, and their opposites of DB.
bool move_if(Cpu& cpu, unsigned field, bool negated, unsigned i) {
  static constexpr unsigned kConditions[] = {2, 4, 6, 10};  // as in Jcc: B, E, BE, P
  const Real value = cpu.x87.st(i);
  if (cpu.flags.condition(kConditions[field]) != negated) {
    cpu.x87.set_st(0, value);
  }
  return true;
}

bool with_registers(Cpu& cpu, std::uint8_t escape, unsigned modrm) {
  FloatingPoint& x87 = cpu.x87;
  const unsigned field = modrm >> 3 & 7, i = modrm & 7;
  switch (escape) {
    case 0xd8:
      arithmetic_on_top(x87, field, x87.st(i));
      return true;
    case 0xd9:
      return top_alone(cpu, modrm);
    case 0xda:
      if (field < 4) {
        return move_if(cpu, field, false, i);
      }
      if (modrm == 0xe9) {  // FUCOMPP
        compare(x87, x87.st(0), x87.st(1));
        x87.pop();
        x87.pop();
        return true;
      }
      return cpu.invalid_opcode();
    case 0xdb:
      if (field < 4) {
        return move_if(cpu, field, true, i);
      }
      if (field == 5 || field == 6) {
        compare_into_flags(cpu, x87.st(0), x87.st(i));
        return true;
      }
      if (modrm == 0xe2) {
        x87.clear_exceptions();
        return true;
      }
      if (modrm == 0xe3) {
        x87.init();
        return true;
      }
      return cpu.invalid_opcode();
    case 0xdc:
      if (field == 2 || field == 3) {
        return cpu.invalid_opcode();
      }
      x87.set_st(i, arithmetic_of(field, x87.st(0), x87.st(i)));
      return true;
    case 0xdd:
      switch (field) {
        case 0:
          x87.free(i);
          return true;
        case 2:
        case 3:
          x87.set_st(i, x87.st(0));
          if (field == 3) {
            x87.pop();
          }
          return true;
        case 4:
        case 5:
          compare(x87, x87.st(0), x87.st(i));
          if (field == 5) {
            x87.pop();
          }
          return true;
        default:
          return cpu.invalid_opcode();
      }
    case 0xde:
      if (modrm == 0xd9) {  // FCOMPP
        compare(x87, x87.st(0), x87.st(1));
        x87.pop();
        x87.pop();
        return true;
      }
      if (field == 2 || field == 3) {
        return cpu.invalid_opcode();
      }
      x87.set_st(i, arithmetic_of(field, x87.st(0), x87.st(i)));
      x87.pop();
      return true;
    default:  // DF
      if (modrm == 0xe0) {
        cpu.set_reg<std::uint16_t>(0, x87.status());
        return true;
      }
      if (field == 5 || field == 6) {
        compare_into_flags(cpu, x87.st(0), x87.st(i));
        x87.pop();
        return true;
      }
      return cpu.invalid_opcode();
  }
}

}  // namespace

bool floating_point(Cpu& cpu, const Operation& op) {
  if ((cpu.cr0 & (cr0::EM | cr0::TS)) != 0) {
    return cpu.fault(kDeviceNotAvailable);
  }
  const auto escape = static_cast<std::uint8_t>(op.immediate);
  const unsigned modrm = op.extra;
  return op.memory_operand ? with_memory(cpu, op, escape, modrm >> 3 & 7)
                           : with_registers(cpu, escape, modrm);
}

bool wait_for_floating_point(Cpu& cpu, const Operation&) {
  const std::uint64_t both = cr0::MP | cr0::TS;
  return (cpu.cr0 & both) != both || cpu.fault(kDeviceNotAvailable);
}

}  // namespace gv::interpreter
