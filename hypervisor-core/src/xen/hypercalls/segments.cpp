// SPDX-License-Identifier: MIT
//
// segments.cpp - hypercalls about descriptor tables, the kernel's stack and segment bases.

#include "xen/segments.h"
#include "x86/descriptor.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

Status set_gdt(Call& call) {
  const std::uint32_t entries = call.arg32(1);
  if (entries > kGuestGdtEntries) {
    return -XEN_EINVAL;
  }
  std::vector<std::uint64_t> frames;
  for (std::uint32_t i = 0; i < (entries + 511) / 512; ++i) {
    const auto frame = call.read_word(call.args[0] + i * call.word_bytes());
    if (!frame) {
      return -XEN_EFAULT;
    }
    frames.push_back(*frame);
  }
  return call.xen().set_gdt(call.vcpu, frames, entries);
}

Status update_descriptor(Call& call) {
  const bool wide = call.wide();
  const std::uint64_t at = wide ? call.args[0] : call.args[0] | call.args[1] << 32;
  const std::uint64_t raw = wide ? call.args[1] : call.args[2] | call.args[3] << 32;
  const auto descriptor = checked_descriptor(raw, wide ? kKernelRing64 : kKernelRing32);
  Hypervisor& xen = call.xen();
  const std::uint64_t mfn = at >> 12;
  if ((at & 7) != 0 || !descriptor || !xen.frames().get(mfn, call.domain().id)) {
    return -XEN_EINVAL;
  }
  const Mfn frame(static_cast<std::uint32_t>(mfn));
  // A table in use already has that use; any other frame must be one to write to.
  const FrameRecord& record = xen.frames()[frame];
  const FrameUse use = record.use == FrameUse::Segments && record.use_references > 0
                           ? FrameUse::Segments
                           : FrameUse::Writable;
  const TableOwner owner = call.domain().owner();
  const Status status = xen.page_tables().acquire_use(frame, use, owner);
  if (status == 0) {
    xen.memory().store<std::uint64_t>(Mpa(at), *descriptor);
    xen.page_tables().release_use(frame, owner);
  }
  xen.frames().put(frame);
  return status == 0 ? 0 : -XEN_EINVAL;
}

Status stack_switch(Call& call) {
  auto& cpu = call.guest().cpu();
  cpu.kernel_ss = x86::with_rpl(static_cast<std::uint16_t>(call.args[0]), call.wide() ? 3 : 1);
  cpu.kernel_sp = call.args[1];
  return 0;
}

Status set_segment_base(Call& call) {
  if (!call.wide()) {
    return -XEN_ENOSYS;
  }
  ParavirtualGuest& guest = call.guest();
  const std::uint64_t base = call.args[1];
  bool taken = false;
  switch (call.arg32(0)) {
    case SEGBASE_FS:
      taken = guest.set_fs_base(base);
      break;
    case SEGBASE_GS_USER:
      taken = guest.set_inactive_gs_base(base);
      break;
    case SEGBASE_GS_KERNEL:
      taken = guest.set_live_gs_base(base);
      break;
    case SEGBASE_GS_USER_SEL:
      guest.load_gs_user_selector(static_cast<std::uint16_t>(base));
      return 0;
    default:
      return -XEN_EINVAL;
  }
  return taken ? 0 : -XEN_EINVAL;
}

}  // namespace gv::xen
