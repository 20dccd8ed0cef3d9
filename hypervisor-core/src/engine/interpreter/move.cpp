// SPDX-License-Identifier: MIT
//
// move.cpp - MOV and its relatives, exchanges, and the odd one-byte instructions.

#include "engine/interpreter/handlers.h"

namespace gv::interpreter {

namespace {

constexpr std::uint8_t kAh = 1;

template <Form kForm, class T>
bool move_operand(Cpu& cpu, const Operation& op) {
  if constexpr (kForm == Form::RegReg) {
    cpu.set_reg<T>(op.destination, cpu.reg<T>(op.source));
    return true;
  } else if constexpr (kForm == Form::RegImm) {
    cpu.set_reg<T>(op.destination, static_cast<T>(op.immediate));
    return true;
  } else if constexpr (kForm == Form::MemReg) {
    return cpu.store(op, cpu.reg<T>(op.source));
  } else if constexpr (kForm == Form::MemImm) {
    return cpu.store(op, static_cast<T>(op.immediate));
  } else {
    T value{};
    if (!cpu.load(op, value)) {
      return false;
    }
    cpu.set_reg<T>(op.destination, value);
    return true;
  }
}

template <bool kSigned, bool kMemory, class From, class To>
bool extend_operand(Cpu& cpu, const Operation& op) {
  From value{};
  if constexpr (kMemory) {
    if (!cpu.load(op, value)) {
      return false;
    }
  } else {
    value = cpu.reg<From>(op.source);
  }
  if constexpr (kSigned) {
    cpu.set_reg<To>(op.destination, static_cast<To>(static_cast<std::make_signed_t<From>>(value)));
  } else {
    cpu.set_reg<To>(op.destination, static_cast<To>(value));
  }
  return true;
}

template <class From, class To>
Handler extend_form(bool is_signed, bool memory) {
  if (memory) {
    return is_signed ? &extend_operand<true, true, From, To>
                     : &extend_operand<false, true, From, To>;
  }
  return is_signed ? &extend_operand<true, false, From, To>
                   : &extend_operand<false, false, From, To>;
}

template <bool kMemory, class T>
bool exchange_operands(Cpu& cpu, const Operation& op) {
  const T mine = cpu.reg<T>(op.source);
  if constexpr (kMemory) {
    T theirs{};
    if (!cpu.modify<T>(op, [&](T value) {
          theirs = value;
          return mine;
        })) {
      return false;
    }
    cpu.set_reg<T>(op.source, theirs);
  } else {
    const T theirs = cpu.reg<T>(op.destination);
    cpu.set_reg<T>(op.destination, mine);
    cpu.set_reg<T>(op.source, theirs);
  }
  return true;
}

// As CMP would: accumulator - value.
template <class T>
bool compare(Flags& flags, T a, T b) {
  const T difference = static_cast<T>(a - b);
  flags.set<T>(difference, static_cast<T>((~a & b) | ((~a | b) & difference)));
  return difference == 0;
}

// Memory is written in either case: with its own value when the comparison failed.
template <bool kMemory, class T>
bool compare_exchange_operands(Cpu& cpu, const Operation& op) {
  const T accumulator = cpu.reg<T>(0);
  const T source = cpu.reg<T>(op.source);
  T found{};
  bool equal = false;
  if constexpr (kMemory) {
    if (!cpu.modify<T>(op, [&](T value) {
          found = value;
          equal = compare<T>(cpu.flags, accumulator, value);
          return equal ? source : value;
        })) {
      return false;
    }
  } else {
    found = cpu.reg<T>(op.destination);
    equal = compare<T>(cpu.flags, accumulator, found);
    if (equal) {
      cpu.set_reg<T>(op.destination, source);
    }
  }
  if (!equal) {
    cpu.set_reg<T>(0, found);
  }
  return true;
}

template <class T>
T sum_of(Flags& flags, T a, T b) {
  const T sum = static_cast<T>(a + b);
  flags.set<T>(sum, static_cast<T>((a & b) | ((a | b) & ~sum)));
  return sum;
}

template <bool kMemory, class T>
bool exchange_add_operands(Cpu& cpu, const Operation& op) {
  const T mine = cpu.reg<T>(op.source);
  T theirs{};
  if constexpr (kMemory) {
    if (!cpu.modify<T>(op, [&](T value) {
          theirs = value;
          return sum_of<T>(cpu.flags, value, mine);
        })) {
      return false;
    }
    cpu.set_reg<T>(op.source, theirs);
  } else {
    theirs = cpu.reg<T>(op.destination);
    const T sum = sum_of<T>(cpu.flags, theirs, mine);
    cpu.set_reg<T>(op.source, theirs);
    cpu.set_reg<T>(op.destination, sum);
  }
  return true;
}

// The source is read, and may fault, whether or not the condition holds; and a 32-bit
// destination loses its upper half either way.
template <bool kMemory, class T>
bool conditional_move_operand(Cpu& cpu, const Operation& op) {
  T value{};
  if constexpr (kMemory) {
    if (!cpu.load(op, value)) {
      return false;
    }
  } else {
    value = cpu.reg<T>(op.source);
  }
  cpu.set_reg<T>(op.destination,
                 cpu.flags.condition(op.extra) ? value : cpu.reg<T>(op.destination));
  return true;
}

// One operand of two registers' width: its upper half follows in memory, without a wrap.
template <class T>
bool compare_exchange_halves(Cpu& cpu, const Operation& op) {
  T low{}, high{};
  const std::uint64_t offset = cpu.offset_of(op);
  const std::uint64_t upper = offset + sizeof(T);
  if (!cpu.writable(op.segment, offset, 2 * sizeof(T)) || !cpu.load(op, low) ||
      !cpu.read(op.segment, upper, high)) {
    return false;
  }
  const bool equal = low == cpu.reg<T>(0) && high == cpu.reg<T>(16);
  const T new_low = equal ? cpu.reg<T>(24) : low;
  const T new_high = equal ? cpu.reg<T>(8) : high;
  if (!cpu.store(op, new_low) || !cpu.write(op.segment, upper, new_high)) {
    return false;
  }
  if (!equal) {
    cpu.set_reg<T>(0, low);
    cpu.set_reg<T>(16, high);
  }
  cpu.flags.set_zf(equal);
  return true;
}

}  // namespace

Handler move(Form form, int bytes) {
  return for_width(bytes, [form](auto zero) -> Handler {
    using T = decltype(zero);
    switch (form) {
      case Form::RegReg:
        return &move_operand<Form::RegReg, T>;
      case Form::MemReg:
        return &move_operand<Form::MemReg, T>;
      case Form::RegMem:
        return &move_operand<Form::RegMem, T>;
      case Form::RegImm:
        return &move_operand<Form::RegImm, T>;
      case Form::MemImm:
        return &move_operand<Form::MemImm, T>;
    }
    return nullptr;
  });
}

Handler extend(bool is_signed, bool memory, int from_bytes, int to_bytes) {
  return for_width(to_bytes, [=](auto zero) -> Handler {
    using To = decltype(zero);
    switch (from_bytes) {
      case 1:
        return extend_form<std::uint8_t, To>(is_signed, memory);
      case 2:
        return extend_form<std::uint16_t, To>(is_signed, memory);
      default:
        return extend_form<std::uint32_t, To>(is_signed, memory);
    }
  });
}

Handler exchange(bool memory, int bytes) {
  return for_width(bytes, [memory](auto zero) -> Handler {
    using T = decltype(zero);
    return memory ? &exchange_operands<true, T> : &exchange_operands<false, T>;
  });
}

Handler compare_exchange(bool memory, int bytes) {
  return for_width(bytes, [memory](auto zero) -> Handler {
    using T = decltype(zero);
    return memory ? &compare_exchange_operands<true, T> : &compare_exchange_operands<false, T>;
  });
}

Handler exchange_add(bool memory, int bytes) {
  return for_width(bytes, [memory](auto zero) -> Handler {
    using T = decltype(zero);
    return memory ? &exchange_add_operands<true, T> : &exchange_add_operands<false, T>;
  });
}

Handler conditional_move(bool memory, int bytes) {
  return for_width(bytes, [memory](auto zero) -> Handler {
    using T = decltype(zero);
    return memory ? &conditional_move_operand<true, T> : &conditional_move_operand<false, T>;
  });
}

bool set_on_condition_register(Cpu& cpu, const Operation& op) {
  cpu.set_reg<std::uint8_t>(op.destination, cpu.flags.condition(op.extra) ? 1 : 0);
  return true;
}

bool set_on_condition_memory(Cpu& cpu, const Operation& op) {
  return cpu.store<std::uint8_t>(op, cpu.flags.condition(op.extra) ? 1 : 0);
}

bool load_effective_address(Cpu& cpu, const Operation& op) {
  const std::uint64_t offset = cpu.offset_of(op);
  switch (op.operand_bytes) {
    case 2:
      cpu.set_reg<std::uint16_t>(op.destination, static_cast<std::uint16_t>(offset));
      break;
    case 4:
      cpu.set_reg<std::uint32_t>(op.destination, static_cast<std::uint32_t>(offset));
      break;
    default:
      cpu.set_reg<std::uint64_t>(op.destination, offset);
      break;
  }
  return true;
}

bool translate_byte(Cpu& cpu, const Operation& op) {
  std::uint8_t value = 0;
  const std::uint64_t offset = (cpu.gpr(Gpr::Bx) + cpu.reg<std::uint8_t>(0)) & op.address_mask;
  if (!cpu.read(op.segment, offset, value)) {
    return false;
  }
  cpu.set_reg<std::uint8_t>(0, value);
  return true;
}

bool widen_accumulator(Cpu& cpu, const Operation& op) {
  switch (op.operand_bytes) {
    case 2:
      cpu.set_reg<std::uint16_t>(
          0, static_cast<std::uint16_t>(static_cast<std::int8_t>(cpu.reg<std::uint8_t>(0))));
      break;
    case 4:
      cpu.set_reg<std::uint32_t>(
          0, static_cast<std::uint32_t>(static_cast<std::int16_t>(cpu.reg<std::uint16_t>(0))));
      break;
    default:
      cpu.set_reg<std::uint64_t>(
          0, static_cast<std::uint64_t>(static_cast<std::int32_t>(cpu.reg<std::uint32_t>(0))));
      break;
  }
  return true;
}

bool sign_of_accumulator(Cpu& cpu, const Operation& op) {
  const int unused = 64 - 8 * op.operand_bytes;
  const auto sign =
      static_cast<std::uint64_t>(static_cast<std::int64_t>(cpu.gpr(Gpr::Ax) << unused) >> 63);
  cpu.set_gpr_part(Gpr::Dx, sign, op.operand_bytes);
  return true;
}

bool flags_to_ah(Cpu& cpu, const Operation&) {
  cpu.set_reg<std::uint8_t>(kAh, static_cast<std::uint8_t>(cpu.flags.word()));
  return true;
}

bool ah_to_flags(Cpu& cpu, const Operation&) {
  using namespace x86::eflags;
  constexpr std::uint64_t kLoaded = SF | ZF | AF | PF | CF;
  const std::uint64_t ah = cpu.reg<std::uint8_t>(kAh);
  cpu.flags.set_word((cpu.flags.word() & ~kLoaded) | (ah & kLoaded));
  return true;
}

bool compare_exchange_pair(Cpu& cpu, const Operation& op) {
  return op.operand_bytes == 8 ? compare_exchange_halves<std::uint64_t>(cpu, op)
                               : compare_exchange_halves<std::uint32_t>(cpu, op);
}

bool set_flag_bit(Cpu& cpu, const Operation& op) {
  switch (op.extra) {
    case 0xf5:
      cpu.flags.set_cf(!cpu.flags.cf());
      break;
    case 0xf8:
      cpu.flags.set_cf(false);
      break;
    case 0xf9:
      cpu.flags.set_cf(true);
      break;
    case 0xfc:
      cpu.flags.set_rest(x86::eflags::DF, false);
      break;
    default:
      cpu.flags.set_rest(x86::eflags::DF, true);
      break;
  }
  return true;
}

bool carry_to_al(Cpu& cpu, const Operation&) {
  cpu.set_reg<std::uint8_t>(0, cpu.flags.cf() ? 0xff : 0);
  return true;
}

bool no_operation(Cpu&, const Operation&) { return true; }
bool undefined(Cpu& cpu, const Operation&) { return cpu.invalid_opcode(); }

}  // namespace gv::interpreter
