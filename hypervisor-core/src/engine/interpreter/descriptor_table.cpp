// SPDX-License-Identifier: MIT
//
// descriptor_table.cpp - LGDT to STR, and the instructions that ask about descriptors.

#include "engine/interpreter/descriptor_access.h"
#include "engine/interpreter/handlers.h"
#include "x86/exceptions.h"

#include <algorithm>

namespace gv::interpreter {

using namespace x86;

namespace {

bool read_selector(Cpu& cpu, const Operation& op, std::uint16_t& out) {
  out = cpu.reg<std::uint16_t>(op.destination);
  return !op.memory_operand || cpu.load(op, out);
}

bool only_ring_0(Cpu& cpu) { return cpu.cpl() == 0 || cpu.general_protection(); }
bool only_protected_mode(Cpu& cpu) { return cpu.protected_mode() || cpu.invalid_opcode(); }

// Whether LAR, LSL, VERR and VERW may see the descriptor at all.
bool visible(const Cpu& cpu, const Described& d) {
  const int needed = std::max<int>(selector_rpl(d.selector), cpu.cpl());
  return d.descriptor.is_conforming() || d.descriptor.dpl >= needed;
}

bool type_known_to_lar(const Descriptor& d, bool long_mode) {
  using namespace system_type;
  if (d.code_or_data) {
    return true;
  }
  switch (d.type) {
    case kTss16Available:
    case kTss16Busy:
    case kCallGate16:
    case kTaskGate:
      return !long_mode;
    case kLdt:
    case kTss32Available:
    case kTss32Busy:
    case kCallGate32:
      return true;
    default:
      return false;
  }
}

bool type_known_to_lsl(const Descriptor& d, bool long_mode) {
  using namespace system_type;
  if (d.code_or_data) {
    return true;
  }
  switch (d.type) {
    case kTss16Available:
    case kTss16Busy:
      return !long_mode;
    case kLdt:
    case kTss32Available:
    case kTss32Busy:
      return true;
    default:
      return false;
  }
}

}  // namespace

bool store_table(Cpu& cpu, const Operation& op) {
  const DescriptorTableRegister& table = op.extra == 0 ? cpu.gdtr : cpu.idtr;
  const std::uint64_t offset = cpu.offset_of(op);
  if (!cpu.writable(op.segment, offset, cpu.in_64_bit_mode() ? 10 : 6) ||
      !cpu.store(op, table.limit)) {
    return false;
  }
  return cpu.in_64_bit_mode() ? cpu.store_part(op, 2, table.base)
                              : cpu.store_part(op, 2, static_cast<std::uint32_t>(table.base));
}

bool load_table(Cpu& cpu, const Operation& op) {
  if (!only_ring_0(cpu)) {
    return false;
  }
  std::uint16_t limit = 0;
  std::uint64_t base = 0;
  std::uint32_t narrow = 0;
  if (!cpu.load(op, limit)) {
    return false;
  }
  if (cpu.in_64_bit_mode() ? !cpu.load_part(op, 2, base) : !cpu.load_part(op, 2, narrow)) {
    return false;
  }
  if (!cpu.in_64_bit_mode()) {
    base = op.operand_bytes == 2 ? narrow & 0xffffff : narrow;
  } else if (!cpu.canonical(base)) {
    return cpu.general_protection();
  }
  (op.extra == 0 ? cpu.gdtr : cpu.idtr) = {base, limit};
  return true;
}

bool store_selector(Cpu& cpu, const Operation& op) {
  if (!only_protected_mode(cpu)) {
    return false;
  }
  const std::uint16_t selector = (op.extra == 0 ? cpu.ldtr : cpu.tr).value.selector;
  if (op.memory_operand) {
    return cpu.store(op, selector);
  }
  if (op.operand_bytes == 2) {
    cpu.set_reg<std::uint16_t>(op.destination, selector);
  } else {
    cpu.set_reg<std::uint64_t>(op.destination, selector);
  }
  return true;
}

bool load_ldt(Cpu& cpu, const Operation& op) {
  std::uint16_t selector = 0;
  if (!only_protected_mode(cpu) || !only_ring_0(cpu) || !read_selector(cpu, op, selector)) {
    return false;
  }
  if (selector_is_null(selector)) {
    cpu.ldtr.value = {.selector = selector};
    return true;
  }
  Described d;
  if (selector_in_ldt(selector)) {
    return cpu.general_protection(blame(selector));
  }
  if (!find_descriptor(cpu, selector, kGeneralProtection, d)) {
    return false;
  }
  if (d.descriptor.code_or_data || d.descriptor.type != system_type::kLdt) {
    return cpu.general_protection(blame(selector));
  }
  if (!d.descriptor.present) {
    return cpu.fault(kSegmentNotPresent, blame(selector));
  }
  if (!read_upper_half(cpu, d)) {
    return false;
  }
  cpu.ldtr.value = segment_of(selector, d.descriptor);
  cpu.ldtr.value.base |= d.upper << 32;
  return true;
}

// Marks the TSS busy, in the register and in the table.
bool load_task_register(Cpu& cpu, const Operation& op) {
  std::uint16_t selector = 0;
  if (!only_protected_mode(cpu) || !only_ring_0(cpu) || !read_selector(cpu, op, selector)) {
    return false;
  }
  if (selector_is_null(selector)) {
    return cpu.general_protection();
  }
  Described d;
  if (selector_in_ldt(selector)) {
    return cpu.general_protection(blame(selector));
  }
  if (!find_descriptor(cpu, selector, kGeneralProtection, d)) {
    return false;
  }
  const bool available = !d.descriptor.code_or_data &&
                         (d.descriptor.type == system_type::kTss32Available ||
                          (d.descriptor.type == system_type::kTss16Available && !cpu.long_mode()));
  if (!available) {
    return cpu.general_protection(blame(selector));
  }
  if (!d.descriptor.present) {
    return cpu.fault(kSegmentNotPresent, blame(selector));
  }
  if (!read_upper_half(cpu, d)) {
    return false;
  }
  constexpr std::uint8_t kBusy = 2;
  d.descriptor.type |= kBusy;
  const std::uint64_t at = cpu.gdtr.base + selector_offset(selector) + 5;
  if (!cpu.write_linear(at, static_cast<std::uint8_t>((d.raw >> 40) | kBusy), false)) {
    return false;
  }
  cpu.tr.value = segment_of(selector, d.descriptor);
  cpu.tr.value.base |= d.upper << 32;
  return true;
}

bool verify_segment(Cpu& cpu, const Operation& op) {
  std::uint16_t selector = 0;
  if (!only_protected_mode(cpu) || !read_selector(cpu, op, selector)) {
    return false;
  }
  Described d;
  bool found = false;
  if (!selector_is_null(selector) && !look_up_descriptor(cpu, selector, d, found)) {
    return false;
  }
  const bool right = op.extra == 0 ? d.descriptor.is_readable() : d.descriptor.is_writable();
  cpu.flags.set_zf(found && d.descriptor.code_or_data && right && visible(cpu, d));
  return true;
}

bool load_access_or_limit(Cpu& cpu, const Operation& op) {
  // The selector is a 16-bit operand whatever the operand size.
  std::uint16_t selector = cpu.reg<std::uint16_t>(op.source);
  if (!only_protected_mode(cpu) || (op.memory_operand && !cpu.load(op, selector))) {
    return false;
  }
  Described d;
  bool found = false;
  if (!selector_is_null(selector) && !look_up_descriptor(cpu, selector, d, found)) {
    return false;
  }
  const bool known = op.extra == 0 ? type_known_to_lar(d.descriptor, cpu.long_mode())
                                   : type_known_to_lsl(d.descriptor, cpu.long_mode());
  const bool good = found && known && visible(cpu, d);
  cpu.flags.set_zf(good);
  if (good) {
    const std::uint32_t value =
        op.extra == 0 ? static_cast<std::uint32_t>(d.raw >> 32) & 0x00f0ff00 : d.descriptor.limit;
    if (op.operand_bytes == 2) {
      cpu.set_reg<std::uint16_t>(op.destination, static_cast<std::uint16_t>(value));
    } else {
      cpu.set_reg<std::uint32_t>(op.destination, value);
    }
  }
  return true;
}

bool adjust_requested_privilege(Cpu& cpu, const Operation& op) {
  if (!only_protected_mode(cpu)) {
    return false;
  }
  const int wanted = selector_rpl(cpu.reg<std::uint16_t>(op.source));
  bool raised = false;
  const auto change = [&](std::uint16_t selector) {
    raised = selector_rpl(selector) < wanted;
    return raised ? with_rpl(selector, wanted) : selector;
  };
  if (op.memory_operand) {
    if (!cpu.modify<std::uint16_t>(op, change)) {
      return false;
    }
  } else {
    cpu.set_reg<std::uint16_t>(op.destination, change(cpu.reg<std::uint16_t>(op.destination)));
  }
  cpu.flags.set_zf(raised);
  return true;
}

}  // namespace gv::interpreter
