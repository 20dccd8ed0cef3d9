// SPDX-License-Identifier: MIT
//
// reflect.cpp - into the guest kernel's handlers, and back out of them.
//
// Reflection plays the guest's hardware: the frame on the guest kernel's stack
// shows the selectors and flags that the guest believes in. That is also what
// makes the way back trap: IRET in ring 1 to a selector with RPL 0 is a #GP.

#include "technique/deprivileged/deprivileged_guest.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

namespace gv {

using namespace x86;

namespace {

constexpr std::uint32_t kLoadedByIret = eflags::CF | eflags::PF | eflags::AF | eflags::ZF |
                                        eflags::SF | eflags::TF | eflags::DF | eflags::OF |
                                        eflags::NT | eflags::RF | eflags::AC | eflags::ID;

constexpr std::size_t kLargestFrame = 24;  // error code, EIP, CS, EFLAGS, ESP, SS

}  // namespace

// The real flags while the guest runs: its own, but interrupts on and IOPL 0.
std::uint64_t DeprivilegedGuest::physical_flags(std::uint64_t guest_flags) const {
  const std::uint64_t not_the_guests =
      eflags::IF | eflags::IOPL | eflags::VM | eflags::VIF | eflags::VIP;
  return (guest_flags & ~not_the_guests) | eflags::IF | eflags::kAlwaysOne;
}

void DeprivilegedGuest::reflect(const InterruptRequest& request) {
  const RegisterFile before = registers();
  const auto taken = deliver_or_escalate(before, guest_linear(), request);
  if (!taken) {
    context_.machine.end_guest(GuestEnd::Crashed, request.vector);
    return;
  }
  const RegisterFile& next = taken->cpu;
  const Gva at = linear_rip();
  enter(next, before);
  const std::uint64_t frame = next[SegmentName::Ss].base + next[Gpr::Sp];
  wrote_memory(Gva(frame & 0xffffffffu), kLargestFrame);
  const InterruptRequest& delivered = taken->delivered;
  const Gva handler((next[SegmentName::Cs].base + next.rip) & 0xffffffffu);
  if (delivered.source == InterruptSource::Hardware) {
    ++context_.ledger.interrupts;
    context_.record(at, InterruptDelivered{delivered.vector, handler});
  } else {
    ++context_.ledger.reflections;
    context_.record(
        at, ExceptionDelivered{delivered.vector, delivered.source == InterruptSource::Software,
                               delivered.error_code.value_or(0), handler});
  }
}

// The virtual CPU becomes `next`; the physical one follows at the next entry.
void DeprivilegedGuest::enter(const RegisterFile& next, const RegisterFile& before) {
  VcpuEngine& cpu = context_.engine;
  cpu_.cr2 = static_cast<std::uint32_t>(next.cr2);
  cpu_.interrupt_flag = (next.rflags & eflags::IF) != 0;
  cpu_.iopl = static_cast<std::uint8_t>(eflags::iopl(next.rflags));
  cpu_.in_kernel = (next[SegmentName::Cs].selector & 3) == 0;
  cpu.set_gpr(Gpr::Sp, next[Gpr::Sp]);
  go_to(next.rip);
  cpu.set_rflags(physical_flags(next.rflags));
  const bool same_place = next[SegmentName::Cs].selector == before[SegmentName::Cs].selector &&
                          next[SegmentName::Ss].selector == before[SegmentName::Ss].selector;
  if (same_place) {
    return;
  }
  gdt_.update(cpu_.gdtr, guest_linear());
  const std::uint16_t cs = next[SegmentName::Cs].selector;
  const int ring = cpu_.in_kernel ? 1 : 3;
  cpu.switch_privilege({cpu_.in_kernel ? kernel_code_selector(cs) : with_rpl(cs, 3),
                        with_rpl(next[SegmentName::Ss].selector, ring),
                        cpu_.in_kernel ? gdt_.kernel_table() : gdt_.user_table()});
  segments_changed(next);
}

// IRET, far RET and far JMP of the guest kernel. SDM vol. 2A, "IRET/IRETD".
bool DeprivilegedGuest::emulate_return(const Instruction& what) {
  const bool iret = what.mnemonic == Mnemonic::Iret;
  const bool far_ret = what.mnemonic == Mnemonic::FarRet;
  if ((!iret && !far_ret) || what.operand_size != 32) {
    return false;
  }
  const RegisterFile before = registers();
  const LinearMemory memory = guest_linear();
  std::uint64_t sp = before[Gpr::Sp];
  const auto pop = [&]() -> std::optional<std::uint32_t> {
    const Gva at((before[SegmentName::Ss].base + sp) & 0xffffffffu);
    sp = (sp + 4) & 0xffffffffu;
    return memory.load<std::uint32_t>(at, AccessLevel::Supervisor);
  };
  const auto eip = pop();
  const auto cs = pop();
  const auto flags = iret ? pop() : std::optional(static_cast<std::uint32_t>(before.rflags));
  if (!eip || !cs || !flags || (iret && (*flags & eflags::VM) != 0)) {
    return false;
  }
  sp += far_ret ? what.stack_adjustment : 0u;

  RegisterFile next = before;
  const auto code_selector = static_cast<std::uint16_t>(*cs);
  const int target_ring = selector_rpl(code_selector);
  const auto descriptor = [&](std::uint16_t selector) {
    const std::uint32_t offset = selector_offset(selector);
    if (selector_is_null(selector) || selector_in_ldt(selector) || offset + 7 > cpu_.gdtr.limit) {
      return Descriptor{};
    }
    return parse_descriptor(
        memory.load<std::uint64_t>(Gva(cpu_.gdtr.base + offset), AccessLevel::Supervisor)
            .value_or(0));
  };
  const Descriptor code = descriptor(code_selector);
  if (!code.is_code() || !code.present || (target_ring != 0 && target_ring != 3) ||
      (!code.is_conforming() && code.dpl != target_ring)) {
    return false;
  }
  next[SegmentName::Cs] = segment_of(code_selector, code);
  next.rip = *eip;
  next[Gpr::Sp] = sp;
  if (target_ring == 3) {
    const auto esp = pop();
    const auto ss = pop();
    if (!esp || !ss) {
      return false;
    }
    const auto stack_selector = static_cast<std::uint16_t>(*ss);
    const Descriptor stack = descriptor(stack_selector);
    if (!stack.is_writable() || !stack.present || stack.dpl != 3 ||
        selector_rpl(stack_selector) != 3) {
      return false;
    }
    next[SegmentName::Ss] = segment_of(stack_selector, stack);
    next[Gpr::Sp] = *esp;
  }
  if (iret) {
    // Ring 0 may change IF and IOPL as well.
    const std::uint64_t loaded = kLoadedByIret | eflags::IF | eflags::IOPL;
    next.rflags = (before.rflags & ~loaded) | (*flags & loaded) | eflags::kAlwaysOne;
  }
  const Gva at = linear_rip();
  ++context_.emulated;
  enter(next, before);
  if (cpu_.interrupt_flag != ((before.rflags & eflags::IF) != 0)) {
    context_.record(at, InterruptFlagChanged{cpu_.interrupt_flag});
  }
  context_.record(at, InstructionEmulated{what.mnemonic, *eip});
  return true;
}

}  // namespace gv
