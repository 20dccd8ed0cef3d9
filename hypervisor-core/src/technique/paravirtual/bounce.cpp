// SPDX-License-Identifier: MIT
//
// bounce.cpp - frames that the hypervisor pushes for the guest's kernel, and the way back.
//
// A real CPU would push them itself through an IDT; here the kernel is not at ring 0 and has
// none. The frame is IRET's own, with two words of SYSCALL's below it in 64-bit guests, and the
// saved event mask in the unused half of CS.
//
// Source: Xen's public headers xen-x86_64.h, struct iret_context; xen-x86_32.h.

#include "technique/paravirtual/paravirtual_guest.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

#include <string>

namespace gv {

using namespace x86;
using paravirtual::CallbackKind;

namespace {

constexpr std::uint64_t kClearedOnEntry =
    eflags::AC | eflags::VM | eflags::RF | eflags::NT | eflags::TF;
// Of what a guest's frame says, what the CPU may get.
constexpr std::uint64_t kKeptFlags = ~std::uint64_t{eflags::IOPL | eflags::VM};
constexpr std::uint64_t kInSystemCall = 0x100;  // VGCF_in_syscall

}  // namespace

std::uint64_t ParavirtualGuest::flags_shown() {
  std::uint64_t flags = context_.engine.rflags() & ~std::uint64_t{eflags::IF | eflags::IOPL};
  flags |= events_masked() ? 0u : eflags::IF;
  if (cpu_.architectural_iopl) {
    flags |= std::uint64_t{cpu_.io_privilege} << eflags::kIoplShift;
  }
  return flags;
}

// SWAPGS and the other page-table root: there is no ring to change.
void ParavirtualGuest::enter_kernel() {
  VcpuEngine& cpu = context_.engine;
  const std::uint64_t user_gs = cpu.msr(Msr::GsBase).value_or(0);
  cpu.set_msr(Msr::GsBase, cpu_.inactive_gs);
  cpu_.inactive_gs = user_gs;
  cpu_.in_kernel = true;
  load_root();
}

void ParavirtualGuest::enter_user() {
  VcpuEngine& cpu = context_.engine;
  const std::uint64_t kernel_gs = cpu.msr(Msr::GsBase).value_or(0);
  cpu.set_msr(Msr::GsBase, cpu_.inactive_gs);
  cpu_.inactive_gs = kernel_gs;
  cpu_.in_kernel = false;
  load_root();
}

bool ParavirtualGuest::push_frame_64(const Upcall& to) {
  VcpuEngine& cpu = context_.engine;
  const bool from_kernel = cpu_.in_kernel;
  const std::uint64_t old_sp = cpu.gpr(Gpr::Sp);
  const std::uint16_t cs = cpu.selector(SegmentName::Cs);
  const std::uint64_t shown_cs = from_kernel ? cs & ~3u : cs;
  const std::uint64_t mask = events_masked() ? 1 : 0;
  std::uint64_t frame[8];
  std::size_t words = 0;
  frame[words++] = cpu.gpr(Gpr::Cx);
  frame[words++] = cpu.gpr(Gpr::R11);
  if (to.error_code) {
    frame[words++] = *to.error_code;
  }
  frame[words++] = cpu.rip();
  frame[words++] = shown_cs | mask << 32;
  frame[words++] = flags_shown();
  frame[words++] = old_sp;
  frame[words++] = cpu.selector(SegmentName::Ss);
  if (!from_kernel) {
    enter_kernel();
  }
  const std::uint64_t top = (from_kernel ? old_sp : cpu_.kernel_sp) & ~std::uint64_t{15};
  const std::uint64_t sp = top - words * sizeof frame[0];
  if (linear().write(Gva(sp), frame, words * sizeof frame[0], kernel_level())) {
    return false;
  }
  cpu.set_gpr(Gpr::Sp, sp);
  return change_selectors(pages_.kernel_cs, pages_.kernel_ss);
}

bool ParavirtualGuest::push_frame_32(const Upcall& to) {
  VcpuEngine& cpu = context_.engine;
  const bool from_kernel = kernel_mode();
  const std::uint16_t cs = cpu.selector(SegmentName::Cs);
  const auto old_sp = static_cast<std::uint32_t>(cpu.gpr(Gpr::Sp));
  std::uint32_t frame[6];
  std::size_t words = 0;
  if (to.error_code) {
    frame[words++] = *to.error_code;
  }
  frame[words++] = static_cast<std::uint32_t>(cpu.rip());
  frame[words++] = cs | (events_masked() ? 1u : 0u) << 16;
  frame[words++] = static_cast<std::uint32_t>(flags_shown());
  if (!from_kernel) {
    frame[words++] = old_sp;
    frame[words++] = cpu.selector(SegmentName::Ss);
  }
  const std::uint32_t top = from_kernel ? old_sp : static_cast<std::uint32_t>(cpu_.kernel_sp);
  const auto sp = static_cast<std::uint32_t>(top - words * sizeof frame[0]);
  if (linear().write(Gva(sp), frame, words * sizeof frame[0], kernel_level())) {
    return false;
  }
  cpu.set_gpr(Gpr::Sp, sp);
  const std::uint16_t ss = from_kernel ? cpu.selector(SegmentName::Ss) : cpu_.kernel_ss;
  return change_selectors(with_rpl(to.cs, 1), with_rpl(ss, 1));
}

bool ParavirtualGuest::bounce(const Upcall& to) {
  if (to.address == 0) {
    return false;
  }
  if (!(wide() ? push_frame_64(to) : push_frame_32(to))) {
    crash("its kernel stack cannot take a frame");
    return false;
  }
  if (to.masks_events) {
    mask_events(true);
  }
  VcpuEngine& cpu = context_.engine;
  cpu.set_rflags((cpu.rflags() & ~kClearedOnEntry) | eflags::IF | eflags::kAlwaysOne);
  cpu.set_rip(to.address);
  return true;
}

void ParavirtualGuest::deliver_exception(std::uint8_t vector,
                                         std::optional<std::uint32_t> error_code) {
  const paravirtual::TrapEntry& trap = cpu_.traps[vector];
  const Gva at = linear_rip();
  if (trap.address == 0) {
    const std::string_view symbol = symbol_of_vector(vector);
    crash("it has no handler for " +
          (symbol.empty() ? "vector " + std::to_string(vector) : std::string(symbol)));
    return;
  }
  if (!bounce({trap.cs, trap.address, trap.masks_events(), error_code})) {
    return;
  }
  ++context_.ledger.reflections;
  context_.record(at, ExceptionDelivered{vector, reason_ == ExitReason::SoftwareInterrupt,
                                         error_code.value_or(0), Gva(trap.address)});
}

void ParavirtualGuest::deliver_interrupt(std::uint8_t) {
  const paravirtual::Callback& handler = cpu_[CallbackKind::Event];
  const Gva at = linear_rip();
  if (handler.address == 0) {
    crash("events are unmasked and it has registered no callback for them");
    return;
  }
  // The guest masks events on entry, so that the handler starts undisturbed.
  if (!bounce({handler.cs, handler.address, true})) {
    return;
  }
  ++context_.ledger.interrupts;
  LedgerRow& row = context_.ledger[ExitReason::InterruptWindow];
  row.cycles += context_.cost.interrupt;
  context_.time += context_.cost.interrupt;
  context_.record(at, EventUpcall{Gva(handler.address)});
}

void ParavirtualGuest::interrupt_return() {
  if (wide()) {
    interrupt_return_64();
  } else {
    interrupt_return_32();
  }
}

void ParavirtualGuest::interrupt_return_64() {
  VcpuEngine& cpu = context_.engine;
  struct {
    std::uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
  } frame{};
  if (linear().read(Gva(cpu.gpr(Gpr::Sp)), &frame, sizeof frame, kernel_level())) {
    crash("the frame of its iret hypercall cannot be read");
    return;
  }
  const bool to_user = (frame.cs & 3) == 3;
  if (to_user && cpu_.user_root == Mpa(0)) {
    crash("it returns to a program and has set no page table for programs");
    return;
  }
  if (cpu_.architectural_iopl) {
    cpu_.io_privilege = static_cast<std::uint8_t>(eflags::iopl(frame.rflags));
  }
  if (to_user) {
    enter_user();
  }
  mask_events((frame.rflags & eflags::IF) == 0);
  if ((frame.flags & kInSystemCall) == 0) {
    cpu.set_gpr(Gpr::R11, frame.r11);
    cpu.set_gpr(Gpr::Cx, frame.rcx);
  }
  cpu.set_gpr(Gpr::Ax, frame.rax);
  cpu.set_gpr(Gpr::Sp, frame.rsp);
  cpu.set_rip(frame.rip);
  cpu.set_rflags((frame.rflags & kKeptFlags & 0xffffffff) | eflags::IF | eflags::kAlwaysOne);
  if (!change_selectors(static_cast<std::uint16_t>(frame.cs | 3),
                        static_cast<std::uint16_t>(frame.ss | 3))) {
    crash("the frame of its iret hypercall names segments that it has not");
  }
}

void ParavirtualGuest::interrupt_return_32() {
  VcpuEngine& cpu = context_.engine;
  struct {
    std::uint32_t eax, eip, cs, eflags, esp, ss;
  } frame{};
  const auto sp = static_cast<std::uint32_t>(cpu.gpr(Gpr::Sp));
  const LinearMemory memory = linear();
  constexpr std::size_t kInner = 4 * sizeof(std::uint32_t);
  const auto refuse = [&] { crash("the frame of its iret hypercall cannot be used"); };
  if (memory.read(Gva(sp), &frame, kInner, kernel_level())) {
    refuse();
    return;
  }
  const int ring = frame.cs & 3;
  const bool inner = ring == 1;
  if (ring == 0 || (frame.eflags & eflags::VM) != 0 ||
      (!inner && memory.read(Gva(sp), &frame, sizeof frame, kernel_level()))) {
    refuse();
    return;
  }
  if (cpu_.architectural_iopl) {
    cpu_.io_privilege = static_cast<std::uint8_t>(eflags::iopl(frame.eflags));
  }
  mask_events((frame.eflags & eflags::IF) == 0);
  cpu.set_gpr(Gpr::Ax, frame.eax);
  cpu.set_gpr(Gpr::Sp, inner ? sp + kInner : frame.esp);
  cpu.set_rip(frame.eip);
  cpu.set_rflags((frame.eflags & kKeptFlags) | eflags::IF | eflags::kAlwaysOne);
  const std::uint16_t ss =
      inner ? cpu.selector(SegmentName::Ss) : static_cast<std::uint16_t>(frame.ss);
  if (!change_selectors(static_cast<std::uint16_t>(frame.cs), with_rpl(ss, ring))) {
    refuse();
  }
}

}  // namespace gv
