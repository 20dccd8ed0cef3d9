// SPDX-License-Identifier: MIT
//
// segment_load.cpp - MOV, PUSH and POP of segment registers, LDS and its relatives.

#include "engine/interpreter/descriptor_access.h"
#include "engine/interpreter/handlers.h"

namespace gv::interpreter {

namespace {

SegmentName named(const Operation& op) { return static_cast<SegmentName>(op.extra); }

// Interrupts wait one instruction after a load of SS, so that SP can follow.
bool loaded(Cpu& cpu, SegmentName name, std::uint16_t selector) {
  if (!load_segment(cpu, name, selector)) {
    return false;
  }
  cpu.interrupt_shadow = cpu.interrupt_shadow || name == SegmentName::Ss;
  return true;
}

template <class T>
bool far_pointer(Cpu& cpu, const Operation& op) {
  T offset{};
  std::uint16_t selector = 0;
  if (!cpu.load(op, offset) || !cpu.load_part(op, sizeof(T), selector) ||
      !load_segment(cpu, named(op), selector)) {
    return false;
  }
  cpu.set_reg<T>(op.destination, offset);
  return true;
}

}  // namespace

bool push_segment(Cpu& cpu, const Operation& op) {
  const std::uint16_t selector = cpu.segment(named(op)).value.selector;
  switch (op.operand_bytes) {
    case 2:
      return cpu.push(selector);
    case 4:
      return cpu.push(std::uint32_t{selector});
    default:
      return cpu.push(std::uint64_t{selector});
  }
}

bool pop_segment(Cpu& cpu, const Operation& op) {
  std::uint16_t selector = 0;
  const std::uint64_t from = cpu.sp();
  if (!cpu.read(SegmentName::Ss, from, selector)) {
    return false;
  }
  // The size of the stack pointer is the old stack's.
  const std::uint64_t mask = cpu.stack_mask();
  if (!loaded(cpu, named(op), selector)) {
    return false;
  }
  const std::uint64_t to = (from + op.operand_bytes) & mask;
  cpu.set_gpr_part(Gpr::Sp, to, mask == 0xffff ? 2 : mask == 0xffffffff ? 4 : 8);
  return true;
}

bool move_from_segment(Cpu& cpu, const Operation& op) {
  const std::uint16_t selector = cpu.segment(named(op)).value.selector;
  if (op.memory_operand) {
    return cpu.store(op, selector);  // always sixteen bits
  }
  if (op.operand_bytes == 2) {
    cpu.set_reg<std::uint16_t>(op.destination, selector);
  } else {
    cpu.set_reg<std::uint64_t>(op.destination, selector);
  }
  return true;
}

bool move_to_segment(Cpu& cpu, const Operation& op) {
  std::uint16_t selector = cpu.reg<std::uint16_t>(op.destination);
  if (op.memory_operand && !cpu.load(op, selector)) {
    return false;
  }
  return loaded(cpu, named(op), selector);
}

bool load_far_pointer(Cpu& cpu, const Operation& op) {
  switch (op.operand_bytes) {
    case 2:
      return far_pointer<std::uint16_t>(cpu, op);
    case 8:
      return far_pointer<std::uint64_t>(cpu, op);
    default:
      return far_pointer<std::uint32_t>(cpu, op);
  }
}

}  // namespace gv::interpreter
