// SPDX-License-Identifier: MIT
//
// kvm_exits.cpp - why KVM_RUN returned, as our exits.
//
// Source: Linux, Documentation/virt/kvm/api.rst, "The kvm_run structure".

#include "engine/kvm/kvm_state.h"

#include <cstring>

namespace gv {

std::uint8_t* KvmEngine::State::port_element(std::uint32_t index) {
  return reinterpret_cast<std::uint8_t*>(run) + run->io.data_offset +
         std::size_t{index} * run->io.size;
}

Exit KvmEngine::State::next_port_element() {
  PortAccessed access;
  access.port = run->io.port;
  access.size = run->io.size;
  access.direction = run->io.direction == KVM_EXIT_IO_OUT ? Direction::Write : Direction::Read;
  if (access.direction == Direction::Write) {
    std::memcpy(&access.value, port_element(ports.next), access.size);
  } else {
    ports.awaits_reply = true;
  }
  return access;
}

Exit KvmEngine::State::translate_exit() {
  switch (run->exit_reason) {
    case KVM_EXIT_IO:
      ports = {0, run->io.count, false};
      return next_port_element();
    case KVM_EXIT_MMIO:
      if (run->mmio.is_write == 0) {
        std::memset(run->mmio.data, 0xff, sizeof run->mmio.data);
      }
      return MachineMemoryMissed{Mpa(run->mmio.phys_addr),
                                 run->mmio.is_write != 0 ? Direction::Write : Direction::Read};
    case KVM_EXIT_HLT:
      return HaltExecuted{};
    case KVM_EXIT_IRQ_WINDOW_OPEN:
      return InterruptWindowOpened{};
    case KVM_EXIT_INTR:
      return HostInterrupted{};
    case KVM_EXIT_X86_RDMSR:
    case KVM_EXIT_X86_WRMSR:
      run->msr.error = 1;  // KVM raises #GP
      return MsrAccessed{
          run->msr.index,
          run->exit_reason == KVM_EXIT_X86_RDMSR ? Direction::Read : Direction::Write,
          run->exit_reason == KVM_EXIT_X86_RDMSR ? 0 : run->msr.data};
    case KVM_EXIT_DEBUG:
      breakpoint_to_pass = run->debug.arch.pc;
      return AddressReached{};
    case KVM_EXIT_SHUTDOWN:
      return TripleFaulted{};
    default:
      return ExecutionRefused{};
  }
}

}  // namespace gv
