// SPDX-License-Identifier: MIT
//
// arithmetic.cpp - ADD to CMP, TEST, INC, DEC, NOT and NEG.
//
// Carries are computed for all bit positions at once: a position carries out
// when both inputs are set, or when one is and the sum bit is not.

#include "engine/interpreter/handlers.h"

namespace gv::interpreter {

namespace {

enum class Arithmetic : std::uint8_t { Add, Or, Adc, Sbb, And, Sub, Xor, Cmp };

template <class T>
T added(Flags& flags, T a, T b, bool carry_in) {
  const T sum = static_cast<T>(a + b + (carry_in ? 1 : 0));
  flags.set<T>(sum, static_cast<T>((a & b) | ((a | b) & ~sum)));
  return sum;
}

template <class T>
T subtracted(Flags& flags, T a, T b, bool borrow_in) {
  const T difference = static_cast<T>(a - b - (borrow_in ? 1 : 0));
  flags.set<T>(difference, static_cast<T>((~a & b) | ((~a | b) & difference)));
  return difference;
}

template <Arithmetic kWhich, class T>
T computed(Flags& flags, T a, T b) {
  T result{};
  switch (kWhich) {
    case Arithmetic::Add:
      return added(flags, a, b, false);
    case Arithmetic::Adc:
      return added(flags, a, b, flags.cf());
    case Arithmetic::Sub:
    case Arithmetic::Cmp:
      return subtracted(flags, a, b, false);
    case Arithmetic::Sbb:
      return subtracted(flags, a, b, flags.cf());
    case Arithmetic::Or:
      result = static_cast<T>(a | b);
      break;
    case Arithmetic::And:
      result = static_cast<T>(a & b);
      break;
    case Arithmetic::Xor:
      result = static_cast<T>(a ^ b);
      break;
  }
  flags.set_logic<T>(result);
  return result;
}

template <Arithmetic kWhich, Form kForm, class T>
bool two_operands(Cpu& cpu, const Operation& op) {
  constexpr bool kWrites = kWhich != Arithmetic::Cmp;
  T source{};
  if constexpr (kForm == Form::RegImm || kForm == Form::MemImm) {
    source = static_cast<T>(op.immediate);
  } else if constexpr (kForm == Form::RegMem) {
    if (!cpu.load(op, source)) {
      return false;
    }
  } else {
    source = cpu.reg<T>(op.source);
  }
  if constexpr (in_memory(kForm)) {
    if constexpr (kWrites) {
      return cpu.modify<T>(op,
                           [&](T value) { return computed<kWhich, T>(cpu.flags, value, source); });
    } else {
      T value{};
      if (!cpu.load(op, value)) {
        return false;
      }
      computed<kWhich, T>(cpu.flags, value, source);
    }
  } else {
    const T result = computed<kWhich, T>(cpu.flags, cpu.reg<T>(op.destination), source);
    if constexpr (kWrites) {
      cpu.set_reg<T>(op.destination, result);
    }
  }
  return true;
}

template <Arithmetic kWhich, Form kForm>
Handler at_width(int bytes) {
  return for_width(
      bytes, [](auto zero) -> Handler { return &two_operands<kWhich, kForm, decltype(zero)>; });
}

template <Arithmetic kWhich>
Handler in_form(Form form, int bytes) {
  switch (form) {
    case Form::RegReg:
      return at_width<kWhich, Form::RegReg>(bytes);
    case Form::MemReg:
      return at_width<kWhich, Form::MemReg>(bytes);
    case Form::RegMem:
      return at_width<kWhich, Form::RegMem>(bytes);
    case Form::RegImm:
      return at_width<kWhich, Form::RegImm>(bytes);
    case Form::MemImm:
      return at_width<kWhich, Form::MemImm>(bytes);
  }
  return nullptr;
}

template <Form kForm, class T>
bool and_without_result(Cpu& cpu, const Operation& op) {
  T value{};
  if constexpr (in_memory(kForm)) {
    if (!cpu.load(op, value)) {
      return false;
    }
  } else {
    value = cpu.reg<T>(op.destination);
  }
  const T other = kForm == Form::RegImm || kForm == Form::MemImm ? static_cast<T>(op.immediate)
                                                                 : cpu.reg<T>(op.source);
  cpu.flags.set_logic<T>(static_cast<T>(value & other));
  return true;
}

template <Unary kWhich, class T>
T unary_result(Flags& flags, T value) {
  const bool carry = flags.cf();
  switch (kWhich) {
    case Unary::Not:
      return static_cast<T>(~value);
    case Unary::Neg:
      return subtracted<T>(flags, 0, value, false);
    case Unary::Inc:
      value = added<T>(flags, value, 1, false);
      break;
    case Unary::Dec:
      value = subtracted<T>(flags, value, 1, false);
      break;
  }
  flags.set_cf(carry);  // INC and DEC leave CF alone
  return value;
}

template <Unary kWhich, bool kMemory, class T>
bool one_operand(Cpu& cpu, const Operation& op) {
  if constexpr (kMemory) {
    return cpu.modify<T>(op, [&](T value) { return unary_result<kWhich, T>(cpu.flags, value); });
  } else {
    cpu.set_reg<T>(op.destination, unary_result<kWhich, T>(cpu.flags, cpu.reg<T>(op.destination)));
    return true;
  }
}

template <Unary kWhich>
Handler unary_form(bool memory, int bytes) {
  return for_width(bytes, [memory](auto zero) -> Handler {
    using T = decltype(zero);
    return memory ? &one_operand<kWhich, true, T> : &one_operand<kWhich, false, T>;
  });
}

}  // namespace

Handler arithmetic(unsigned which, Form form, int bytes) {
  switch (static_cast<Arithmetic>(which)) {
    case Arithmetic::Add:
      return in_form<Arithmetic::Add>(form, bytes);
    case Arithmetic::Or:
      return in_form<Arithmetic::Or>(form, bytes);
    case Arithmetic::Adc:
      return in_form<Arithmetic::Adc>(form, bytes);
    case Arithmetic::Sbb:
      return in_form<Arithmetic::Sbb>(form, bytes);
    case Arithmetic::And:
      return in_form<Arithmetic::And>(form, bytes);
    case Arithmetic::Sub:
      return in_form<Arithmetic::Sub>(form, bytes);
    case Arithmetic::Xor:
      return in_form<Arithmetic::Xor>(form, bytes);
    case Arithmetic::Cmp:
      return in_form<Arithmetic::Cmp>(form, bytes);
  }
  return nullptr;
}

Handler test(Form form, int bytes) {
  return for_width(bytes, [form](auto zero) -> Handler {
    using T = decltype(zero);
    switch (form) {
      case Form::MemReg:
        return &and_without_result<Form::MemReg, T>;
      case Form::MemImm:
        return &and_without_result<Form::MemImm, T>;
      case Form::RegImm:
        return &and_without_result<Form::RegImm, T>;
      default:
        return &and_without_result<Form::RegReg, T>;
    }
  });
}

Handler unary(Unary which, bool memory, int bytes) {
  switch (which) {
    case Unary::Inc:
      return unary_form<Unary::Inc>(memory, bytes);
    case Unary::Dec:
      return unary_form<Unary::Dec>(memory, bytes);
    case Unary::Not:
      return unary_form<Unary::Not>(memory, bytes);
    case Unary::Neg:
      return unary_form<Unary::Neg>(memory, bytes);
  }
  return nullptr;
}

}  // namespace gv::interpreter
