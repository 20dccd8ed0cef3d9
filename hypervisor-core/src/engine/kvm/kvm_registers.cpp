// SPDX-License-Identifier: MIT
//
// kvm_registers.cpp - register access between runs.
//
// They come with every exit in the run page. Whatever is not in there, MSRs
// and the x87 unit, costs a call into the kernel and is asked for when needed.

#include "engine/kvm/kvm_lists.h"
#include "engine/kvm/kvm_state.h"
#include "engine/kvm/vcpu_state.h"
#include "x86/control_registers.h"
#include "x86/descriptor.h"

#include <sys/ioctl.h>
#include <algorithm>
#include <array>
#include <cstring>

namespace gv {

namespace {

constexpr std::size_t kBreakpointRegisters = 4;

constexpr std::array kKeptMsrs = {Msr::SysenterCs, Msr::SysenterEsp, Msr::SysenterEip,
                                  Msr::Pat,        Msr::Efer,        Msr::Star,
                                  Msr::Lstar,      Msr::Cstar,       Msr::Fmask,
                                  Msr::FsBase,     Msr::GsBase,      Msr::KernelGsBase};

// What a saved CPU consists of, besides memory.
struct SavedCpu {
  kvm_regs general{};
  kvm_sregs special{};
  kvm_fpu fpu{};
  kvm_vcpu_events events{};
  std::array<std::uint64_t, kKeptMsrs.size()> msrs{};
  std::int64_t in_guest = 0;
};

kvm_segment& segment_in(kvm_sregs& special, SegmentName which) {
  kvm_segment* const all[kSegmentCount] = {&special.es, &special.cs, &special.ss,
                                           &special.ds, &special.fs, &special.gs};
  return *all[static_cast<std::size_t>(which)];
}

// These MSRs are special registers too. Null for all others.
std::uint64_t* in_run_page(kvm_sregs& special, Msr which) {
  static_assert(sizeof(__u64) == sizeof(std::uint64_t));
  switch (which) {
    case Msr::Efer:
      return reinterpret_cast<std::uint64_t*>(&special.efer);
    case Msr::FsBase:
      return reinterpret_cast<std::uint64_t*>(&special.fs.base);
    case Msr::GsBase:
      return reinterpret_cast<std::uint64_t*>(&special.gs.base);
    default:
      return nullptr;
  }
}

}  // namespace

Result<void> KvmEngine::State::fetch_registers() {
  run->kvm_dirty_regs = 0;
  if (ioctl(vcpu.get(), KVM_GET_REGS, &general()) != 0 ||
      ioctl(vcpu.get(), KVM_GET_SREGS, &special()) != 0) {
    return kvm_error("KVM does not show its registers");
  }
  return {};
}

std::uint64_t KvmEngine::rip() { return state_->general().rip; }
void KvmEngine::set_rip(std::uint64_t value) { state_->general_to_write().rip = value; }
std::uint64_t KvmEngine::rflags() { return state_->general().rflags; }
void KvmEngine::set_rflags(std::uint64_t value) { state_->general_to_write().rflags = value; }
std::uint64_t KvmEngine::gpr(Gpr which) { return general_register(state_->general(), which); }
void KvmEngine::set_gpr(Gpr which, std::uint64_t value) {
  general_register(state_->general_to_write(), which) = value;
}

std::uint16_t KvmEngine::selector(SegmentName which) {
  return segment_in(state_->special(), which).selector;
}

void KvmEngine::set_selector(SegmentName which, std::uint16_t value) {
  kvm_sregs& special = state_->special_to_write();
  GV_CHECK((special.cr0 & x86::cr0::PE) == 0);
  kvm_segment& segment = segment_in(special, which);
  segment.selector = value;
  segment.base = std::uint64_t{value} << 4;
}

std::uint64_t KvmEngine::control(ControlRegister which) {
  const kvm_sregs& special = state_->special();
  switch (which) {
    case ControlRegister::Cr0:
      return special.cr0;
    case ControlRegister::Cr2:
      return special.cr2;
    case ControlRegister::Cr3:
      return special.cr3;
    case ControlRegister::Cr4:
      break;
  }
  return special.cr4;
}

void KvmEngine::set_control(ControlRegister which, std::uint64_t value) {
  kvm_sregs& special = state_->special_to_write();
  switch (which) {
    case ControlRegister::Cr0:
      special.cr0 = value;
      return;
    case ControlRegister::Cr2:
      special.cr2 = value;
      return;
    case ControlRegister::Cr3:
      special.cr3 = value;
      return;
    case ControlRegister::Cr4:
      special.cr4 = value;
      return;
  }
}

std::optional<std::uint64_t> KvmEngine::msr(Msr which) {
  if (const std::uint64_t* here = in_run_page(state_->special(), which)) {
    return *here;
  }
  OneMsr request;
  request.items[0].index = static_cast<std::uint32_t>(which);
  if (ioctl(state_->vcpu.get(), kGetMsrs, &request) != 1) {
    return std::nullopt;
  }
  return request.items[0].data;
}

bool KvmEngine::set_msr(Msr which, std::uint64_t value) {
  OneMsr request;
  request.items[0].index = static_cast<std::uint32_t>(which);
  request.items[0].data = value;
  if (ioctl(state_->vcpu.get(), kSetMsrs, &request) != 1) {
    return false;
  }
  if (std::uint64_t* here = in_run_page(state_->special(), which)) {
    // LMA is the CPU's to set, by switching paging on and off.
    const std::uint64_t kept = which == Msr::Efer ? x86::efer::LMA : 0;
    *here = (value & ~kept) | (*here & kept);
  }
  return true;
}

std::optional<FloatingPointState> KvmEngine::floating_point() {
  kvm_fpu fpu{};
  if (ioctl(state_->vcpu.get(), KVM_GET_FPU, &fpu) != 0) {
    return std::nullopt;
  }
  FloatingPointState state;
  for (std::size_t i = 0; i < state.stack.size(); ++i) {
    std::memcpy(state.stack[i].data(), fpu.fpr[i], state.stack[i].size());
  }
  state.control = fpu.fcw;
  state.status = fpu.fsw;
  state.in_use = fpu.ftwx;
  return state;
}

// The vector registers, which KVM keeps in the same place, stay as they are.
void KvmEngine::set_floating_point(const FloatingPointState& state) {
  kvm_fpu fpu{};
  GV_CHECK(ioctl(state_->vcpu.get(), KVM_GET_FPU, &fpu) == 0);
  for (std::size_t i = 0; i < state.stack.size(); ++i) {
    std::memcpy(fpu.fpr[i], state.stack[i].data(), state.stack[i].size());
  }
  fpu.fcw = state.control;
  fpu.fsw = state.status;
  fpu.ftwx = state.in_use;
  GV_CHECK(ioctl(state_->vcpu.get(), KVM_SET_FPU, &fpu) == 0);
}

DescriptorTableRegister KvmEngine::gdtr() {
  const kvm_dtable& table = state_->special().gdt;
  return {table.base, table.limit};
}
DescriptorTableRegister KvmEngine::idtr() {
  const kvm_dtable& table = state_->special().idt;
  return {table.base, table.limit};
}
void KvmEngine::set_gdtr(const DescriptorTableRegister& value) {
  kvm_dtable& table = state_->special_to_write().gdt;
  table.base = value.base;
  table.limit = value.limit;
}
void KvmEngine::set_idtr(const DescriptorTableRegister& value) {
  kvm_dtable& table = state_->special_to_write().idt;
  table.base = value.base;
  table.limit = value.limit;
}
Segment KvmEngine::task_register() { return register_file().tr; }
std::uint16_t KvmEngine::ldt_selector() { return state_->special().ldt.selector; }
std::uint64_t KvmEngine::code_base() { return state_->special().cs.base; }

int KvmEngine::code_bits() {
  const kvm_sregs& special = state_->special();
  return special.cs.l != 0 ? 64 : special.cs.db != 0 ? 32 : 16;
}

Result<void> KvmEngine::set_up_monitor(const MonitorPages&) {
  return Error{ErrorCode::NotAvailable,
               "on KVM the CPU itself keeps the guest apart, and nothing is deprivileged"};
}
void KvmEngine::switch_privilege(const PrivilegeSwitch&) {
  GV_CHECK(false && "on KVM rings change by the guest's own instructions");
}

RegisterFile KvmEngine::register_file() {
  return register_file_of(state_->general(), state_->special());
}

void KvmEngine::set_register_file(const RegisterFile& registers) {
  put_general(registers, state_->general_to_write());
  auto& special = state_->special_to_write();
  put_special(registers, special);
  // LMA follows from what has just been written, as it would from the guest's own MOV to CR0.
  const bool long_mode = (special.efer & x86::efer::LME) != 0 && (special.cr0 & x86::cr0::PG) != 0;
  special.efer = (special.efer & ~std::uint64_t{x86::efer::LMA}) | (long_mode ? x86::efer::LMA : 0);
}

std::vector<std::uint64_t> KvmEngine::State::breakpoints() const {
  std::vector<std::uint64_t> all = paging_guards;
  all.insert(all.end(), watched.begin(), watched.end());
  all.resize(std::min(all.size(), kBreakpointRegisters));
  return all;
}

void KvmEngine::State::debug(bool with_breakpoints, bool single_step) {
  kvm_guest_debug request{};
  const std::vector<std::uint64_t> addresses = breakpoints();
  if (with_breakpoints && !addresses.empty()) {
    request.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_USE_HW_BP;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
      request.arch.debugreg[i] = addresses[i];
      request.arch.debugreg[7] |= std::uint64_t{2} << (2 * i);  // executed, one byte
    }
  }
  if (single_step) {
    request.control |= KVM_GUESTDBG_ENABLE | KVM_GUESTDBG_SINGLESTEP;
  }
  ioctl(vcpu.get(), KVM_SET_GUEST_DEBUG, &request);
}

// MOV to CR0 is 0F 22 and a ModRM byte of C0 to C7. More of them than there are breakpoint
// registers go unguarded; such a guest then sees #GP and reports it in its own way.
void KvmEngine::State::find_paging_guards(const MachineMemory& memory) {
  const std::uint8_t* begin = memory.at(Mpa(0));
  const std::uint8_t* end = begin + memory.size();
  const std::uint8_t* at = begin;
  while (paging_guards.size() < kBreakpointRegisters) {
    at = static_cast<const std::uint8_t*>(
        memmem(at, static_cast<std::size_t>(end - at), "\x0f\x22", 2));
    if (at == nullptr) {
      return;
    }
    if (end - at > 2 && (at[2] & 0xf8) == 0xc0) {
      paging_guards.push_back(static_cast<std::uint64_t>(at - begin));
    }
    at += 2;
  }
}

// RIP stands at one of the guards.
bool KvmEngine::State::switches_legacy_paging_on() {
  const kvm_sregs& now = special();
  const auto address = Mpa(now.cs.base + general().rip);
  const auto source = static_cast<Gpr>(slots->memory().load<std::uint8_t>(address + 2) & 7);
  const bool on = (general_register(general(), source) & x86::cr0::PG) != 0;
  return on && (now.cr0 & x86::cr0::PG) == 0 && (now.efer & x86::efer::LME) == 0;
}

void KvmEngine::watch(const std::vector<Gva>& addresses) {
  std::vector<std::uint64_t> wanted;
  for (const Gva address : addresses) {
    if (wanted.size() < kBreakpointRegisters) {
      wanted.push_back(address.value);
    }
  }
  if (wanted == state_->watched) {
    return;
  }
  // Debug state is KVM's until it is told otherwise, so it is told only of changes.
  state_->watched = wanted;
  state_->debug(true, false);
}

EngineState KvmEngine::save() {
  SavedCpu saved;
  saved.general = state_->general();
  saved.special = state_->special();
  GV_CHECK(ioctl(state_->vcpu.get(), KVM_GET_FPU, &saved.fpu) == 0);
  GV_CHECK(ioctl(state_->vcpu.get(), KVM_GET_VCPU_EVENTS, &saved.events) == 0);
  for (std::size_t i = 0; i < kKeptMsrs.size(); ++i) {
    saved.msrs[i] = msr(kKeptMsrs[i]).value_or(0);
  }
  saved.in_guest = state_->in_guest.count();
  EngineState state;
  state.context.resize(sizeof saved);
  std::memcpy(state.context.data(), &saved, sizeof saved);
  return state;
}

Result<void> KvmEngine::restore(const EngineState& state) {
  if (state.context.size() != sizeof(SavedCpu)) {
    return Error{ErrorCode::InvalidInput, "the saved CPU is not one of KVM's"};
  }
  SavedCpu saved;
  std::memcpy(&saved, state.context.data(), sizeof saved);
  state_->ports = {};
  if (ioctl(state_->vcpu.get(), KVM_SET_SREGS, &saved.special) != 0 ||
      ioctl(state_->vcpu.get(), KVM_SET_REGS, &saved.general) != 0 ||
      ioctl(state_->vcpu.get(), KVM_SET_FPU, &saved.fpu) != 0 ||
      ioctl(state_->vcpu.get(), KVM_SET_VCPU_EVENTS, &saved.events) != 0) {
    return kvm_error("KVM refuses the saved CPU");
  }
  for (std::size_t i = 0; i < kKeptMsrs.size(); ++i) {
    set_msr(kKeptMsrs[i], saved.msrs[i]);
  }
  state_->in_guest = std::chrono::nanoseconds(saved.in_guest);
  return state_->fetch_registers();
}

}  // namespace gv
