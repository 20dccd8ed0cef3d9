// SPDX-License-Identifier: MIT
//
// kvm_assist.cpp - the one instruction that KVM's emulator refused, and what it raised.
//
// An exception or INT n of that instruction goes to the guest's own handler, with the frame that
// a CPU pushes: interrupt_delivery.h, which checks the gate's DPL too. KVM has queued a #UD of its
// own when it refused; writing the registers takes that back.

#include "technique/hardware_assisted/kvm_guest.h"
#include "technique/interrupt_delivery.h"
#include "technique/linear_memory.h"
#include "x86/control_registers.h"
#include "x86/exceptions.h"

#include <optional>

namespace gv {

using namespace x86;

namespace {

// Bytes that are #UD on every CPU: no instruction at all, or UD0, UD1 and UD2. Any other that our
// interpreter refuses is one that the guest was promised and nobody here has.
bool undefined_everywhere(const std::uint8_t* bytes, std::size_t count, CodeSize size) {
  if (!decode(bytes, count, size).valid) {
    return true;
  }
  return count > 1 && bytes[0] == 0x0f &&
         (bytes[1] == 0xff || bytes[1] == 0xb9 || bytes[1] == 0x0b);
}

}  // namespace

bool KvmGuest::assist() {
  VcpuEngine& kvm = context_.engine;
  const auto floating_point = kvm.floating_point();
  if (!floating_point) {
    return false;
  }
  if (assistant_ == nullptr) {
    assistant_ = std::make_unique<InterpreterEngine>(context_.memory.machine());
  }
  assistant_->set_msr(Msr::Efer, kvm.msr(Msr::Efer).value_or(0));
  assistant_->set_register_file(kvm.register_file());
  assistant_->set_floating_point(*floating_point);
  take_exit(ExitReason::InstructionAssist, 0);
  const Exit outcome = assistant_->run_one_afresh();
  if (std::holds_alternative<BudgetSpent>(outcome)) {
    kvm.set_register_file(assistant_->register_file());
    kvm.set_floating_point(*assistant_->floating_point());
    resume(Handling::Emulated);
    return true;
  }
  RegisterFile at = assistant_->register_file();
  InterruptRequest request;
  if (const auto* fault = std::get_if<Faulted>(&outcome)) {
    request.vector = fault->vector;
    if (has_error_code(fault->vector) && (at.cr0 & cr0::PE) != 0) {
      request.error_code = fault->error_code;
    }
    if (fault->vector == kPageFault) {
      at.cr2 = fault->address.value;
      ++context_.ledger.guest_faults;
      context_.record(linear_rip(),
                      PageFaulted{fault->address, fault->error_code, FaultKind::GuestFault});
    }
  } else if (const auto* interrupt = std::get_if<SoftwareInterrupted>(&outcome)) {
    request.vector = interrupt->vector;
    request.source = InterruptSource::Software;
  } else if (std::holds_alternative<InvalidOpcode>(outcome)) {
    std::uint8_t bytes[kLongestInstruction];
    const std::size_t got =
        LinearMemory(context_.memory, paging()).peek(linear_rip(), bytes, sizeof bytes);
    if (!undefined_everywhere(bytes, got, code_size())) {
      return false;
    }
    request.vector = kInvalidOpcode;
  } else {
    return false;
  }
  raise(at, request);
  return true;
}

// `at` is what the guest's handler is to return to.
void KvmGuest::raise(const RegisterFile& at, const InterruptRequest& request) {
  const LinearMemory memory(context_.memory, paging());
  const auto taken = deliver_or_escalate(at, memory, request);
  if (!taken) {
    context_.machine.end_guest(GuestEnd::Crashed, request.vector);
    return;
  }
  const Gva from = linear_rip();
  const RegisterFile& next = taken->cpu;
  context_.engine.set_register_file(next);
  ++context_.ledger.reflections;
  const InterruptRequest& delivered = taken->delivered;
  context_.record(
      from, ExceptionDelivered{delivered.vector, delivered.source == InterruptSource::Software,
                               delivered.error_code.value_or(0),
                               Gva(next[SegmentName::Cs].base + next.rip)});
  resume(Handling::Reflected);
}

}  // namespace gv
