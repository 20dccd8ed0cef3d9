// SPDX-License-Identifier: MIT
//
// paravirtual_guest.cpp - starting the vCPU, and which exit is answered how.

#include "technique/paravirtual/paravirtual_guest.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

#include <algorithm>
#include <cstring>

namespace gv {

using namespace x86;
using paravirtual::CallbackKind;

namespace {

constexpr std::uint8_t kHypercallVector = 0x82;
constexpr std::uint8_t kSystemCallLength = 2, kInterruptLength = 2;
constexpr std::uint64_t kPhysicalCr0 = cr0::PE | cr0::MP | cr0::ET | cr0::NE | cr0::WP | cr0::PG;
// RDTSC only in ring 0: it must show virtual time.
constexpr std::uint64_t kPhysicalCr4 = cr4::TSD | cr4::PAE | cr4::OSFXSR | cr4::OSXMMEXCPT;
constexpr std::uint64_t kCr4Shown = cr4::PAE | cr4::OSFXSR | cr4::OSXMMEXCPT;

}  // namespace

std::uint64_t ParavirtualGuest::physical_cr0() const { return kPhysicalCr0 | (cpu_.cr0 & cr0::TS); }

Result<void> ParavirtualGuest::start(const RegisterFile& entry) {
  VcpuEngine& cpu = context_.engine;
  cpu.set_control(ControlRegister::Cr4, kPhysicalCr4);
  cpu.set_control(ControlRegister::Cr3, cpu_.kernel_root.value);
  const std::uint64_t features =
      efer::NXE | (wide() ? efer::SCE | efer::LME | efer::LMA : std::uint64_t{0});
  const bool has_features = cpu.set_msr(Msr::Efer, features);
  if (!has_features && wide()) {
    return Error{ErrorCode::NotAvailable,
                 "a 64-bit paravirtual guest needs long mode, and the " +
                     std::string(cpu.traits().name) +
                     " engine is a 32-bit CPU here; use --engine interpreter"};
  }
  cpu.set_control(ControlRegister::Cr0, kPhysicalCr0);
  cpu.set_gdtr(pages_.gdtr);  // outside long mode it would lose its upper half
  cpu.switch_privilege({pages_.hypervisor_cs, pages_.hypervisor_ss, pages_.gdtr});
  GV_TRY(cpu.set_up_monitor(pages_.monitor));
  cpu.intercept({.system_calls = wide()});
  cpu_.cr0 = kPhysicalCr0;
  cpu_.cr4 = kCr4Shown;

  for (const SegmentName data :
       {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
    cpu.set_selector(data, entry[data].selector);
  }
  for (int i = 0; i < (wide() ? kGprCount : 8); ++i) {
    cpu.set_gpr(static_cast<Gpr>(i), entry.gpr[static_cast<std::size_t>(i)]);
  }
  cpu.set_rip(entry.rip);
  cpu.set_rflags(eflags::IF | eflags::kAlwaysOne);
  cpu.switch_privilege({pages_.kernel_cs, pages_.kernel_ss, pages_.gdtr});
  return {};
}

bool ParavirtualGuest::kernel_mode() {
  return wide() ? cpu_.in_kernel : (context_.engine.selector(SegmentName::Cs) & 3) == 1;
}

LinearMemory ParavirtualGuest::linear() { return {context_.memory, paging()}; }

PagingMode ParavirtualGuest::paging() {
  VcpuEngine& cpu = context_.engine;
  const std::uint64_t features =
      wide() ? efer::SCE | efer::LME | efer::LMA | efer::NXE : cpu.msr(Msr::Efer).value_or(0);
  const Mpa root = cpu_.in_kernel ? cpu_.kernel_root : cpu_.user_root;
  return {kPhysicalCr0, root.value, kPhysicalCr4, features};
}

void ParavirtualGuest::load_root() {
  const Mpa root = cpu_.in_kernel ? cpu_.kernel_root : cpu_.user_root;
  context_.engine.set_control(ControlRegister::Cr3, root.value);
  name_address_space();
}

void ParavirtualGuest::take_cpu_again() {
  context_.engine.use_monitor(pages_.monitor);
  context_.engine.intercept({.system_calls = wide()});
  context_.engine.flush_tlb();
  name_address_space();
}

void ParavirtualGuest::name_address_space() {
  context_.engine.enter_address_space(
      space_tag(cpu_.in_kernel ? cpu_.kernel_root : cpu_.user_root));
}

std::uint64_t ParavirtualGuest::space_tag(Mpa root) const {
  return std::uint64_t{root.frame_number()} << 32 | (service_.table_generation() & 0xffffffff);
}

void ParavirtualGuest::take_cpu() {
  take_cpu_again();
  load_root();  // another vCPU of the domain may have changed the tables behind it
  in_hypervisor_ = true;
}

void ParavirtualGuest::tables_changed() {
  context_.engine.flush_tlb();
  name_address_space();
}

bool ParavirtualGuest::change_selectors(std::uint16_t cs, std::uint16_t ss) {
  VcpuEngine& cpu = context_.engine;
  if (cpu.selector(SegmentName::Cs) == cs && cpu.selector(SegmentName::Ss) == ss) {
    return true;
  }
  const LinearMemory memory = linear();
  const auto described = [&](std::uint16_t selector) {
    std::uint64_t raw = 0;
    const bool inside =
        !selector_in_ldt(selector) && selector_offset(selector) + 7u <= pages_.gdtr.limit;
    if (inside) {
      memory.peek(Gva(pages_.gdtr.base + selector_offset(selector)), &raw, sizeof raw);
    }
    return parse_descriptor(raw);
  };
  const Descriptor code = described(cs), stack = described(ss);
  const int ring = selector_rpl(cs);
  // What IRET would check: the ring of both, and that they are code and a stack.
  const bool code_fits =
      code.present && code.is_code() && !code.is_conforming() && code.dpl == ring;
  const bool stack_fits =
      selector_rpl(ss) == ring && ((stack.present && stack.is_writable() && stack.dpl == ring) ||
                                   (selector_is_null(ss) && code.long_mode && ring != 3));
  if (!code_fits || !stack_fits || ring == 0) {
    return false;
  }
  cpu.switch_privilege({cs, ss, pages_.gdtr});
  return true;
}

CodeSize ParavirtualGuest::code_size() const {
  switch (context_.engine.code_bits()) {
    case 64:
      return CodeSize::Bits64;
    case 16:
      return CodeSize::Bits16;
    default:
      return CodeSize::Bits32;
  }
}

Instruction ParavirtualGuest::instruction_here() {
  std::uint8_t bytes[kLongestInstruction];
  const std::size_t got = linear().peek(linear_rip(), bytes, sizeof bytes);
  return decode(bytes, got, code_size());
}

void ParavirtualGuest::take_exit(ExitReason reason, std::uint32_t qualification,
                                 const Instruction* what) {
  reason_ = reason;
  mnemonic_ = what != nullptr ? what->mnemonic : Mnemonic::Other;
  if (!context_.recorder.enabled()) {
    return;
  }
  const Gva rip = linear_rip();
  ExitTaken event{
      .reason = reason, .from = storey(), .mnemonic = mnemonic_, .qualification = qualification};
  if (what != nullptr) {
    event.length = what->length;
    linear().peek(rip, event.bytes.data(), std::min<std::size_t>(event.bytes.size(), what->length));
  }
  context_.last_exit = Event{context_.retired(), context_.now(), rip, 0, event};
  context_.record(rip, event);
}

void ParavirtualGuest::resume(Handling handling, std::uint32_t cost) {
  in_hypervisor_ = true;
  const bool called = reason_ == ExitReason::Hypercall || reason_ == ExitReason::SystemCall;
  const std::uint32_t cycles =
      (called ? context_.cost.hypercall : context_.cost.exit_and_entry) + cost;
  LedgerRow& row = context_.ledger[reason_];
  ++row.count;
  row.cycles += cycles;
  context_.time += cycles;
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), GuestResumed{handling, reason_, storey(), cycles});
  }
}

void ParavirtualGuest::crash(const std::string& why) { service_.crash(why); }

void ParavirtualGuest::hypercall(std::uint8_t length) {
  Instruction call;
  call.length = length;
  const std::uint64_t behind = context_.engine.rip();
  context_.engine.set_rip(behind - length);
  take_exit(ExitReason::Hypercall, static_cast<std::uint32_t>(register_value(Gpr::Ax)), &call);
  context_.engine.set_rip(behind);
  service_.hypercall();
  resume(Handling::HypercallServed, 0);
}

void ParavirtualGuest::system_call() {
  if (cpu_.in_kernel) {
    hypercall(kSystemCallLength);
    return;
  }
  take_exit(ExitReason::SystemCall, 0, nullptr);
  // SYSCALL's own part: where to go on, in RCX and R11.
  VcpuEngine& cpu = context_.engine;
  const paravirtual::Callback& handler =
      cpu_[code_size() == CodeSize::Bits64 ? CallbackKind::Syscall : CallbackKind::Syscall32];
  if (handler.address == 0) {
    cpu.set_rip(cpu.rip() - kSystemCallLength);
    deliver_exception(kInvalidOpcode, std::nullopt);  // nobody is there to be called
  } else {
    cpu.set_gpr(Gpr::Cx, cpu.rip());
    cpu.set_gpr(Gpr::R11, cpu.rflags());
    bounce({handler.cs, handler.address, handler.masks_events});
  }
  resume(Handling::Reflected, context_.cost.reflect);
}

void ParavirtualGuest::software_interrupt(std::uint8_t vector) {
  if (!wide() && vector == kHypercallVector && kernel_mode()) {
    hypercall(kInterruptLength);
    return;
  }
  take_exit(ExitReason::SoftwareInterrupt, vector, nullptr);
  VcpuEngine& cpu = context_.engine;
  // INT3 and INTO have descriptors of their own in the real IDT, that every ring may use.
  const bool open = vector == kBreakpoint || vector == kOverflow;
  const int ring = kernel_mode() ? 1 : 3;
  if (!open && cpu_.traps[vector].ring() < ring) {
    cpu.set_rip(cpu.rip() - kInterruptLength);
    deliver_exception(kGeneralProtection, vector * 8u + selector_error::IDT);
  } else {
    deliver_exception(vector, std::nullopt);
  }
  resume(Handling::Reflected, context_.cost.reflect);
}

void ParavirtualGuest::fault(const Faulted& fault) {
  if (fault.vector == kPageFault) {
    // Ring 3 serves a 64-bit guest's kernel too: U says whether a program ran.
    const std::uint32_t code =
        wide() && cpu_.in_kernel ? fault.error_code & ~page_fault::U : fault.error_code;
    take_exit(ExitReason::PageFault, code, nullptr);
    ++context_.ledger.guest_faults;
    context_.record(linear_rip(), PageFaulted{fault.address, code, FaultKind::GuestFault});
    cpu_.cr2 = fault.address.value;
    const Mpa slot = cpu_.vcpu_info + (wide() ? 16u : 8u);
    if (wide()) {
      context_.memory.machine().store<std::uint64_t>(slot, cpu_.cr2);
    } else {
      context_.memory.machine().store<std::uint32_t>(slot, static_cast<std::uint32_t>(cpu_.cr2));
    }
    deliver_exception(kPageFault, code);
    resume(Handling::Reflected, context_.cost.reflect);
    return;
  }
  if (fault.vector == kGeneralProtection && fault.error_code == 0) {
    const Instruction what = instruction_here();
    if (what.valid) {
      const bool names_register =
          what.mnemonic == Mnemonic::MovToCr || what.mnemonic == Mnemonic::MovFromCr ||
          what.mnemonic == Mnemonic::MovToDr || what.mnemonic == Mnemonic::MovFromDr;
      take_exit(ExitReason::PrivilegedInstruction, names_register ? what.system_register : 0u,
                &what);
      if (emulate(what)) {
        LedgerRow& row = context_.ledger.emulated[static_cast<std::size_t>(mnemonic_)];
        ++row.count;
        row.cycles += context_.cost.exit_and_entry + context_.cost.decode_and_emulate;
        resume(Handling::Emulated, context_.cost.decode_and_emulate);
        return;
      }
      deliver_exception(kGeneralProtection, 0u);
      resume(Handling::Reflected, context_.cost.reflect);
      return;
    }
  }
  const ExitReason reason = fault.vector == kGeneralProtection ? ExitReason::GeneralProtection
                            : fault.vector == kDivideError     ? ExitReason::DivideError
                                                               : ExitReason::Exception;
  take_exit(reason, fault.vector == kGeneralProtection ? fault.error_code : fault.vector, nullptr);
  if (fault.vector == kDeviceNotAvailable && (cpu_.cr0 & cr0::TS) != 0) {
    set_fpu_trap(false);  // as Xen does it: the handler finds TS clear
  }
  deliver_exception(fault.vector,
                    has_error_code(fault.vector) ? std::optional(fault.error_code) : std::nullopt);
  resume(Handling::Reflected, context_.cost.reflect);
}

void ParavirtualGuest::invalid_opcode() {
  const Instruction none;
  take_exit(ExitReason::InvalidOpcode, kInvalidOpcode, &none);
  if (forced_cpuid()) {
    resume(Handling::Emulated, context_.cost.decode_and_emulate);
    return;
  }
  deliver_exception(kInvalidOpcode, std::nullopt);
  resume(Handling::Reflected, context_.cost.reflect);
}

// Only where the engine lets a port instruction of ring 1 through. No domain has ports here: it
// reads ones. (Without the right the CPU would have raised #GP, which this engine cannot any more.)
std::uint32_t ParavirtualGuest::port(const PortAccessed& access) {
  const bool read = access.direction == Direction::Read;
  const Instruction what = instruction_here();
  take_exit(read ? ExitReason::PortRead : ExitReason::PortWrite, access.port, &what);
  context_.record(linear_rip(), PortTouched{access.port, access.size, access.direction, false,
                                            read ? 0xffffffffu : access.value});
  ++context_.ledger.port_accesses;
  ++context_.ledger.unclaimed_ports;
  resume(Handling::Emulated, context_.cost.decode_and_emulate);
  return 0xffffffffu;
}

// Neither can retire outside ring 0.
void ParavirtualGuest::halted() { crash("the guest halted at ring 0, where it cannot be"); }
void ParavirtualGuest::intercepted() { halted(); }

void ParavirtualGuest::missed_memory(const MachineMemoryMissed&) {
  // Fetched from beyond the host's memory: a bus answers ones, ff ff is #UD.
  invalid_opcode();
}

void ParavirtualGuest::time_slice_ended() {
  take_exit(ExitReason::InterruptWindow, 0, nullptr);
  resume(Handling::ClockAdvanced, 0);
}

RegisterFile ParavirtualGuest::registers() {
  VcpuEngine& cpu = context_.engine;
  RegisterFile r;
  for (int i = 0; i < (wide() ? kGprCount : 8); ++i) {
    r.gpr[static_cast<std::size_t>(i)] = cpu.gpr(static_cast<Gpr>(i));
  }
  r.rip = cpu.rip();
  r.rflags = flags_shown();
  r.cr0 = cpu_.cr0;
  r.cr2 = cpu_.cr2;
  r.cr3 = service_.base_pointer();
  r.cr4 = cpu_.cr4;
  r.gdtr = pages_.gdtr;
  r.idtr = {};
  const LinearMemory memory = linear();
  for (int i = 0; i < kSegmentCount; ++i) {
    const auto name = static_cast<SegmentName>(i);
    const std::uint16_t selector = cpu.selector(name);
    std::uint64_t raw = 0;
    if (!selector_is_null(selector)) {
      memory.peek(Gva(pages_.gdtr.base + selector_offset(selector)), &raw, sizeof raw);
    }
    r[name] = segment_of(selector, parse_descriptor(raw));
  }
  if (wide()) {
    r[SegmentName::Fs].base = cpu.msr(Msr::FsBase).value_or(0);
    r[SegmentName::Gs].base = cpu.msr(Msr::GsBase).value_or(0);
  }
  return r;
}

PhysicalRegisters ParavirtualGuest::physical() {
  VcpuEngine& cpu = context_.engine;
  PhysicalRegisters p;
  p.cs = cpu.selector(SegmentName::Cs);
  p.ss = cpu.selector(SegmentName::Ss);
  p.cpl = p.cs & 3;
  p.cr3 = (cpu_.in_kernel ? cpu_.kernel_root : cpu_.user_root).value;
  p.rflags = cpu.rflags();
  p.gdtr = pages_.gdtr;
  return p;
}

void ParavirtualGuest::set_registers(const RegisterFile& r) {
  VcpuEngine& cpu = context_.engine;
  for (int i = 0; i < (wide() ? kGprCount : 8); ++i) {
    cpu.set_gpr(static_cast<Gpr>(i), r.gpr[static_cast<std::size_t>(i)]);
  }
  cpu.set_rip(r.rip);
  cpu.set_rflags((r.rflags & ~std::uint64_t{eflags::IOPL | eflags::VM}) | eflags::IF |
                 eflags::kAlwaysOne);
  mask_events((r.rflags & eflags::IF) == 0);
}

void ParavirtualGuest::set_fpu_trap(bool set) {
  cpu_.cr0 = set ? cpu_.cr0 | cr0::TS : cpu_.cr0 & ~std::uint64_t{cr0::TS};
  context_.engine.set_control(ControlRegister::Cr0, physical_cr0());
}

bool ParavirtualGuest::event_pending() const {
  return context_.memory.machine().load<std::uint8_t>(cpu_.vcpu_info) != 0;
}

bool ParavirtualGuest::events_masked() const {
  return context_.memory.machine().load<std::uint8_t>(cpu_.vcpu_info + 1) != 0;
}

void ParavirtualGuest::mask_events(bool masked) {
  context_.memory.machine().store<std::uint8_t>(cpu_.vcpu_info + 1, masked ? 1 : 0);
}

void ParavirtualGuest::save(StateWriter& out) const {
  cpu_.save(out);
  out.flag(in_hypervisor_);
}

bool ParavirtualGuest::restore(StateReader& in) {
  cpu_.restore(in);
  in_hypervisor_ = in.flag();
  return in.ok();
}

}  // namespace gv
