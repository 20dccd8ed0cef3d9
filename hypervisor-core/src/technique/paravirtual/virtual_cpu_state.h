// SPDX-License-Identifier: MIT
//
// virtual_cpu_state.h - a paravirtual vCPU beyond the registers that its CPU holds.
//
// What Xen keeps in place of an IDT, a TSS and control registers: the trap table, callbacks, the
// kernel's stack, both page-table roots. A paravirtual guest sets these by hypercalls.
//
// A plain value. Source: Xen's public header arch-x86/xen.h, struct vcpu_guest_context.

#pragma once

#include "gv/address.h"
#include "gv/device.h"

#include <array>
#include <cstdint>

namespace gv::paravirtual {

enum class Width : std::uint8_t {
  Bits32,  // PAE; kernel at ring 1, its user programs at ring 3
  Bits64,  // kernel and user programs both at ring 3, told apart by page tables
};

struct TrapEntry {
  std::uint16_t cs = 0;
  std::uint8_t flags = 0;     // bits 1:0 the ring that may INT n; bit 2: events are masked on entry
  std::uint64_t address = 0;  // 0: none

  int ring() const { return flags & 3; }
  bool masks_events() const { return (flags & 4) != 0; }
};

enum class CallbackKind : std::uint8_t { Event, Failsafe, Syscall, Syscall32, Sysenter, Nmi };
inline constexpr std::size_t kCallbackKinds = 6;

struct Callback {
  std::uint16_t cs = 0;
  std::uint64_t address = 0;  // 0: none
  bool masks_events = false;
};

struct VirtualCpuState {
  Width width = Width::Bits64;
  bool in_kernel = true;  // 64-bit only: which root is in CR3 and whose GS base is live
  std::array<TrapEntry, 256> traps{};
  std::array<Callback, kCallbackKinds> callbacks{};
  std::uint16_t kernel_ss = 0;
  std::uint64_t kernel_sp = 0;
  std::uint64_t cr0 = 0, cr2 = 0, cr4 = 0;
  std::array<std::uint64_t, 8> debug{};
  Mpa kernel_root, user_root;       // user: 64-bit only; 0: none
  std::uint64_t inactive_gs = 0;    // the base of whichever of kernel and user does not run
  std::uint8_t io_privilege = 0;    // the virtual IOPL
  bool architectural_iopl = false;  // the guest sees it in RFLAGS, and its kernel counts as ring 0
  Mpa vcpu_info;                    // pending byte, mask byte

  Callback& operator[](CallbackKind kind) { return callbacks[static_cast<std::size_t>(kind)]; }
  const Callback& operator[](CallbackKind kind) const {
    return callbacks[static_cast<std::size_t>(kind)];
  }
  bool wide() const { return width == Width::Bits64; }

  void save(StateWriter& out) const;
  void restore(StateReader& in);
};

}  // namespace gv::paravirtual
