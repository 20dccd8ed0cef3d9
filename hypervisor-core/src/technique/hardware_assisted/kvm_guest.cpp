// SPDX-License-Identifier: MIT

#include "technique/hardware_assisted/kvm_guest.h"

#include "technique/linear_memory.h"
#include "x86/control_registers.h"

#include <algorithm>

namespace gv {

using namespace x86;

KvmGuest::KvmGuest(RunContext& context) : context_(context), traits_(context.engine.traits()) {}

Result<void> KvmGuest::start(const RegisterFile& entry) {
  context_.engine.set_register_file(entry);
  return {};
}

CodeSize KvmGuest::code_size() {
  const int bits = context_.engine.code_bits();
  return bits == 64 ? CodeSize::Bits64 : bits == 32 ? CodeSize::Bits32 : CodeSize::Bits16;
}

Storey KvmGuest::storey() {
  const int cpl = (context_.engine.selector(SegmentName::Ss) & 3);
  return cpl == 3 ? Storey::GuestUser : Storey::GuestKernel;
}

void KvmGuest::take_exit(ExitReason reason, std::uint32_t qualification) {
  exited_ = std::chrono::steady_clock::now();
  reason_ = reason;
  if (context_.recorder.enabled()) {
    record_exit(reason, qualification, linear_rip());
  }
}

// Where RIP is already behind an OUT, the OUT is looked for just before it.
void KvmGuest::take_port_exit(const PortAccessed& access) {
  exited_ = std::chrono::steady_clock::now();
  const bool read = access.direction == Direction::Read;
  reason_ = read ? ExitReason::PortRead : ExitReason::PortWrite;
  if (!context_.recorder.enabled()) {
    return;
  }
  Gva rip = linear_rip();
  if (!read && traits_.port_writes_advance) {
    const LinearMemory memory(context_.memory, paging());
    constexpr std::uint64_t kLongestOut = 4;  // two prefixes, opcode, port
    std::uint8_t bytes[kLongestOut];
    const CodeSize size = code_size();
    for (std::uint64_t length = 1; length <= kLongestOut; ++length) {
      const Gva start(linear_rip().value - length);
      const std::size_t got = memory.peek(start, bytes, length);
      const Instruction candidate = decode(bytes, got, size);
      if (candidate.valid && candidate.mnemonic == Mnemonic::Out && candidate.length == length &&
          candidate.port.value_or(access.port) == access.port) {
        rip = start;  // the longest one: a prefix belongs to it
      }
    }
  }
  record_exit(reason_, access.port, rip);
}

void KvmGuest::record_exit(ExitReason reason, std::uint32_t qualification, Gva rip) {
  std::uint8_t bytes[kLongestInstruction];
  const LinearMemory memory(context_.memory, paging());
  const std::size_t got = memory.peek(rip, bytes, sizeof bytes);
  const bool by_instruction =
      reason != ExitReason::InterruptWindow && reason != ExitReason::ExternalInterrupt;
  ExitTaken event{.reason = reason, .from = storey(), .qualification = qualification};
  if (by_instruction) {
    const Instruction what = decode(bytes, got, code_size());
    event.length = what.length;
    event.mnemonic = what.mnemonic;
    std::copy_n(bytes, std::min<std::size_t>(what.length, event.bytes.size()), event.bytes.begin());
  }
  context_.last_exit = Event{context_.retired(), context_.now(), rip, 0, event};
  context_.record(rip, event);
}

void KvmGuest::resume(Handling handling) {
  const auto spent = std::chrono::steady_clock::now() - exited_;
  const auto cycles = static_cast<std::uint32_t>(
      static_cast<std::uint64_t>(std::chrono::nanoseconds(spent).count()) / traits_.dilation);
  LedgerRow& row = context_.ledger[reason_];
  ++row.count;
  row.cycles += cycles;
  context_.time += cycles;
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), GuestResumed{handling, reason_, storey(), cycles});
  }
}

std::uint32_t KvmGuest::port(const PortAccessed& access) {
  take_port_exit(access);
  std::uint32_t value = 0;
  if (access.direction == Direction::Read) {
    value = context_.machine.read_port(access.port, access.size);
  } else {
    context_.machine.write_port(access.port, access.size, access.value);
  }
  resume(Handling::DeviceAccessed);
  return value;
}

void KvmGuest::halted() {
  take_exit(ExitReason::Halt, 0);
  context_.machine.halt();
  resume(Handling::ClockAdvanced);
}

void KvmGuest::missed_memory(const MachineMemoryMissed& miss) {
  take_exit(ExitReason::MachineMemory, static_cast<std::uint32_t>(miss.address.value));
  resume(Handling::Emulated);
}

void KvmGuest::interrupt_window_opened() {
  take_exit(ExitReason::InterruptWindow, 0);
  resume(Handling::ClockAdvanced);
}

void KvmGuest::host_interrupted() {
  take_exit(ExitReason::ExternalInterrupt, 0);
  resume(Handling::ClockAdvanced);
}

void KvmGuest::msr(const MsrAccessed& access) {
  take_exit(access.direction == Direction::Read ? ExitReason::MsrRead : ExitReason::MsrWrite,
            access.index);
  resume(Handling::Reflected);
}

void KvmGuest::deliver_interrupt(std::uint8_t vector) {
  context_.engine.inject(vector);
  ++context_.ledger.interrupts;
  if (!context_.recorder.enabled()) {
    return;
  }
  // What the CPU is about to read from the guest's IDT, for whoever watches.
  const LinearMemory memory(context_.memory, paging());
  const std::uint64_t table = context_.engine.idtr().base;
  const auto word = [&](std::uint64_t offset) {
    std::uint16_t value = 0;
    memory.peek(Gva(table + offset), &value, sizeof value);
    return std::uint64_t{value};
  };
  const int bits = context_.engine.code_bits();
  std::uint64_t handler = 0;
  if (bits == 64) {
    const std::uint64_t gate = vector * 16u;
    handler = word(gate) | word(gate + 6) << 16 | word(gate + 8) << 32 | word(gate + 10) << 48;
  } else if ((context_.engine.control(ControlRegister::Cr0) & cr0::PE) != 0) {
    const std::uint64_t gate = vector * 8u;
    handler = word(gate) | word(gate + 6) << 16;
  } else {
    handler = word(vector * 4u) + (word(vector * 4u + 2) << 4);
  }
  context_.record(linear_rip(), InterruptDelivered{vector, Gva(handler)});
}

PhysicalRegisters KvmGuest::physical() {
  const RegisterFile r = registers();
  PhysicalRegisters p;
  p.cs = r[SegmentName::Cs].selector;
  p.ss = r[SegmentName::Ss].selector;
  p.cpl = r.cpl();
  p.cr3 = r.cr3;
  p.rflags = r.rflags;
  p.gdtr = r.gdtr;
  return p;
}

PagingMode KvmGuest::paging() {
  VcpuEngine& cpu = context_.engine;
  return {cpu.control(ControlRegister::Cr0), cpu.control(ControlRegister::Cr3),
          cpu.control(ControlRegister::Cr4), cpu.msr(Msr::Efer).value_or(0)};
}

void KvmGuest::save(StateWriter&) const {}
bool KvmGuest::restore(StateReader&) { return true; }

}  // namespace gv
