// SPDX-License-Identifier: MIT

#include "raw_kvm.h"

#include "comparison.h"
#include "guest_images.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cstring>

namespace gv::bench {

namespace {

constexpr std::size_t kMemory = 4u << 20;
constexpr std::uint16_t kDebugExitPort = 0xf4;
constexpr std::uint64_t kStack = 0x90000;

// What the system is to take back, in the order of its making.
struct Virtual {
  int device = -1, machine = -1, cpu = -1;
  void* memory = MAP_FAILED;
  kvm_run* run = nullptr;
  std::size_t run_bytes = 0;
  ~Virtual() {
    if (run != nullptr) {
      munmap(run, run_bytes);
    }
    for (const int open : {cpu, machine, device}) {
      if (open >= 0) {
        close(open);
      }
    }
    if (memory != MAP_FAILED) {
      munmap(memory, kMemory);
    }
  }
};

kvm_segment flat(std::uint16_t selector, std::uint8_t type) {
  kvm_segment segment{};
  segment.limit = 0xffffffff;
  segment.selector = selector;
  segment.type = type;
  segment.present = segment.db = segment.s = segment.g = 1;
  return segment;
}

bool set_up(Virtual& v, std::span<const std::uint8_t> image) {
  v.device = open("/dev/kvm", O_RDWR | O_CLOEXEC);
  v.machine = v.device < 0 ? -1 : ioctl(v.device, KVM_CREATE_VM, 0);
  v.memory = mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (v.machine < 0 || v.memory == MAP_FAILED || image.size() > kMemory - kGuestAddress) {
    return false;
  }
  std::memcpy(static_cast<std::uint8_t*>(v.memory) + kGuestAddress, image.data(), image.size());
  kvm_userspace_memory_region slot{};
  slot.memory_size = kMemory;
  slot.userspace_addr = reinterpret_cast<std::uint64_t>(v.memory);
  if (ioctl(v.machine, KVM_SET_USER_MEMORY_REGION, &slot) != 0) {
    return false;
  }
  v.cpu = ioctl(v.machine, KVM_CREATE_VCPU, 0);
  v.run_bytes = static_cast<std::size_t>(ioctl(v.device, KVM_GET_VCPU_MMAP_SIZE, 0));
  void* page = mmap(nullptr, v.run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v.cpu, 0);
  if (v.cpu < 0 || page == MAP_FAILED) {
    return false;
  }
  v.run = static_cast<kvm_run*>(page);
  kvm_sregs special{};
  ioctl(v.cpu, KVM_GET_SREGS, &special);
  special.cs = flat(8, 11);
  special.ds = special.es = special.fs = special.gs = special.ss = flat(16, 3);
  special.cr0 |= 1;  // PE
  kvm_regs general{};
  general.rip = kGuestAddress;
  general.rsp = kStack;
  general.rflags = 2;
  return ioctl(v.cpu, KVM_SET_SREGS, &special) == 0 && ioctl(v.cpu, KVM_SET_REGS, &general) == 0;
}

}  // namespace

double run_raw_kvm(std::span<const std::uint8_t> image) {
  Virtual v;
  if (!set_up(v, image)) {
    return -1;
  }
  const std::uint64_t began = thread_nanoseconds();
  for (;;) {
    if (ioctl(v.cpu, KVM_RUN, 0) != 0 || v.run->exit_reason != KVM_EXIT_IO) {
      return -1;
    }
    if (v.run->io.port == kDebugExitPort) {
      return static_cast<double>(thread_nanoseconds() - began);
    }
  }
}

}  // namespace gv::bench
