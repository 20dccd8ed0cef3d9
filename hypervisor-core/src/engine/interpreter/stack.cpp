// SPDX-License-Identifier: MIT
//
// stack.cpp - PUSH, POP and the instructions made of them.

#include "engine/interpreter/handlers.h"

namespace gv::interpreter {

using namespace x86;

namespace {

template <class T>
bool push_from_register(Cpu& cpu, const Operation& op) {
  return cpu.push<T>(cpu.reg<T>(op.source));  // PUSH ESP pushes the value before
}

template <class T>
bool pop_to_register(Cpu& cpu, const Operation& op) {
  T value{};
  if (!cpu.pop(value)) {
    return false;
  }
  cpu.set_reg<T>(op.destination, value);  // POP ESP: the popped value wins
  return true;
}

// Runs `body` with a value of the operand's width.
template <class Body>
bool at_operand_size(const Operation& op, Body body) {
  switch (op.operand_bytes) {
    case 2:
      return body(std::uint16_t{});
    case 8:
      return body(std::uint64_t{});
    default:
      return body(std::uint32_t{});
  }
}

template <class T>
bool push_every_register(Cpu& cpu) {
  const std::uint64_t top = cpu.sp();
  // All eight must fit before any is written: a fault in the middle would leave some behind,
  // which is allowed, but needs no repair this way.
  T values[8];
  for (std::uint8_t i = 0; i < 8; ++i) {
    values[i] = cpu.reg<T>(static_cast<std::uint8_t>(i * 8));
  }
  std::uint64_t at = top;
  for (const T value : values) {
    at = (at - sizeof(T)) & cpu.stack_mask();
    if (!cpu.write(SegmentName::Ss, at, value)) {
      return false;
    }
  }
  cpu.set_sp(at);
  return true;
}

template <class T>
bool pop_every_register(Cpu& cpu) {
  std::uint64_t at = cpu.sp();
  T values[8]{};
  for (int i = 7; i >= 0; --i) {
    if (!cpu.read(SegmentName::Ss, at, values[i])) {
      return false;
    }
    at = (at + sizeof(T)) & cpu.stack_mask();
  }
  for (std::uint8_t i = 0; i < 8; ++i) {
    if (i != static_cast<std::uint8_t>(Gpr::Sp)) {
      cpu.set_reg<T>(static_cast<std::uint8_t>(i * 8), values[i]);
    }
  }
  cpu.set_sp(at);
  return true;
}

// SDM vol. 2B, "POPF": which bits change depends on mode, CPL and IOPL.
std::uint32_t flags_popf_may_change(const Cpu& cpu) {
  using namespace eflags;
  std::uint32_t mask = kArithmeticFlags | TF | DF | NT | AC | ID | RF;
  if (!cpu.protected_mode() || cpu.cpl() == 0) {
    mask |= IOPL | IF;
  } else if (cpu.cpl() <= iopl(cpu.flags.rest())) {
    mask |= IF;
  }
  return mask;
}

template <class T>
bool push_flag_word(Cpu& cpu) {
  return cpu.push(static_cast<T>(cpu.flags.word() & ~std::uint64_t{eflags::VM | eflags::RF}));
}

template <class T>
bool pop_flag_word(Cpu& cpu) {
  T value{};
  if (!cpu.pop(value)) {
    return false;
  }
  std::uint32_t mask = flags_popf_may_change(cpu);
  if (sizeof(T) == 2) {
    mask &= 0xffff;
  }
  const std::uint64_t wanted = std::uint64_t{value} & ~std::uint64_t{eflags::RF};
  cpu.flags.set_word((cpu.flags.word() & ~std::uint64_t{mask}) | (wanted & mask));
  cpu.if_may_have_changed = true;
  return true;
}

template <class T>
bool enter(Cpu& cpu, const Operation& op) {
  const int levels = op.extra & 31;
  const std::uint64_t mask = cpu.stack_mask();
  std::uint64_t at = (cpu.sp() - sizeof(T)) & mask;
  if (!cpu.write(SegmentName::Ss, at, cpu.reg<T>(static_cast<std::uint8_t>(Gpr::Bp) * 8))) {
    return false;
  }
  const std::uint64_t frame = at;
  std::uint64_t from = cpu.gpr(Gpr::Bp) & mask;
  for (int level = 1; level < levels; ++level) {
    T link{};
    from = (from - sizeof(T)) & mask;
    at = (at - sizeof(T)) & mask;
    if (!cpu.read(SegmentName::Ss, from, link) || !cpu.write(SegmentName::Ss, at, link)) {
      return false;
    }
  }
  if (levels > 0) {
    at = (at - sizeof(T)) & mask;
    if (!cpu.write(SegmentName::Ss, at, static_cast<T>(frame))) {
      return false;
    }
  }
  const std::uint64_t sp = (at - op.immediate) & mask;
  // The new top must be writable too: ENTER faults where the first push after it would.
  if (!cpu.writable(SegmentName::Ss, sp, sizeof(T))) {
    return false;
  }
  // The frame pointer has the stack's width, whatever the operands have.
  cpu.set_gpr_part(Gpr::Bp, frame, mask == 0xffff ? 2 : mask == 0xffffffff ? 4 : 8);
  cpu.set_sp(sp);
  return true;
}

}  // namespace

Handler push_register(int bytes) {
  return for_width(bytes, [](auto zero) -> Handler { return &push_from_register<decltype(zero)>; });
}

Handler pop_register(int bytes) {
  return for_width(bytes, [](auto zero) -> Handler { return &pop_to_register<decltype(zero)>; });
}

bool push_memory(Cpu& cpu, const Operation& op) {
  return at_operand_size(op, [&](auto value) { return cpu.load(op, value) && cpu.push(value); });
}

// An address made with SP uses its value after the pop. SDM vol. 2B, "POP".
bool pop_memory(Cpu& cpu, const Operation& op) {
  return at_operand_size(op, [&](auto value) {
    const std::uint64_t before = cpu.gpr(Gpr::Sp);
    if (!cpu.pop(value)) {
      return false;
    }
    if (!cpu.store(op, value)) {
      cpu.gpr(Gpr::Sp) = before;
      return false;
    }
    return true;
  });
}

bool push_immediate(Cpu& cpu, const Operation& op) {
  return at_operand_size(
      op, [&](auto zero) { return cpu.push(static_cast<decltype(zero)>(op.immediate)); });
}

bool push_all(Cpu& cpu, const Operation& op) {
  return op.operand_bytes == 2 ? push_every_register<std::uint16_t>(cpu)
                               : push_every_register<std::uint32_t>(cpu);
}

bool pop_all(Cpu& cpu, const Operation& op) {
  return op.operand_bytes == 2 ? pop_every_register<std::uint16_t>(cpu)
                               : pop_every_register<std::uint32_t>(cpu);
}

bool push_flags(Cpu& cpu, const Operation& op) {
  return at_operand_size(op, [&](auto zero) { return push_flag_word<decltype(zero)>(cpu); });
}

bool pop_flags(Cpu& cpu, const Operation& op) {
  return at_operand_size(op, [&](auto zero) { return pop_flag_word<decltype(zero)>(cpu); });
}

bool enter_frame(Cpu& cpu, const Operation& op) {
  return at_operand_size(op, [&](auto zero) { return enter<decltype(zero)>(cpu, op); });
}

bool leave_frame(Cpu& cpu, const Operation& op) {
  return at_operand_size(op, [&](auto value) {
    const std::uint64_t from = cpu.gpr(Gpr::Bp) & cpu.stack_mask();
    if (!cpu.read(SegmentName::Ss, from, value)) {
      return false;
    }
    cpu.set_sp(from + sizeof value);
    cpu.set_gpr_part(Gpr::Bp, value, sizeof value);
    return true;
  });
}

}  // namespace gv::interpreter
