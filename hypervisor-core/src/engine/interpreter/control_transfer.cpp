// SPDX-License-Identifier: MIT
//
// control_transfer.cpp - near jumps, calls, returns, loops, and software interrupts.
//
// A target beyond the code segment faults at the transfer, not at the target.

#include "engine/interpreter/handlers.h"
#include "x86/exceptions.h"

namespace gv::interpreter {

namespace {

std::uint64_t cut(std::uint64_t target, int bytes) {
  return bytes == 2 ? target & 0xffff : bytes == 4 ? target & 0xffffffff : target;
}

bool reachable(const Cpu& cpu, std::uint64_t target) {
  return cpu.in_64_bit_mode() ? cpu.canonical(target)
                              : target <= cpu.segment(SegmentName::Cs).value.limit;
}

inline bool jump_to(Cpu& cpu, std::uint64_t target) {
  if (!reachable(cpu, target)) [[unlikely]] {
    return cpu.general_protection();
  }
  cpu.rip() = target;
  return true;
}

std::uint64_t relative_target(Cpu& cpu, const Operation& op) {
  return cut(cpu.rip() + op.immediate, op.operand_bytes);
}

// RIP is after the instruction while it runs: the return address.
bool call_to(Cpu& cpu, const Operation& op, std::uint64_t target) {
  if (!reachable(cpu, target)) {
    return cpu.general_protection();
  }
  bool pushed = false;
  switch (op.operand_bytes) {
    case 2:
      pushed = cpu.push(static_cast<std::uint16_t>(cpu.rip()));
      break;
    case 4:
      pushed = cpu.push(static_cast<std::uint32_t>(cpu.rip()));
      break;
    default:
      pushed = cpu.push(cpu.rip());
      break;
  }
  if (!pushed) {
    return false;
  }
  cpu.rip() = target;
  return true;
}

std::uint64_t register_operand(Cpu& cpu, const Operation& op) {
  return cut(cpu.reg<std::uint64_t>(op.destination), op.operand_bytes);
}

bool memory_operand(Cpu& cpu, const Operation& op, std::uint64_t& out) {
  if (op.operand_bytes == 8) {
    return cpu.load(op, out);
  }
  std::uint32_t value = 0;
  std::uint16_t narrow = 0;
  const bool read = op.operand_bytes == 2 ? cpu.load(op, narrow) : cpu.load(op, value);
  out = op.operand_bytes == 2 ? narrow : value;
  return read;
}

template <unsigned kCondition>
bool jump_if(Cpu& cpu, const Operation& op) {
  return !cpu.flags.condition(kCondition) || jump_to(cpu, relative_target(cpu, op));
}

template <class T>
bool return_to(Cpu& cpu, const Operation& op) {
  T target{};
  const std::uint64_t from = cpu.sp();
  if (!cpu.read(SegmentName::Ss, from, target)) {
    return false;
  }
  if (!reachable(cpu, target)) {
    return cpu.general_protection();
  }
  cpu.set_sp(from + sizeof(T) + op.immediate);
  cpu.rip() = target;
  return true;
}

}  // namespace

bool jump_relative(Cpu& cpu, const Operation& op) { return jump_to(cpu, relative_target(cpu, op)); }

Handler jump_on_condition(unsigned condition) {
  static constexpr Handler kHandlers[16] = {&jump_if<0>,  &jump_if<1>,  &jump_if<2>,  &jump_if<3>,
                                            &jump_if<4>,  &jump_if<5>,  &jump_if<6>,  &jump_if<7>,
                                            &jump_if<8>,  &jump_if<9>,  &jump_if<10>, &jump_if<11>,
                                            &jump_if<12>, &jump_if<13>, &jump_if<14>, &jump_if<15>};
  return kHandlers[condition & 15];
}

bool jump_register(Cpu& cpu, const Operation& op) {
  return jump_to(cpu, register_operand(cpu, op));
}

bool jump_memory(Cpu& cpu, const Operation& op) {
  std::uint64_t target = 0;
  return memory_operand(cpu, op, target) && jump_to(cpu, target);
}

bool call_relative(Cpu& cpu, const Operation& op) {
  return call_to(cpu, op, relative_target(cpu, op));
}

bool call_register(Cpu& cpu, const Operation& op) {
  return call_to(cpu, op, register_operand(cpu, op));
}

bool call_memory(Cpu& cpu, const Operation& op) {
  std::uint64_t target = 0;
  return memory_operand(cpu, op, target) && call_to(cpu, op, target);
}

bool return_near(Cpu& cpu, const Operation& op) {
  switch (op.operand_bytes) {
    case 2:
      return return_to<std::uint16_t>(cpu, op);
    case 4:
      return return_to<std::uint32_t>(cpu, op);
    default:
      return return_to<std::uint64_t>(cpu, op);
  }
}

// The counter has the address size; the target has the operand size.
bool loop(Cpu& cpu, const Operation& op) {
  const std::uint64_t mask = op.address_mask;
  const int bytes = mask == 0xffff ? 2 : mask == 0xffffffff ? 4 : 8;
  const std::uint64_t count = cpu.gpr(Gpr::Cx) & mask;
  if (op.extra == 3) {  // JCXZ
    return count != 0 || jump_to(cpu, relative_target(cpu, op));
  }
  const std::uint64_t left = (count - 1) & mask;
  const bool again = left != 0 && (op.extra == 2 || cpu.flags.zf() == (op.extra == 1));
  if (again && !jump_to(cpu, relative_target(cpu, op))) {
    return false;
  }
  cpu.set_gpr_part(Gpr::Cx, left, bytes);
  return true;
}

bool interrupt(Cpu& cpu, const Operation& op) {
  return cpu.done_with(SoftwareInterrupted{static_cast<std::uint8_t>(op.immediate)});
}

bool breakpoint(Cpu& cpu, const Operation&) {
  return cpu.done_with(SoftwareInterrupted{x86::kBreakpoint});
}

bool interrupt_on_overflow(Cpu& cpu, const Operation&) {
  return !cpu.flags.of() || cpu.done_with(SoftwareInterrupted{x86::kOverflow});
}

bool debug_trap(Cpu& cpu, const Operation&) {
  return cpu.done_with(Faulted{x86::kDebug, 0, Gva(0)});
}

bool check_bounds(Cpu& cpu, const Operation& op) {
  bool inside = false;
  if (op.operand_bytes == 2) {
    std::uint16_t low = 0, high = 0;
    if (!cpu.load(op, low) || !cpu.load_part(op, op.operand_bytes, high)) {
      return false;
    }
    const auto index = static_cast<std::int16_t>(cpu.reg<std::uint16_t>(op.source));
    inside = index >= static_cast<std::int16_t>(low) && index <= static_cast<std::int16_t>(high);
  } else {
    std::uint32_t low = 0, high = 0;
    if (!cpu.load(op, low) || !cpu.load_part(op, op.operand_bytes, high)) {
      return false;
    }
    const auto index = static_cast<std::int32_t>(cpu.reg<std::uint32_t>(op.source));
    inside = index >= static_cast<std::int32_t>(low) && index <= static_cast<std::int32_t>(high);
  }
  return inside || cpu.fault(x86::kBoundRangeExceeded);
}

}  // namespace gv::interpreter
