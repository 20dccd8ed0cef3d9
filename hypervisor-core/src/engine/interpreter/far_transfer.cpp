// SPDX-License-Identifier: MIT
//
// far_transfer.cpp - far JMP, CALL and RET, call gates, IRET.
//
// Nothing of the CPU changes before the last check has passed. Not modelled:
// task switches, virtual-8086 mode, call gates in long mode; each raises #GP.
//
// Source: SDM vol. 2A, "JMP", "CALL", "IRET"; vol. 2B, "RET"; vol. 3A,
// "Accessing a Code Segment Through a Call Gate".

#include "engine/interpreter/descriptor_access.h"
#include "engine/interpreter/handlers.h"
#include "x86/exceptions.h"

#include <algorithm>
#include <vector>

namespace gv::interpreter {

using namespace x86;

namespace {

// Values on a stack, read without moving the stack pointer.
class StackReader {
 public:
  StackReader(Cpu& cpu, int bytes) : cpu_(cpu), bytes_(bytes), at_(cpu.sp()) {}
  bool pop(std::uint64_t& out) {
    std::uint16_t narrow = 0;
    std::uint32_t value = 0;
    bool read = false;
    switch (bytes_) {
      case 2:
        read = cpu_.read(SegmentName::Ss, at_, narrow);
        out = narrow;
        break;
      case 4:
        read = cpu_.read(SegmentName::Ss, at_, value);
        out = value;
        break;
      default:
        read = cpu_.read(SegmentName::Ss, at_, out);
        break;
    }
    skip(static_cast<std::uint64_t>(bytes_));
    return read;
  }
  void skip(std::uint64_t bytes) { at_ = (at_ + bytes) & cpu_.stack_mask(); }
  std::uint64_t at() const { return at_; }

 private:
  Cpu& cpu_;
  int bytes_;
  std::uint64_t at_;
};

// Pushes onto the present stack, or onto one that is about to become it.
class StackWriter {
 public:
  StackWriter(Cpu& cpu, int bytes)
      : cpu_(cpu),
        stack_(cpu.segment(SegmentName::Ss)),
        bytes_(bytes),
        mask_(cpu.stack_mask()),
        at_(cpu.sp()),
        user_(cpu.cpl() == 3) {}
  StackWriter(Cpu& cpu, int bytes, const Described& stack, std::uint64_t sp, int cpl)
      : cpu_(cpu), bytes_(bytes), user_(cpl == 3) {
    stack_.value = segment_of(stack.selector, stack.descriptor);
    stack_.work_out_bounds(false, false);
    mask_ = stack_.is_big() ? 0xffffffff : 0xffff;
    at_ = sp & mask_;
  }
  bool push(std::uint64_t value) {
    at_ = (at_ - static_cast<std::uint64_t>(bytes_)) & mask_;
    if (!stack_.allows_write(at_, static_cast<std::size_t>(bytes_))) {
      return cpu_.fault(kStackFault);
    }
    const std::uint64_t linear =
        cpu_.in_64_bit_mode() ? at_ : (stack_.base + at_) & std::uint64_t{0xffffffff};
    switch (bytes_) {
      case 2:
        return cpu_.write_linear(linear, static_cast<std::uint16_t>(value), user_, SegmentName::Ss);
      case 4:
        return cpu_.write_linear(linear, static_cast<std::uint32_t>(value), user_, SegmentName::Ss);
      default:
        return cpu_.write_linear(linear, value, user_, SegmentName::Ss);
    }
  }
  std::uint64_t at() const { return at_; }

 private:
  Cpu& cpu_;
  SegmentRegister stack_;
  int bytes_;
  std::uint64_t mask_ = 0, at_ = 0;
  bool user_;
};

bool offset_fits(const Cpu& cpu, const Descriptor& code, std::uint64_t offset) {
  return cpu.long_mode() && code.long_mode ? cpu.canonical(offset) : offset <= code.limit;
}

// A code segment entered without a change of privilege.
bool check_same_ring(Cpu& cpu, Described& code, std::uint64_t offset) {
  const Descriptor& d = code.descriptor;
  const int rpl = selector_rpl(code.selector);
  const bool allowed =
      d.is_conforming() ? d.dpl <= cpu.cpl() : rpl <= cpu.cpl() && d.dpl == cpu.cpl();
  if (!d.is_code() || !allowed || (cpu.long_mode() && d.long_mode && d.default_32)) {
    return cpu.general_protection(blame(code.selector));
  }
  if (!d.present) {
    return cpu.fault(kSegmentNotPresent, blame(code.selector));
  }
  if (!offset_fits(cpu, d, offset)) {
    return cpu.general_protection();
  }
  return mark_accessed(cpu, code);
}

enum class Transfer : bool { Jump, Call };

// The gate that a far pointer's selector named, and the code segment behind it.
struct GateTarget {
  Gate gate;
  Described code;
  bool to_inner_ring = false;
};

bool check_gate(Cpu& cpu, const Described& named, Transfer how, GateTarget& out) {
  out.gate = parse_gate(named.raw);
  const bool call_gate = (out.gate.type & 7) == system_type::kCallGate16;
  const int needed = std::max<int>(selector_rpl(named.selector), cpu.cpl());
  if (!call_gate || cpu.long_mode() || out.gate.dpl < needed) {
    return cpu.general_protection(blame(named.selector));
  }
  if (!out.gate.present) {
    return cpu.fault(kSegmentNotPresent, blame(named.selector));
  }
  const std::uint16_t selector = out.gate.selector;
  if (selector_is_null(selector)) {
    return cpu.general_protection();
  }
  if (!find_descriptor(cpu, selector, kGeneralProtection, out.code)) {
    return false;
  }
  const Descriptor& d = out.code.descriptor;
  out.to_inner_ring = how == Transfer::Call && !d.is_conforming() && d.dpl < cpu.cpl();
  const bool same_ring = d.is_conforming() ? d.dpl <= cpu.cpl() : d.dpl == cpu.cpl();
  if (!d.is_code() || (!same_ring && !out.to_inner_ring)) {
    return cpu.general_protection(blame(selector));
  }
  if (!d.present) {
    return cpu.fault(kSegmentNotPresent, blame(selector));
  }
  if (!offset_fits(cpu, d, out.gate.offset)) {
    return cpu.general_protection();
  }
  return mark_accessed(cpu, out.code);
}

bool push_return_address(StackWriter& stack, Cpu& cpu) {
  return stack.push(cpu.segment(SegmentName::Cs).value.selector) && stack.push(cpu.rip());
}

// Stack and parameters move to the inner ring. SDM vol. 3A, "Stack Switching".
bool call_inner_ring(Cpu& cpu, GateTarget& target) {
  const int ring = target.code.descriptor.dpl;
  std::uint32_t esp = 0;
  std::uint16_t ss = 0;
  const bool wide_tss = (cpu.tr.value.attributes & 8) != 0;
  const auto at = [&](std::uint32_t offset) {
    return (cpu.tr.value.base + offset) & std::uint64_t{0xffffffff};
  };
  const std::uint32_t esp_at =
      wide_tss ? tss32::esp_of_ring(ring) : 2 + 4u * static_cast<unsigned>(ring);
  const std::uint32_t ss_at = wide_tss ? tss32::ss_of_ring(ring) : esp_at + 2;
  if (ss_at + 1 > cpu.tr.value.limit) {
    return cpu.fault(kInvalidTss, blame(cpu.tr.value.selector));
  }
  std::uint16_t narrow = 0;
  const bool got_sp = wide_tss ? cpu.read_linear(at(esp_at), esp, false)
                               : cpu.read_linear(at(esp_at), narrow, false);
  if (!got_sp || !cpu.read_linear(at(ss_at), ss, false)) {
    return false;
  }
  Described stack;
  if (!check_stack_segment(cpu, ss, ring, kInvalidTss, stack) || !mark_accessed(cpu, stack)) {
    return false;
  }
  const int bytes = target.gate.is_32_bit() ? 4 : 2;
  std::vector<std::uint64_t> parameters(target.gate.parameters);
  StackReader outer(cpu, bytes);
  for (std::uint64_t& parameter : parameters) {
    if (!outer.pop(parameter)) {
      return false;
    }
  }
  StackWriter inner(cpu, bytes, stack, wide_tss ? esp : narrow, ring);
  if (!inner.push(cpu.segment(SegmentName::Ss).value.selector) || !inner.push(cpu.gpr(Gpr::Sp))) {
    return false;
  }
  for (std::size_t i = parameters.size(); i-- > 0;) {
    if (!inner.push(parameters[i])) {
      return false;
    }
  }
  if (!push_return_address(inner, cpu)) {
    return false;
  }
  put_code_segment(cpu, target.code, ring);
  put_segment(cpu, SegmentName::Ss, stack);
  cpu.set_sp(inner.at());
  cpu.rip() = target.gate.offset;
  return true;
}

bool transfer(Cpu& cpu, std::uint16_t selector, std::uint64_t offset, int bytes, Transfer how) {
  if (!cpu.protected_mode()) {
    if (offset > 0xffff) {
      return cpu.general_protection();
    }
    StackWriter stack(cpu, bytes);
    if (how == Transfer::Call) {
      if (!push_return_address(stack, cpu)) {
        return false;
      }
      cpu.set_sp(stack.at());
    }
    put_real_mode_segment(cpu, SegmentName::Cs, selector);
    cpu.rip() = offset;
    return true;
  }
  if (selector_is_null(selector)) {
    return cpu.general_protection();
  }
  Described named;
  if (!find_descriptor(cpu, selector, kGeneralProtection, named)) {
    return false;
  }
  if (!named.descriptor.code_or_data) {
    GateTarget target;
    if (!check_gate(cpu, named, how, target)) {
      return false;
    }
    if (target.to_inner_ring) {
      return call_inner_ring(cpu, target);
    }
    named = target.code;
    offset = target.gate.offset;
    bytes = target.gate.is_32_bit() ? 4 : 2;
  } else if (!check_same_ring(cpu, named, offset)) {
    return false;
  }
  if (how == Transfer::Call) {
    StackWriter stack(cpu, bytes);
    if (!push_return_address(stack, cpu)) {
      return false;
    }
    cpu.set_sp(stack.at());
  }
  put_code_segment(cpu, named, cpu.cpl());
  cpu.rip() = offset;
  return true;
}

bool pointer_in_memory(Cpu& cpu, const Operation& op, std::uint64_t& offset,
                       std::uint16_t& selector) {
  std::uint16_t narrow = 0;
  std::uint32_t value = 0;
  bool read = false;
  switch (op.operand_bytes) {
    case 2:
      read = cpu.load(op, narrow);
      offset = narrow;
      break;
    case 4:
      read = cpu.load(op, value);
      offset = value;
      break;
    default:
      read = cpu.load(op, offset);
      break;
  }
  return read && cpu.load_part(op, op.operand_bytes, selector);
}

// The code segment that a far RET or IRET goes back to. RPL is the new CPL.
bool check_return(Cpu& cpu, std::uint16_t selector, std::uint64_t offset, Described& code) {
  if (selector_is_null(selector)) {
    return cpu.general_protection();
  }
  if (!find_descriptor(cpu, selector, kGeneralProtection, code)) {
    return false;
  }
  const Descriptor& d = code.descriptor;
  const int rpl = selector_rpl(selector);
  const bool ring_fits = d.is_conforming() ? d.dpl <= rpl : d.dpl == rpl;
  if (!d.is_code() || rpl < cpu.cpl() || !ring_fits ||
      (cpu.long_mode() && d.long_mode && d.default_32)) {
    return cpu.general_protection(blame(selector));
  }
  if (!d.present) {
    return cpu.fault(kSegmentNotPresent, blame(selector));
  }
  if (!offset_fits(cpu, d, offset)) {
    return cpu.general_protection();
  }
  return mark_accessed(cpu, code);
}

// The stack of the outer ring; null is good in 64-bit mode below ring 3.
bool check_outer_stack(Cpu& cpu, std::uint16_t selector, const Described& code, Described& stack) {
  const int rpl = selector_rpl(code.selector);
  const bool to_64_bit = cpu.long_mode() && code.descriptor.long_mode;
  if (selector_is_null(selector) && to_64_bit && rpl != 3 && selector_rpl(selector) == rpl) {
    stack = {.selector = selector};
    return true;
  }
  return check_stack_segment(cpu, selector, rpl, kGeneralProtection, stack) &&
         mark_accessed(cpu, stack);
}

void go_back(Cpu& cpu, const Described& code, std::uint64_t offset, const Described* stack,
             std::uint64_t sp) {
  const int before = cpu.cpl();
  const int cpl = selector_rpl(code.selector);
  put_code_segment(cpu, code, cpl);
  cpu.rip() = offset;
  if (stack != nullptr) {
    if (selector_is_null(stack->selector)) {
      put_null_segment(cpu, SegmentName::Ss, stack->selector);
    } else {
      put_segment(cpu, SegmentName::Ss, *stack);
    }
  }
  cpu.set_sp(sp);
  if (cpl > before) {
    drop_inner_segments(cpu);
  }
}

// Which flags IRET takes from the frame.
std::uint32_t flags_iret_may_change(const Cpu& cpu, int bytes) {
  using namespace eflags;
  std::uint32_t mask = kArithmeticFlags | TF | DF | NT;
  if (bytes > 2) {
    mask |= RF | AC | ID;
  }
  if (!cpu.protected_mode() || cpu.cpl() == 0) {
    mask |= IOPL | IF;
  } else if (cpu.cpl() <= iopl(cpu.flags.rest())) {
    mask |= IF;
  }
  return mask;
}

void set_flags(Cpu& cpu, std::uint64_t value, std::uint32_t mask) {
  cpu.flags.set_word((cpu.flags.word() & ~std::uint64_t{mask}) | (value & mask));
  cpu.if_may_have_changed = true;
}

bool interrupt_return_real(Cpu& cpu, int bytes) {
  StackReader stack(cpu, bytes);
  std::uint64_t ip = 0, cs = 0, flags = 0;
  if (!stack.pop(ip) || !stack.pop(cs) || !stack.pop(flags)) {
    return false;
  }
  if (ip > 0xffff) {
    return cpu.general_protection();
  }
  set_flags(cpu, flags, flags_iret_may_change(cpu, bytes));
  put_real_mode_segment(cpu, SegmentName::Cs, static_cast<std::uint16_t>(cs));
  cpu.rip() = ip;
  cpu.set_sp(stack.at());
  return true;
}

}  // namespace

bool far_jump_immediate(Cpu& cpu, const Operation& op) {
  return transfer(cpu, static_cast<std::uint16_t>(op.immediate >> 32), op.immediate & 0xffffffff,
                  op.operand_bytes, Transfer::Jump);
}

bool far_call_immediate(Cpu& cpu, const Operation& op) {
  return transfer(cpu, static_cast<std::uint16_t>(op.immediate >> 32), op.immediate & 0xffffffff,
                  op.operand_bytes, Transfer::Call);
}

bool far_jump_memory(Cpu& cpu, const Operation& op) {
  std::uint64_t offset = 0;
  std::uint16_t selector = 0;
  return pointer_in_memory(cpu, op, offset, selector) &&
         transfer(cpu, selector, offset, op.operand_bytes, Transfer::Jump);
}

bool far_call_memory(Cpu& cpu, const Operation& op) {
  std::uint64_t offset = 0;
  std::uint16_t selector = 0;
  return pointer_in_memory(cpu, op, offset, selector) &&
         transfer(cpu, selector, offset, op.operand_bytes, Transfer::Call);
}

bool far_return(Cpu& cpu, const Operation& op) {
  StackReader stack(cpu, op.operand_bytes);
  std::uint64_t ip = 0, popped_cs = 0;
  if (!stack.pop(ip) || !stack.pop(popped_cs)) {
    return false;
  }
  const auto cs = static_cast<std::uint16_t>(popped_cs);
  stack.skip(op.immediate);
  if (!cpu.protected_mode()) {
    if (ip > 0xffff) {
      return cpu.general_protection();
    }
    put_real_mode_segment(cpu, SegmentName::Cs, cs);
    cpu.rip() = ip;
    cpu.set_sp(stack.at());
    return true;
  }
  Described code;
  if (!check_return(cpu, cs, ip, code)) {
    return false;
  }
  if (selector_rpl(cs) == cpu.cpl()) {
    go_back(cpu, code, ip, nullptr, stack.at());
    return true;
  }
  std::uint64_t sp = 0, ss = 0;
  Described outer;
  if (!stack.pop(sp) || !stack.pop(ss) ||
      !check_outer_stack(cpu, static_cast<std::uint16_t>(ss), code, outer)) {
    return false;
  }
  go_back(cpu, code, ip, &outer, sp + op.immediate);
  return true;
}

bool interrupt_return(Cpu& cpu, const Operation& op) {
  const int bytes = op.operand_bytes;
  if (!cpu.protected_mode()) {
    return interrupt_return_real(cpu, bytes);
  }
  if (cpu.flags.has(eflags::NT)) {
    return cpu.general_protection();
  }
  StackReader stack(cpu, bytes);
  std::uint64_t ip = 0, popped_cs = 0, flags = 0;
  if (!stack.pop(ip) || !stack.pop(popped_cs) || !stack.pop(flags)) {
    return false;
  }
  if ((flags & eflags::VM) != 0 && cpu.cpl() == 0 && bytes == 4 && !cpu.long_mode()) {
    return cpu.general_protection();
  }
  const auto cs = static_cast<std::uint16_t>(popped_cs);
  Described code;
  if (!check_return(cpu, cs, ip, code)) {
    return false;
  }
  const std::uint32_t mask = flags_iret_may_change(cpu, bytes);
  // 64-bit mode pops SS:RSP whether or not the ring changes.
  if (selector_rpl(cs) == cpu.cpl() && !cpu.in_64_bit_mode()) {
    go_back(cpu, code, ip, nullptr, stack.at());
  } else {
    std::uint64_t sp = 0, ss = 0;
    Described outer;
    if (!stack.pop(sp) || !stack.pop(ss) ||
        !check_outer_stack(cpu, static_cast<std::uint16_t>(ss), code, outer)) {
      return false;
    }
    go_back(cpu, code, ip, &outer, sp);
  }
  set_flags(cpu, flags, mask);
  return true;
}

}  // namespace gv::interpreter
