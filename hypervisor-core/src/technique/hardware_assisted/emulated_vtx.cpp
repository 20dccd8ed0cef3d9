// SPDX-License-Identifier: MIT

#include "technique/hardware_assisted/emulated_vtx.h"

#include "technique/linear_memory.h"
#include "x86/exceptions.h"

#include <algorithm>
#include <cstring>

namespace gv {

using namespace x86;

namespace {

constexpr Gva kNowhere(~std::uint64_t{0});

}  // namespace

EmulatedVtx::EmulatedVtx(RunContext& context, const ExecutionControls& controls)
    : context_(context), hardware_(context) {
  vmcs_.controls = controls;
}

void EmulatedVtx::ask_for_exits() {
  const ExecutionControls& controls = vmcs_.controls;
  const bool shadowed = !controls.nested_paging;
  // CPUID exits on VT-x whatever the controls say.
  context_.engine.intercept({.cpuid = true,
                             .control_registers = controls.control_registers || shadowed,
                             .msrs = controls.msrs,
                             .invlpg = controls.invlpg || shadowed});
}

Result<void> EmulatedVtx::start(const RegisterFile& entry) {
  if (!vmcs_.controls.nested_paging) {
    GV_TRY(ShadowedCpu::check({.cr0 = entry.cr0, .cr4 = entry.cr4}));
  }
  GV_TRY(hardware_.start(entry));
  if (!vmcs_.controls.nested_paging) {
    hardware_.walk_shadow();
  }
  ask_for_exits();
  return {};
}

// What a hypervisor does with VMWRITE between an exit and the next entry.
void EmulatedVtx::set_controls(const ExecutionControls& controls) {
  vmcs_.controls = controls;
  if (controls.nested_paging == hardware_.is_shadowed()) {
    if (controls.nested_paging) {
      hardware_.walk_guest_tables();
    } else {
      hardware_.walk_shadow();
      // An instruction that the CPU was to execute may write a register that is no longer the
      // guest's: it exits once more.
      context_.engine.pass_intercepted(kNowhere);
    }
  }
  ask_for_exits();
}

Instruction EmulatedVtx::instruction_here() {
  std::uint8_t bytes[kLongestInstruction];
  const LinearMemory memory(context_.memory, paging());
  const std::size_t got = memory.peek(linear_rip(), bytes, sizeof bytes);
  const int bits = context_.engine.code_bits();
  return decode(bytes, got,
                bits == 16   ? CodeSize::Bits16
                : bits == 64 ? CodeSize::Bits64
                             : CodeSize::Bits32);
}

Storey EmulatedVtx::storey() {
  return (context_.engine.selector(SegmentName::Ss) & 3) == 3 ? Storey::GuestUser
                                                              : Storey::GuestKernel;
}

bool EmulatedVtx::exits_on(std::uint16_t port) const {
  const auto& ports = vmcs_.controls.ports;
  return !ports || std::find(ports->begin(), ports->end(), port) != ports->end();
}

bool EmulatedVtx::exits_on_exception(std::uint8_t vector) const {
  return vector < 32 && ((vmcs_.controls.exceptions >> vector) & 1) != 0;
}

void EmulatedVtx::take_exit(ExitReason reason, std::uint32_t qualification, bool by_instruction) {
  reason_ = reason;
  mnemonic_ = Mnemonic::Other;
  ++vmcs_.exits;
  const bool recorded = context_.recorder.enabled();
  Instruction what;
  if (by_instruction && (recorded || reason == ExitReason::PrivilegedInstruction)) {
    what = instruction_here();
    mnemonic_ = what.mnemonic;
  }
  vmcs_.guest.activity = reason == ExitReason::Halt ? ActivityState::Hlt : ActivityState::Active;
  vmcs_.exit = {reason, vmx_exit_reason(reason, mnemonic_).value_or(VmxExitReason{}), qualification,
                what.length, context_.retired()};
  if (!recorded) {
    return;
  }
  vmcs_.guest.registers = registers();
  const Gva rip = linear_rip();
  ExitTaken event{.reason = reason,
                  .from = storey(),
                  .length = what.length,
                  .mnemonic = mnemonic_,
                  .qualification = qualification};
  LinearMemory(context_.memory, paging())
      .peek(rip, event.bytes.data(), std::min<std::size_t>(what.length, event.bytes.size()));
  context_.last_exit = Event{context_.retired(), context_.now(), rip, 0, event};
  context_.record(rip, event);
}

void EmulatedVtx::resume(Handling handling, std::uint32_t cost) {
  const std::uint32_t cycles = context_.cost.exit_and_entry + cost;
  LedgerRow& row = context_.ledger[reason_];
  ++row.count;
  row.cycles += cycles;
  if (reason_ == ExitReason::PrivilegedInstruction) {
    LedgerRow& which = context_.ledger.emulated[static_cast<std::size_t>(mnemonic_)];
    ++which.count;
    which.cycles += cycles;
  }
  context_.time += cycles;
  retired_at_exit_ = context_.retired();
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), GuestResumed{handling, reason_, storey(), cycles});
  }
}

// An exception exits if its bit in the exception bitmap is set, and is then injected again.
void EmulatedVtx::fault(const Faulted& fault) {
  if (fault.vector == kPageFault && hardware_.is_shadowed()) {
    shadow_fault(fault);
    return;
  }
  if (!exits_on_exception(fault.vector)) {
    hardware_.fault(fault);
    return;
  }
  const ExitReason reason = fault.vector == kPageFault           ? ExitReason::PageFault
                            : fault.vector == kGeneralProtection ? ExitReason::GeneralProtection
                            : fault.vector == kDivideError       ? ExitReason::DivideError
                                                                 : ExitReason::Exception;
  take_exit(reason, has_error_code(fault.vector) ? fault.error_code : fault.vector, true);
  hardware_.fault(fault);
  resume(Handling::Reflected, context_.cost.interrupt);
}

void EmulatedVtx::invalid_opcode() {
  if (!exits_on_exception(kInvalidOpcode)) {
    hardware_.invalid_opcode();
    return;
  }
  take_exit(ExitReason::InvalidOpcode, kInvalidOpcode, true);
  hardware_.invalid_opcode();
  resume(Handling::Reflected, context_.cost.interrupt);
}

// A port that does not exit is the guest's own: a device passed through.
std::uint32_t EmulatedVtx::port(const PortAccessed& access) {
  if (!exits_on(access.port)) {
    return hardware_.port(access);
  }
  const bool read = access.direction == Direction::Read;
  take_exit(read ? ExitReason::PortRead : ExitReason::PortWrite, access.port, true);
  const std::uint32_t value = hardware_.port(access);
  resume(Handling::DeviceAccessed, context_.cost.device_access);
  return value;
}

void EmulatedVtx::halted() {
  if (!vmcs_.controls.hlt) {
    hardware_.halted();
    return;
  }
  take_exit(ExitReason::Halt, 0, false);
  hardware_.halted();
  resume(Handling::ClockAdvanced, 0);
}

void EmulatedVtx::pass() {
  passing_ = linear_rip();
  passing_since_ = context_.retired();
  context_.engine.pass_intercepted(passing_);
}

void EmulatedVtx::let_the_cpu_do_it() {
  pass();
  resume(Handling::Emulated, context_.cost.decode_and_emulate);
}

void EmulatedVtx::intercepted() {
  const Instruction what = instruction_here();
  // Outside ring 0 the CPU's own check comes first: #GP, and no exit.
  const bool kernel = (context_.engine.selector(SegmentName::Ss) & 3) == 0;
  if (!kernel && what.mnemonic != Mnemonic::Cpuid && what.mnemonic != Mnemonic::Rdtsc) {
    fault({kGeneralProtection, 0, Gva(0)});
    return;
  }
  switch (what.mnemonic) {
    case Mnemonic::Cpuid:
      take_exit(ExitReason::Cpuid, static_cast<std::uint32_t>(context_.engine.gpr(Gpr::Ax)), true);
      let_the_cpu_do_it();
      return;
    case Mnemonic::MovToCr:
    case Mnemonic::MovFromCr:
    case Mnemonic::Clts:
    case Mnemonic::Lmsw:
      if (hardware_.is_shadowed()) {
        access_control_register(what);
        return;
      }
      if (what.system_register == 2) {  // no control of VT-x makes an access to CR2 exit
        pass();
        return;
      }
      take_exit(ExitReason::ControlRegister, what.system_register, true);
      let_the_cpu_do_it();
      return;
    case Mnemonic::Rdmsr:
    case Mnemonic::Wrmsr:
      take_exit(what.mnemonic == Mnemonic::Rdmsr ? ExitReason::MsrRead : ExitReason::MsrWrite,
                static_cast<std::uint32_t>(context_.engine.gpr(Gpr::Cx)), true);
      let_the_cpu_do_it();
      return;
    case Mnemonic::Invlpg:
      if (hardware_.is_shadowed()) {
        invalidate_page(what);
        return;
      }
      take_exit(ExitReason::PrivilegedInstruction, 0, true);
      let_the_cpu_do_it();
      return;
    case Mnemonic::Rdtsc:
    case Mnemonic::MovToDr:
    case Mnemonic::MovFromDr: {
      const bool exits =
          what.mnemonic == Mnemonic::Rdtsc ? vmcs_.controls.rdtsc : vmcs_.controls.mov_dr;
      if (exits) {
        take_exit(ExitReason::PrivilegedInstruction, what.system_register, true);
      }
      hardware_.intercepted();
      if (exits) {
        resume(Handling::Emulated, context_.cost.decode_and_emulate);
      }
      return;
    }
    default:
      hardware_.intercepted();
      return;
  }
}

void EmulatedVtx::missed_memory(const MachineMemoryMissed& miss) {
  if (hardware_.is_shadowed()) {
    hardware_.missed_memory(miss);  // no second table, no violation of it
    return;
  }
  take_exit(ExitReason::MachineMemory, static_cast<std::uint32_t>(miss.address.value), false);
  hardware_.missed_memory(miss);
  resume(Handling::Reflected, 0);
}

// The host's timer: on a real machine its interrupt is what brings the hypervisor back.
void EmulatedVtx::time_slice_ended() {
  if (!vmcs_.controls.external_interrupts) {
    return;
  }
  take_exit(ExitReason::ExternalInterrupt, 0, false);
  resume(Handling::ClockAdvanced, 0);
}

void EmulatedVtx::deliver_interrupt(std::uint8_t vector) {
  // If the guest has run since its last exit, the window that was asked for has opened.
  if (vmcs_.controls.external_interrupts && context_.retired() != retired_at_exit_) {
    take_exit(ExitReason::InterruptWindow, vector, false);
    resume(Handling::ClockAdvanced, 0);
  }
  vmcs_.entry = {true, vector};
  if (vmcs_.controls.external_interrupts) {
    context_.ledger[reason_].cycles += context_.cost.interrupt;
    context_.time += context_.cost.interrupt;
  }
  hardware_.deliver_interrupt(vector);
}

}  // namespace gv
