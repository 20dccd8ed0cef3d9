// SPDX-License-Identifier: MIT
//
// multiply_divide.cpp - MUL, IMUL, DIV, IDIV.
//
// SF, ZF, AF and PF after a multiplication and all flags after a division are
// undefined; a division leaves them as they were.

#include "engine/interpreter/handlers.h"
#include "x86/exceptions.h"

namespace gv::interpreter {

namespace {

__extension__ using Signed128 = __int128;
__extension__ using Unsigned128 = unsigned __int128;

template <class T>
struct Twice;
template <>
struct Twice<std::uint8_t> {
  using Unsigned = std::uint16_t;
  using Signed = std::int16_t;
};
template <>
struct Twice<std::uint16_t> {
  using Unsigned = std::uint32_t;
  using Signed = std::int32_t;
};
template <>
struct Twice<std::uint32_t> {
  using Unsigned = std::uint64_t;
  using Signed = std::int64_t;
};
template <>
struct Twice<std::uint64_t> {
  using Unsigned = Unsigned128;
  using Signed = Signed128;
};

template <class T>
constexpr int kBits = sizeof(T) * 8;

// The byte offset of the upper half: AH for bytes, DX otherwise.
template <class T>
constexpr std::uint8_t kHigh = sizeof(T) == 1 ? 1 : 16;

template <class T>
void set_pair(Cpu& cpu, T low, T high) {
  cpu.set_reg<T>(0, low);
  cpu.set_reg<T>(kHigh<T>, high);
}

template <Wide kWhich, class T>
bool multiply_pair(Cpu& cpu, T factor) {
  using S = std::make_signed_t<T>;
  const T value = cpu.reg<T>(0);
  T low{}, high{};
  bool overflow = false;
  if constexpr (kWhich == Wide::Mul) {
    using U = typename Twice<T>::Unsigned;
    const U product = static_cast<U>(static_cast<U>(value) * static_cast<U>(factor));
    low = static_cast<T>(product);
    high = static_cast<T>(product >> kBits<T>);
    overflow = high != 0;
  } else {
    using W = typename Twice<T>::Signed;
    const W product = static_cast<W>(W{static_cast<S>(value)} * W{static_cast<S>(factor)});
    low = static_cast<T>(product);
    high = static_cast<T>(product >> kBits<T>);
    overflow = product != W{static_cast<S>(low)};
  }
  set_pair(cpu, low, high);
  cpu.flags.set_result<T>(low, overflow, overflow);
  return true;
}

template <Wide kWhich, class T>
bool divide_pair(Cpu& cpu, T divisor) {
  using U = typename Twice<T>::Unsigned;
  using W = typename Twice<T>::Signed;
  using S = std::make_signed_t<T>;
  if (divisor == 0) {
    return cpu.fault(x86::kDivideError);
  }
  const U dividend =
      static_cast<U>((static_cast<U>(cpu.reg<T>(kHigh<T>)) << kBits<T>) | cpu.reg<T>(0));
  if constexpr (kWhich == Wide::Div) {
    const U quotient = static_cast<U>(dividend / divisor);
    if (quotient > static_cast<U>(static_cast<T>(~T{0}))) {
      return cpu.fault(x86::kDivideError);
    }
    set_pair(cpu, static_cast<T>(quotient), static_cast<T>(dividend % divisor));
  } else {
    const W numerator = static_cast<W>(dividend);
    const W denominator = W{static_cast<S>(divisor)};
    // The one division that overflows even twice the width.
    const bool lowest = dividend == static_cast<U>(U{1} << (2 * kBits<T> - 1));
    if (lowest && denominator == -1) {
      return cpu.fault(x86::kDivideError);
    }
    const W quotient = static_cast<W>(numerator / denominator);
    if (quotient != W{static_cast<S>(quotient)}) {
      return cpu.fault(x86::kDivideError);
    }
    set_pair(cpu, static_cast<T>(quotient), static_cast<T>(numerator % denominator));
  }
  return true;
}

template <Wide kWhich, bool kMemory, class T>
bool wide_operand(Cpu& cpu, const Operation& op) {
  T operand{};
  if constexpr (kMemory) {
    if (!cpu.load(op, operand)) {
      return false;
    }
  } else {
    operand = cpu.reg<T>(op.destination);
  }
  if constexpr (kWhich == Wide::Mul || kWhich == Wide::Imul) {
    return multiply_pair<kWhich, T>(cpu, operand);
  } else {
    return divide_pair<kWhich, T>(cpu, operand);
  }
}

template <Wide kWhich>
Handler wide_form(bool memory, int bytes) {
  return for_width(bytes, [memory](auto zero) -> Handler {
    using T = decltype(zero);
    return memory ? &wide_operand<kWhich, true, T> : &wide_operand<kWhich, false, T>;
  });
}

template <bool kMemory, bool kImmediate, class T>
bool multiply_operands(Cpu& cpu, const Operation& op) {
  using S = std::make_signed_t<T>;
  using W = typename Twice<T>::Signed;
  T source{};
  if constexpr (kMemory) {
    if (!cpu.load(op, source)) {
      return false;
    }
  } else {
    source = cpu.reg<T>(op.source);
  }
  const T factor = kImmediate ? static_cast<T>(op.immediate) : cpu.reg<T>(op.destination);
  const W product = static_cast<W>(W{static_cast<S>(source)} * W{static_cast<S>(factor)});
  const T result = static_cast<T>(product);
  const bool overflow = product != W{static_cast<S>(result)};
  cpu.set_reg<T>(op.destination, result);
  cpu.flags.set_result<T>(result, overflow, overflow);
  return true;
}

}  // namespace

Handler wide(Wide which, bool memory, int bytes) {
  switch (which) {
    case Wide::Mul:
      return wide_form<Wide::Mul>(memory, bytes);
    case Wide::Imul:
      return wide_form<Wide::Imul>(memory, bytes);
    case Wide::Div:
      return wide_form<Wide::Div>(memory, bytes);
    case Wide::Idiv:
      return wide_form<Wide::Idiv>(memory, bytes);
  }
  return nullptr;
}

Handler multiply(bool memory, bool by_immediate, int bytes) {
  return for_width(bytes, [memory, by_immediate](auto zero) -> Handler {
    using T = decltype(zero);
    if (memory) {
      return by_immediate ? &multiply_operands<true, true, T> : &multiply_operands<true, false, T>;
    }
    return by_immediate ? &multiply_operands<false, true, T> : &multiply_operands<false, false, T>;
  });
}

}  // namespace gv::interpreter
