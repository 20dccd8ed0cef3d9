// SPDX-License-Identifier: MIT
//
// deprivileged_guest.cpp - which exit is answered how, and the guest's view of its registers.

#include "technique/deprivileged/deprivileged_guest.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

#include <algorithm>
#include <cstring>

namespace gv {

using namespace x86;

namespace {

constexpr std::uint8_t kIretOpcode = 0xcf;
constexpr std::uint16_t kBootCode = 0x08, kBootData = 0x10;
constexpr std::uint16_t kOwnTssSelector = 0x3ff8;  // beyond any table that a small guest loads
// What the CPU really runs with: paging and write protection always on, RDTSC
// only in ring 0 (it must show virtual time), SSE allowed.
constexpr std::uint64_t kPhysicalCr0 = cr0::PE | cr0::ET | cr0::NE | cr0::WP | cr0::PG;
constexpr std::uint64_t kPhysicalCr4 = cr4::TSD | cr4::OSFXSR | cr4::OSXMMEXCPT;

bool names_system_register(Mnemonic mnemonic) {
  return mnemonic == Mnemonic::MovToCr || mnemonic == Mnemonic::MovFromCr ||
         mnemonic == Mnemonic::MovToDr || mnemonic == Mnemonic::MovFromDr;
}

FramePool shadow_pool(const HypervisorFrames& frames) {
  return {Mfn(frames.pool.first.number + MonitorPagesLayout::kPages),
          frames.pool.count - MonitorPagesLayout::kPages};
}

}  // namespace

DeprivilegedGuest::DeprivilegedGuest(RunContext& context, const HypervisorFrames& frames)
    : context_(context),
      monitor_{frames.pool.first},
      shadow_(context.memory.machine(), shadow_pool(frames), monitor_.frames()),
      gdt_(context.memory.machine(), monitor_.machine(MonitorPagesLayout::kKernelGdt),
           MonitorPagesLayout::linear(MonitorPagesLayout::kKernelGdt),
           monitor_.machine(MonitorPagesLayout::kUserGdt),
           MonitorPagesLayout::linear(MonitorPagesLayout::kUserGdt)) {}

Result<void> DeprivilegedGuest::start(const RegisterFile& entry) {
  if ((entry.cr0 & cr0::PE) == 0) {
    return Error{ErrorCode::NotAvailable,
                 std::string(name_of(kind())) +
                     " cannot run a real-mode boot sector: real mode has no rings to "
                     "deprivilege it with; use --technique bare-metal"};
  }
  MachineMemory& machine = context_.memory.machine();
  VcpuEngine& cpu = context_.engine;
  *machine.at(monitor_.machine(MonitorPagesLayout::kStub)) = kIretOpcode;

  // Ring 0 is the hypervisor's: its paging and, for a moment, its own flat segments.
  const Mpa boot_gdt = monitor_.machine(MonitorPagesLayout::kKernelGdt);
  const Descriptor flat_code{.base = 0,
                             .limit = 0xffffffff,
                             .type = 0xb,
                             .dpl = 0,
                             .code_or_data = true,
                             .present = true,
                             .default_32 = true,
                             .granular = true};
  Descriptor flat_data = flat_code;
  flat_data.type = 0x3;
  machine.store<std::uint64_t>(boot_gdt + kBootCode, pack_descriptor(flat_code));
  machine.store<std::uint64_t>(boot_gdt + kBootData, pack_descriptor(flat_data));
  const DescriptorTableRegister boot_table{
      MonitorPagesLayout::linear(MonitorPagesLayout::kKernelGdt).value, kBootData + 7};
  cpu.set_gdtr(boot_table);
  cpu.set_control(ControlRegister::Cr4, kPhysicalCr4);
  cpu.set_control(ControlRegister::Cr3, shadow_.root().value);
  cpu.set_control(ControlRegister::Cr0, kPhysicalCr0);
  cpu.switch_privilege({kBootCode, kBootData, boot_table});
  const Gva frame = MonitorPagesLayout::linear(MonitorPagesLayout::kFrame);
  const MonitorPages pages{
      .iret_stub = MonitorPagesLayout::linear(MonitorPagesLayout::kStub),
      .stub_frame = monitor_.machine(MonitorPagesLayout::kFrame) + MonitorPagesLayout::kFrameOffset,
      .stub_frame_linear = frame + MonitorPagesLayout::kFrameOffset,
      .idtr = {MonitorPagesLayout::linear(MonitorPagesLayout::kIdt).value, 256 * 8 - 1},
      .task_register = {.selector = kOwnTssSelector,
                        .base = MonitorPagesLayout::linear(MonitorPagesLayout::kTss).value,
                        .limit = tss32::kSize - 1,
                        .attributes = attribute::P | system_type::kTss32Busy}};
  GV_TRY(cpu.set_up_monitor(pages));

  cpu_.cr0 = static_cast<std::uint32_t>(entry.cr0);
  cpu_.gdtr = entry.gdtr;
  cpu_.idtr = entry.idtr;
  gdt_.update(cpu_.gdtr, guest_linear());
  for (const SegmentName data :
       {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
    cpu.set_selector(data, entry[data].selector);
  }
  for (int i = 0; i < 8; ++i) {
    cpu.set_gpr(static_cast<Gpr>(i), entry.gpr[static_cast<std::size_t>(i)]);
  }
  go_to(entry.rip);
  cpu.set_rflags(physical_flags(entry.rflags));
  segments_changed(entry);
  cpu.switch_privilege({kernel_code_selector(entry[SegmentName::Cs].selector),
                        with_rpl(entry[SegmentName::Ss].selector, 1), gdt_.kernel_table()});
  return {};
}

const Instruction& DeprivilegedGuest::instruction_at(Gva rip) {
  DecodedAt& slot = decoded_[(rip.value ^ (rip.value >> 8)) % kDecodedSlots];
  const std::uint8_t* bytes = nullptr;
  std::uint8_t copied[kLongestInstruction + 1] = {};
  std::size_t available = kLongestInstruction;
  if (rip.page_base().value == code_page_ && rip.page_offset() <= kPageSize - sizeof copied) {
    bytes = code_bytes_ + rip.page_offset();
  } else {
    available = guest_linear().peek(rip, copied, kLongestInstruction);
    bytes = copied;
    const PageWalk walk =
        PageWalker(context_.memory)
            .walk(paging(), rip, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::No);
    const auto frame = context_.memory.frame(frame_of(Gpa(walk.physical)));
    if (available > 0 && frame != nullptr) {
      code_page_ = rip.page_base().value;
      code_bytes_ = frame;
    }
  }
  if (slot.rip != rip.value ||
      std::memcmp(slot.bytes.data(), bytes, slot.instruction.length) != 0) {
    slot.rip = rip.value;
    std::memcpy(slot.bytes.data(), bytes, std::min(available, slot.bytes.size()));
    slot.instruction = decode(
        bytes, available, context_.engine.code_bits() == 16 ? CodeSize::Bits16 : CodeSize::Bits32);
  }
  return slot.instruction;
}

void DeprivilegedGuest::take_exit(ExitReason reason, std::uint32_t qualification,
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
    const DecodedAt& slot = decoded_[(rip.value ^ (rip.value >> 8)) % kDecodedSlots];
    if (&slot.instruction == what) {
      std::memcpy(event.bytes.data(), slot.bytes.data(),
                  std::min<std::size_t>(event.bytes.size(), what->length));
    }
  }
  context_.last_exit = Event{context_.retired(), context_.now(), rip, 0, event};
  context_.record(rip, event);
}

void DeprivilegedGuest::charge(ExitReason reason, std::uint32_t cycles) {
  context_.ledger[reason].cycles += cycles;
  context_.time += cycles;
}

std::uint32_t DeprivilegedGuest::round_trip(ExitReason reason) const {
  const bool called = reason == ExitReason::Callout || reason == ExitReason::TranslatorCalled;
  return called ? context_.cost.callout : context_.cost.exit_and_entry;
}

void DeprivilegedGuest::resume(Handling handling, std::uint32_t cost) {
  const std::uint32_t cycles = round_trip(reason_) + cost;
  ++context_.ledger[reason_].count;
  charge(reason_, cycles);
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), GuestResumed{handling, reason_, storey(), cycles});
  }
}

void DeprivilegedGuest::fault(const Faulted& fault) {
  cpu_.interrupt_shadow = false;
  if (fault.vector == kPageFault) {
    page_fault(fault);
    return;
  }
  const Instruction& what = instruction_at(linear_rip());
  const bool may_be_privileged =
      fault.vector == kGeneralProtection || fault.vector == kSegmentNotPresent;
  if (may_be_privileged && what.valid) {
    // A stale copy of a descriptor looks like a bad selector: refresh, then look again.
    const bool blames_selector = (fault.error_code & selector_error::kIndexMask) != 0;
    if (blames_selector && gdt_.update(cpu_.gdtr, guest_linear())) {
      take_exit(ExitReason::PrivilegedInstruction, fault.error_code, &what);
      context_.engine.switch_privilege({context_.engine.selector(SegmentName::Cs),
                                        context_.engine.selector(SegmentName::Ss),
                                        cpu_.in_kernel ? gdt_.kernel_table() : gdt_.user_table()});
      resume(Handling::Emulated, context_.cost.decode_and_emulate);
      return;
    }
    if (cpu_.in_kernel || what.mnemonic == Mnemonic::Rdtsc ||
        ((what.mnemonic == Mnemonic::In || what.mnemonic == Mnemonic::Out) && cpu_.iopl == 3)) {
      // The error code of a refused MOV CR or MOV DR is 0 and says nothing: its register does.
      take_exit(ExitReason::PrivilegedInstruction,
                names_system_register(what.mnemonic) ? what.system_register : fault.error_code,
                &what);
      if (emulate(what)) {
        LedgerRow& row = context_.ledger.emulated[static_cast<std::size_t>(mnemonic_)];
        ++row.count;
        row.cycles += context_.cost.exit_and_entry + context_.cost.decode_and_emulate;
        resume(Handling::Emulated, context_.cost.decode_and_emulate);
        return;
      }
      reflect({fault.vector, InterruptSource::Exception, fault.error_code});
      resume(Handling::Reflected, context_.cost.reflect);
      return;
    }
  }
  const ExitReason reason = fault.vector == kGeneralProtection ? ExitReason::GeneralProtection
                            : fault.vector == kDivideError     ? ExitReason::DivideError
                                                               : ExitReason::Exception;
  take_exit(reason, fault.vector == kGeneralProtection ? fault.error_code : fault.vector, &what);
  reflect({fault.vector, InterruptSource::Exception,
           has_error_code(fault.vector) ? std::optional(fault.error_code) : std::nullopt});
  resume(Handling::Reflected, context_.cost.reflect);
}

void DeprivilegedGuest::software_interrupt(std::uint8_t vector) {
  cpu_.interrupt_shadow = false;
  take_exit(ExitReason::SoftwareInterrupt, vector, nullptr);
  reflect({vector, InterruptSource::Software, {}});
  resume(Handling::Reflected, context_.cost.reflect);
}

void DeprivilegedGuest::invalid_opcode() {
  cpu_.interrupt_shadow = false;
  take_exit(ExitReason::InvalidOpcode, kInvalidOpcode, &instruction_at(linear_rip()));
  reflect({kInvalidOpcode, InterruptSource::Exception, {}});
  resume(Handling::Reflected, context_.cost.reflect);
}

std::uint32_t DeprivilegedGuest::port(const PortAccessed& access) {
  cpu_.interrupt_shadow = false;
  const bool read = access.direction == Direction::Read;
  const ExitReason reason = read ? ExitReason::PortRead : ExitReason::PortWrite;
  take_exit(reason, access.port, &instruction_at(linear_rip()));
  std::uint32_t value = 0;
  if (read) {
    value = context_.machine.read_port(access.port, access.size);
  } else {
    context_.machine.write_port(access.port, access.size, access.value);
  }
  LedgerRow& row = context_.ledger.emulated[static_cast<std::size_t>(mnemonic_)];
  ++row.count;
  row.cycles += context_.cost.exit_and_entry + context_.cost.device_access;
  resume(Handling::DeviceAccessed, context_.cost.device_access);
  return value;
}

// HLT cannot retire in ring 1 or 3, and nothing is intercepted there.
void DeprivilegedGuest::halted() {
  context_.machine.end_guest(GuestEnd::Crashed, kGeneralProtection);
}
void DeprivilegedGuest::intercepted() { halted(); }

void DeprivilegedGuest::missed_memory(const MachineMemoryMissed&) {
  // A guest-physical page without memory is shadowed beyond the host's RAM (fill_shadow). Fetched
  // from there: a real bus answers ones, ff ff is #UD.
  invalid_opcode();
}

bool DeprivilegedGuest::interrupts_enabled() {
  return cpu_.interrupt_flag && !cpu_.interrupt_shadow;
}

void DeprivilegedGuest::deliver_interrupt(std::uint8_t vector) {
  reflect({vector, InterruptSource::Hardware, {}});
  charge(ExitReason::InterruptWindow, context_.cost.interrupt);
}

void DeprivilegedGuest::time_slice_ended() {
  cpu_.interrupt_shadow = false;
  take_exit(ExitReason::InterruptWindow, 0, nullptr);
  resume(Handling::ClockAdvanced, 0);
}

RegisterFile DeprivilegedGuest::registers() {
  VcpuEngine& cpu = context_.engine;
  RegisterFile r;
  for (int i = 0; i < 8; ++i) {
    r.gpr[static_cast<std::size_t>(i)] = guest_gpr(static_cast<Gpr>(i));
  }
  r.rip = guest_rip();
  r.rflags = (cpu.rflags() & ~std::uint64_t{eflags::IF | eflags::IOPL}) |
             (cpu_.interrupt_flag ? eflags::IF : 0u) |
             (std::uint64_t{cpu_.iopl} << eflags::kIoplShift);
  r.cr0 = cpu_.cr0;
  r.cr2 = cpu_.cr2;
  r.cr3 = cpu_.cr3;
  r.cr4 = cpu_.cr4;
  r.gdtr = cpu_.gdtr;
  r.idtr = cpu_.idtr;
  r.tr = cpu_.tr;
  r.ldtr = cpu_.ldtr;
  const LinearMemory memory = guest_linear();
  for (int i = 0; i < kSegmentCount; ++i) {
    const auto name = static_cast<SegmentName>(i);
    std::uint16_t selector = 0;
    if (name == SegmentName::Cs) {
      selector = guest_code_selector();
    } else if (name == SegmentName::Ss) {
      selector = with_rpl(cpu.selector(name), cpu_.cpl());
    } else {
      selector = cpu.selector(name);
    }
    std::uint64_t raw = 0;
    if (!selector_is_null(selector)) {
      memory.peek(Gva(cpu_.gdtr.base + selector_offset(selector)), &raw, sizeof raw);
    }
    r[name] = segment_of(selector, parse_descriptor(raw));
  }
  return r;
}

PhysicalRegisters DeprivilegedGuest::physical() {
  VcpuEngine& cpu = context_.engine;
  PhysicalRegisters p;
  p.cs = with_rpl(cpu.selector(SegmentName::Cs), cpu_.in_kernel ? 1 : 3);
  p.ss = with_rpl(cpu.selector(SegmentName::Ss), cpu_.in_kernel ? 1 : 3);
  p.cpl = cpu_.in_kernel ? 1 : 3;
  p.cr3 = shadow_.root().value;
  p.rflags = cpu.rflags();
  p.gdtr = cpu_.in_kernel ? gdt_.kernel_table() : gdt_.user_table();
  return p;
}

void DeprivilegedGuest::set_registers(const RegisterFile& r) {
  VcpuEngine& cpu = context_.engine;
  go_to(r.rip);  // first: it may give back what a translation has borrowed
  for (int i = 0; i < 8; ++i) {
    cpu.set_gpr(static_cast<Gpr>(i), r.gpr[static_cast<std::size_t>(i)]);
  }
  cpu.set_rflags(physical_flags(r.rflags));
}

std::uint16_t DeprivilegedGuest::guest_code_selector() const {
  return with_rpl(context_.engine.selector(SegmentName::Cs), cpu_.cpl());
}

std::uint16_t DeprivilegedGuest::kernel_code_selector(std::uint16_t guest) const {
  return with_rpl(guest, 1);
}

void DeprivilegedGuest::save(StateWriter& out) const {
  cpu_.save(out);
  out.u32(shadow_.state().used_frames);
  out.u32(shadow_.state().entries);
  out.u16(gdt_.limit());
}

bool DeprivilegedGuest::restore(StateReader& in) {
  cpu_.restore(in);
  ShadowPageTable::State state;
  state.used_frames = in.u32();
  state.entries = in.u32();
  shadow_.restore(state);
  gdt_.restore_limit(in.u16());
  code_page_ = ~std::uint64_t{0};
  return in.ok();
}

}  // namespace gv
