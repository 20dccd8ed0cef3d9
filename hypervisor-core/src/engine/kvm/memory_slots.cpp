// SPDX-License-Identifier: MIT

#include "engine/kvm/memory_slots.h"

#include "engine/kvm/kvm_host.h"

#include <linux/kvm.h>

#include <sys/ioctl.h>

namespace gv {

Result<MemorySlots> MemorySlots::create(int machine, MachineMemory& memory) {
  MemorySlots slots(machine, memory);
  GV_TRY(slots.set(false));
  return slots;
}

Result<void> MemorySlots::set(bool logged) {
  kvm_userspace_memory_region region{};
  region.flags = logged ? KVM_MEM_LOG_DIRTY_PAGES : 0;
  region.memory_size = memory_->size();
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(memory_->at(Mpa(0)));
  if (ioctl(machine_, KVM_SET_USER_MEMORY_REGION, &region) != 0) {
    return kvm_error("KVM refuses " + std::to_string(memory_->size() >> 20) + " MiB of memory");
  }
  return {};
}

Result<void> MemorySlots::start_dirty_log() { return set(true); }

Result<std::vector<Mfn>> MemorySlots::take_dirty_log() {
  std::vector<std::uint64_t> bits((memory_->frames() + 63) / 64);
  kvm_dirty_log log{};
  log.dirty_bitmap = bits.data();
  if (ioctl(machine_, KVM_GET_DIRTY_LOG, &log) != 0) {
    return kvm_error("KVM has no dirty log");
  }
  std::vector<Mfn> dirty;
  for (std::uint32_t frame = 0; frame < memory_->frames(); ++frame) {
    if ((bits[frame / 64] >> (frame % 64) & 1) != 0) {
      dirty.push_back(Mfn(frame));
    }
  }
  return dirty;
}

}  // namespace gv
