// SPDX-License-Identifier: MIT
//
// kvm_state.h - what the KVM engine's source files share.
//
// Private to kvm_engine.cpp (running), kvm_exits.cpp (why it stopped) and
// kvm_registers.cpp (register access).

#pragma once

#include "engine/kvm/alarm.h"
#include "engine/kvm/file_descriptor.h"
#include "engine/kvm/kvm_engine.h"
#include "engine/kvm/kvm_host.h"
#include "engine/kvm/memory_slots.h"

#include <linux/kvm.h>

#include <array>
#include <cstddef>
#include <optional>

namespace gv {

// A port exit of several elements (REP INS, REP OUTS), handed over one by one.
struct PortBatch {
  std::uint32_t next = 0, count = 0;
  bool awaits_reply = false;
};

struct KvmEngine::State {
  KvmHost host;
  KvmAbilities abilities;
  FileDescriptor machine, vcpu;
  kvm_run* run = nullptr;
  std::size_t run_bytes = 0;
  std::optional<MemorySlots> slots;
  std::optional<Alarm> alarm;

  // How many host nanoseconds are one of the guest's.
  std::uint64_t dilation = 1;
  std::chrono::nanoseconds in_guest{0};

  PortBatch ports;
  std::vector<std::uint64_t> watched;
  std::optional<std::uint64_t> breakpoint_to_pass;  // reported; its instruction is to run now
  // Where the guest may switch paging on, on a KVM that would refuse it silently.
  std::vector<std::uint64_t> paging_guards;

  State(KvmHost opened, KvmAbilities found) : host(std::move(opened)), abilities(found) {}
  ~State();

  // The registers are in the run page: KVM puts them there at every exit, and takes the dirty ones
  // from it at the next KVM_RUN. A call into the kernel for them costs most of an exit.
  kvm_regs& general() { return run->s.regs.regs; }
  kvm_regs& general_to_write() {
    run->kvm_dirty_regs |= KVM_SYNC_X86_REGS;
    return run->s.regs.regs;
  }
  kvm_sregs& special() { return run->s.regs.sregs; }
  kvm_sregs& special_to_write() {
    run->kvm_dirty_regs |= KVM_SYNC_X86_SREGS;
    return run->s.regs.sregs;
  }
  // Both, from KVM into the run page: for what was written to KVM past that page.
  Result<void> fetch_registers();
  std::vector<std::uint64_t> breakpoints() const;
  void debug(bool with_breakpoints, bool single_step);
  void find_paging_guards(const MachineMemory& memory);
  bool switches_legacy_paging_on();
  std::uint8_t* port_element(std::uint32_t index);

  Result<void> enter(std::uint64_t slice);
  Exit next_port_element();
  Exit translate_exit();
};

}  // namespace gv
