// SPDX-License-Identifier: MIT
//
// unicorn_registers.cpp - lazy register access and the ways back into the guest.

#include "engine/unicorn_state.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"

namespace gv {

namespace {

constexpr int kSegmentIds[kSegmentCount] = {UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS,
                                            UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS};
// Everything of the FPU and SSE that a template would overwrite. The control words first: they
// decide how the others are read.
constexpr int kFpuIds[] = {UC_X86_REG_FPCW, UC_X86_REG_FPSW, UC_X86_REG_FPTAG, UC_X86_REG_MXCSR,
                           UC_X86_REG_FP0,  UC_X86_REG_FP1,  UC_X86_REG_FP2,   UC_X86_REG_FP3,
                           UC_X86_REG_FP4,  UC_X86_REG_FP5,  UC_X86_REG_FP6,   UC_X86_REG_FP7,
                           UC_X86_REG_XMM0, UC_X86_REG_XMM1, UC_X86_REG_XMM2,  UC_X86_REG_XMM3,
                           UC_X86_REG_XMM4, UC_X86_REG_XMM5, UC_X86_REG_XMM6,  UC_X86_REG_XMM7};
constexpr std::size_t kFpuCount = std::size(kFpuIds);

int control_id(ControlRegister which) {
  switch (which) {
    case ControlRegister::Cr0:
      return UC_X86_REG_CR0;
    case ControlRegister::Cr2:
      return UC_X86_REG_CR2;
    case ControlRegister::Cr3:
      return UC_X86_REG_CR3;
    case ControlRegister::Cr4:
      return UC_X86_REG_CR4;
  }
  return UC_X86_REG_CR0;
}

}  // namespace

void UnicornEngine::State::forget_registers() {
  gprs_valid = rip_valid = eflags_valid = false;
  gprs_dirty = 0;
  rip_dirty = eflags_dirty = false;
}

void UnicornEngine::State::load_gprs() {
  if (gprs_valid) {
    return;
  }
  void* values[kGprCount];
  gprs = {};  // of the narrow ones Unicorn writes half
  for (std::size_t i = 0; i < gprs.size(); ++i) {
    values[i] = &gprs[i];
  }
  uc_reg_read_batch(uc, const_cast<int*>(ids->gpr.data()), values, ids->gpr_count);
  gprs_valid = true;
}

void UnicornEngine::State::clear_pending_exception() {
  constexpr std::int32_t kNone = -1;
  std::memcpy(reinterpret_cast<std::uint8_t*>(context) + layout.old_exception, &kNone,
              sizeof kNone);
}

// Inside the hook: the context saved at its start, with the exception
// forgotten and EIP moved, goes back; then the general registers.
void UnicornEngine::State::apply_in_trap_hook(std::uint64_t rip_ahead) {
  clear_pending_exception();
  if (rip_dirty) {
    rip -= rip_ahead;
    uc_context_reg_write(context, ids->instruction_pointer, &rip);
  }
  if (eflags_dirty) {
    uc_context_reg_write(context, UC_X86_REG_EFLAGS, &eflags);
  }
  for (std::uint32_t dirty = gprs_dirty, i = 0; dirty != 0; dirty >>= 1, ++i) {
    if ((dirty & 1) != 0) {
      uc_context_reg_write(context, ids->gpr[i], &gprs[i]);
    }
  }
  uc_context_restore(uc, context);
  if (std::exchange(tlb_stale, false)) {
    uc_ctl_flush_tlb(uc);
  }
  forget_registers();
}

// A deprivileged guest outside long mode is entered by the IRET of the hypervisor's own page.
void UnicornEngine::State::apply_monitor_entry() {
  const std::uint64_t cr0 = read_register(UC_X86_REG_CR0);  // TS follows the guest's
  const std::uint64_t cr3 = read_register(UC_X86_REG_CR3);  // a paravirtual guest's own tables
  load_gprs();
  const auto esp = static_cast<std::uint32_t>(gprs[static_cast<std::size_t>(Gpr::Sp)]);
  const std::uint32_t target_eip = static_cast<std::uint32_t>(rip_valid ? rip : read_rip());
  const std::uint32_t target_eflags =
      eflags_valid ? eflags : static_cast<std::uint32_t>(read_register(UC_X86_REG_EFLAGS));
  std::uint16_t data[4];
  constexpr int kData[4] = {UC_X86_REG_ES, UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS};
  constexpr std::size_t kDataSegments[4] = {0, 3, 4, 5};
  for (std::size_t i = 0; i < 4; ++i) {
    data[i] =
        selectors[kDataSegments[i]].value_or(static_cast<std::uint16_t>(read_register(kData[i])));
  }
  std::array<std::array<std::uint8_t, 16>, kFpuCount> fpu{};
  void* fpu_pointers[kFpuCount];
  for (std::size_t i = 0; i < kFpuCount; ++i) {
    fpu_pointers[i] = fpu[i].data();
  }
  if (fpu_used) {
    uc_reg_read_batch(uc, const_cast<int*>(kFpuIds), fpu_pointers, static_cast<int>(kFpuCount));
  }
  uc_context_restore(uc, ring0);
  if (read_register(UC_X86_REG_CR0) != cr0) {
    write_register(UC_X86_REG_CR0, cr0);
  }
  if (read_register(UC_X86_REG_CR3) != cr3) {
    write_register(UC_X86_REG_CR3, cr3);
  }
  if (fpu_used) {
    uc_reg_write_batch(uc, const_cast<int*>(kFpuIds), fpu_pointers, static_cast<int>(kFpuCount));
  }
  uc_x86_mmr gdtr{};
  gdtr.base = privilege_switch->gdtr.base;
  gdtr.limit = privilege_switch->gdtr.limit;
  uc_reg_write(uc, UC_X86_REG_GDTR, &gdtr);
  for (std::size_t i = 0; i < 4; ++i) {
    write_register(kData[i], data[i]);
  }
  const std::uint32_t frame[5] = {target_eip, privilege_switch->cs, target_eflags, esp,
                                  privilege_switch->ss};
  std::memcpy(machine.at(monitor->stub_frame), frame, sizeof frame);
  gprs[static_cast<std::size_t>(Gpr::Sp)] =
      static_cast<std::uint32_t>(monitor->stub_frame_linear.value);
  gprs_dirty = kAllGprs;
  rip = monitor->iret_stub.value;
  rip_valid = rip_dirty = true;
  eflags_dirty = false;
  known_segment_valid = false;
  privilege_switch.reset();
  selectors = {};
}

// Outside uc_emu_start: writes what is pending and leaves EIP where to start.
void UnicornEngine::State::apply_idle() {
  // In long mode rings 0 and 3 are changed without an instruction of the CPU's.
  if (privilege_switch && monitor && !is_wide) {
    apply_monitor_entry();
  } else {
    load_segments();
  }
  for (std::uint32_t dirty = gprs_dirty, i = 0; dirty != 0; dirty >>= 1, ++i) {
    if ((dirty & 1) != 0) {
      write_register(ids->gpr[i], gprs[i]);
    }
  }
  if (eflags_dirty) {
    write_register(UC_X86_REG_EFLAGS, eflags);
  }
  if (rip_dirty) {
    write_register(ids->instruction_pointer, rip);
  }
  if (std::exchange(tlb_stale, false)) {
    uc_ctl_flush_tlb(uc);
  }
  forget_registers();
}

UnicornEngine::State::CodeSegment UnicornEngine::State::code_segment() {
  const auto cs = privilege_switch ? privilege_switch->cs
                                   : static_cast<std::uint16_t>(read_register(UC_X86_REG_CS));
  if (known_segment_valid && known_selector == cs) {
    return known_segment;
  }
  known_segment = read_code_segment(cs);
  known_selector = cs;
  known_segment_valid = true;
  return known_segment;
}

UnicornEngine::State::CodeSegment UnicornEngine::State::read_code_segment(std::uint16_t cs) const {
  if ((read_register(UC_X86_REG_CR0) & x86::cr0::PE) == 0) {
    return {std::uint32_t{cs} << 4, 16};
  }
  uc_x86_mmr table{};
  uc_reg_read(uc, UC_X86_REG_GDTR, &table);
  std::uint64_t raw = 0;
  const std::uint64_t at = table.base + x86::selector_offset(cs);
  if (read_code(at, reinterpret_cast<std::uint8_t*>(&raw), sizeof raw) != sizeof raw) {
    return {};
  }
  const x86::Descriptor descriptor = x86::parse_descriptor(raw);
  if (descriptor.long_mode && in_long_mode()) {
    return {0, 64};
  }
  return {descriptor.base, descriptor.default_32 ? 32 : 16};
}

std::optional<std::uint64_t> UnicornEngine::msr(Msr which) {
  uc_x86_msr msr{};
  msr.rid = static_cast<std::uint32_t>(which);
  return uc_reg_read(state_->uc, UC_X86_REG_MSR, &msr) == UC_ERR_OK
             ? std::optional<std::uint64_t>(msr.value)
             : std::nullopt;
}

bool UnicornEngine::set_msr(Msr which, std::uint64_t value) {
  State& s = *state_;
  uc_x86_msr msr{};
  msr.rid = static_cast<std::uint32_t>(which);
  msr.value = value;
  if (uc_reg_write(s.uc, UC_X86_REG_MSR, &msr) != UC_ERR_OK) {
    return false;
  }
  s.mode_was_set();
  return true;
}

std::uint64_t UnicornEngine::State::extended_features() const {
  uc_x86_msr msr{};
  msr.rid = x86::efer::kMsrNumber;
  return uc_reg_read(uc, UC_X86_REG_MSR, &msr) == UC_ERR_OK ? msr.value : 0;
}

std::size_t UnicornEngine::State::read_code(std::uint64_t linear, std::uint8_t* out,
                                            std::size_t bytes) const {
  const PagingMode mode{read_register(UC_X86_REG_CR0), read_register(UC_X86_REG_CR3),
                        read_register(UC_X86_REG_CR4), extended_features()};
  const std::uint64_t mask = mode.long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  std::size_t done = 0;
  while (done < bytes) {
    const Gva at((linear + done) & mask);
    const PageWalk walk =
        walker.walk(mode, at, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::No);
    const bool reachable =
        walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
    if (!reachable || !machine.contains(Mpa(walk.physical))) {
      break;
    }
    const std::size_t chunk = std::min<std::size_t>(bytes - done, kPageSize - at.page_offset());
    std::memcpy(out + done, machine.at(Mpa(walk.physical)), chunk);
    done += chunk;
  }
  return done;
}

void UnicornEngine::State::write_cr2(std::uint64_t value) {
  // Unicorn 2.1.1 overwrites CR3 when CR2 is written.
  const std::uint64_t cr3 = read_register(UC_X86_REG_CR3);
  write_register(UC_X86_REG_CR2, value);
  write_register(UC_X86_REG_CR3, cr3);
}

std::uint64_t UnicornEngine::rip() {
  State& s = *state_;
  if (!s.rip_valid) {
    s.rip = s.read_rip();
    s.rip_valid = true;
  }
  return s.rip;
}

void UnicornEngine::set_rip(std::uint64_t value) {
  state_->rip = state_->is_wide ? value : value & 0xffffffffu;
  state_->rip_valid = state_->rip_dirty = true;
}

std::uint64_t UnicornEngine::rflags() {
  State& s = *state_;
  if (!s.eflags_valid) {
    s.eflags = static_cast<std::uint32_t>(s.read_register(UC_X86_REG_EFLAGS));
    s.eflags_valid = true;
    if (s.suspended == Suspended::InPortHook) {
      // Inside a block Unicorn keeps the arithmetic flags to itself.
      using namespace x86::eflags;
      s.eflags &= ~(CF | PF | AF | ZF | SF | OF);
    }
  }
  return s.eflags;
}

void UnicornEngine::set_rflags(std::uint64_t value) {
  state_->eflags = static_cast<std::uint32_t>(value);
  state_->eflags_valid = state_->eflags_dirty = true;
}

std::uint64_t UnicornEngine::gpr(Gpr which) {
  state_->load_gprs();
  return state_->gprs[static_cast<std::size_t>(which)];
}

void UnicornEngine::set_gpr(Gpr which, std::uint64_t value) {
  State& s = *state_;
  const auto i = static_cast<std::size_t>(which);
  if (!s.is_wide && i >= 8) {
    return;  // outside long mode there is none
  }
  s.load_gprs();
  s.gprs[i] = s.is_wide ? value : value & 0xffffffffu;
  if (s.suspended == Suspended::InPortHook) {
    s.write_register(s.ids->gpr[i],
                     value);  // Unicorn re-reads these after the hook, and these alone
    return;
  }
  s.gprs_dirty |= 1u << i;
}

std::uint16_t UnicornEngine::selector(SegmentName which) {
  const auto i = static_cast<std::size_t>(which);
  if (state_->privilege_switch && which == SegmentName::Cs) {
    return state_->privilege_switch->cs;
  }
  if (state_->privilege_switch && which == SegmentName::Ss) {
    return state_->privilege_switch->ss;
  }
  return state_->selectors[i].value_or(
      static_cast<std::uint16_t>(state_->read_register(kSegmentIds[i])));
}

void UnicornEngine::set_selector(SegmentName which, std::uint16_t value) {
  state_->selectors[static_cast<std::size_t>(which)] = value;
  state_->leave_hook = true;  // the hook's saved context would undo it
}

std::uint64_t UnicornEngine::control(ControlRegister which) {
  return state_->read_register(control_id(which));
}

void UnicornEngine::set_control(ControlRegister which, std::uint64_t value) {
  State& s = *state_;
  if (which == ControlRegister::Cr2) {
    s.true_cr2 = value;
    s.write_cr2(value);
  } else {
    s.write_register(control_id(which), value);
  }
  s.mode_was_set();
}

// Somebody outside wrote a register that decides the mode: the hook's saved context would undo
// it. Out of the hook, what is written next finds the registers of that mode.
void UnicornEngine::State::mode_was_set() {
  leave_hook = true;
  known_segment_valid = false;
  if (suspended == Suspended::Idle) {
    if (const auto settled = settle_instance(); !settled) {
      broken = settled.error();
    }
  }
}

DescriptorTableRegister UnicornEngine::gdtr() {
  uc_x86_mmr table{};
  uc_reg_read(state_->uc, UC_X86_REG_GDTR, &table);
  return {table.base, static_cast<std::uint16_t>(table.limit)};
}

DescriptorTableRegister UnicornEngine::idtr() {
  uc_x86_mmr table{};
  uc_reg_read(state_->uc, UC_X86_REG_IDTR, &table);
  return {table.base, static_cast<std::uint16_t>(table.limit)};
}

Segment UnicornEngine::task_register() {
  uc_x86_mmr tr{};
  uc_reg_read(state_->uc, UC_X86_REG_TR, &tr);
  return {tr.selector, tr.base, tr.limit, static_cast<std::uint16_t>(tr.flags >> 8)};
}

std::uint16_t UnicornEngine::ldt_selector() {
  uc_x86_mmr ldt{};
  uc_reg_read(state_->uc, UC_X86_REG_LDTR, &ldt);
  return ldt.selector;
}

void UnicornEngine::set_gdtr(const DescriptorTableRegister& value) {
  uc_x86_mmr table{};
  table.base = value.base;
  table.limit = value.limit;
  uc_reg_write(state_->uc, UC_X86_REG_GDTR, &table);
  state_->leave_hook = true;
}

void UnicornEngine::set_idtr(const DescriptorTableRegister& value) {
  uc_x86_mmr table{};
  table.base = value.base;
  table.limit = value.limit;
  uc_reg_write(state_->uc, UC_X86_REG_IDTR, &table);
  state_->leave_hook = true;
}

std::uint64_t UnicornEngine::code_base() { return state_->code_segment().base; }
Gva UnicornEngine::linear_rip() { return Gva(state_->linear(rip())); }
int UnicornEngine::code_bits() { return state_->code_segment().bits; }

}  // namespace gv
