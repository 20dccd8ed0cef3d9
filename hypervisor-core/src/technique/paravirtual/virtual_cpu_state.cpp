// SPDX-License-Identifier: MIT

#include "technique/paravirtual/virtual_cpu_state.h"

namespace gv::paravirtual {

void VirtualCpuState::save(StateWriter& out) const {
  out.u8(static_cast<std::uint8_t>(width));
  out.flag(in_kernel);
  for (const TrapEntry& trap : traps) {
    out.u16(trap.cs);
    out.u8(trap.flags);
    out.u64(trap.address);
  }
  for (const Callback& callback : callbacks) {
    out.u16(callback.cs);
    out.u64(callback.address);
    out.flag(callback.masks_events);
  }
  out.u16(kernel_ss);
  for (const std::uint64_t word : {kernel_sp, cr0, cr2, cr4, kernel_root.value, user_root.value,
                                   inactive_gs, vcpu_info.value}) {
    out.u64(word);
  }
  for (const std::uint64_t word : debug) {
    out.u64(word);
  }
  out.u8(io_privilege);
  out.flag(architectural_iopl);
}

void VirtualCpuState::restore(StateReader& in) {
  width = in.u8() == 0 ? Width::Bits32 : Width::Bits64;
  in_kernel = in.flag();
  for (TrapEntry& trap : traps) {
    trap.cs = in.u16();
    trap.flags = in.u8();
    trap.address = in.u64();
  }
  for (Callback& callback : callbacks) {
    callback.cs = in.u16();
    callback.address = in.u64();
    callback.masks_events = in.flag();
  }
  kernel_ss = in.u16();
  for (std::uint64_t* word : {&kernel_sp, &cr0, &cr2, &cr4, &kernel_root.value, &user_root.value,
                              &inactive_gs, &vcpu_info.value}) {
    *word = in.u64();
  }
  for (std::uint64_t& word : debug) {
    word = in.u64();
  }
  io_privilege = in.u8();
  architectural_iopl = in.flag();
}

}  // namespace gv::paravirtual
