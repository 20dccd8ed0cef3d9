// SPDX-License-Identifier: MIT

#include "engine/kvm/kvm_host.h"

#include "x86/control_registers.h"

#include <linux/kvm.h>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <array>
#include <cerrno>
#include <cstring>

namespace gv {

Error kvm_error(const std::string& what) {
  return {ErrorCode::NotAvailable, what + ": " + std::strerror(errno)};
}

Result<KvmHost> KvmHost::open() {
  FileDescriptor device(::open("/dev/kvm", O_RDWR | O_CLOEXEC));
  if (!device.is_open()) {
    const bool hidden = errno == EACCES || errno == EPERM;
    return Error{ErrorCode::NotAvailable,
                 hidden ? "there is no permission to use /dev/kvm; join its group, usually kvm"
                        : "this machine has no /dev/kvm; switch on virtualization in its firmware "
                          "or its own hypervisor, or use --engine unicorn"};
  }
  if (const int version = ioctl(device.get(), KVM_GET_API_VERSION, 0); version != KVM_API_VERSION) {
    return Error{ErrorCode::NotAvailable, "the kernel's KVM speaks version " +
                                              std::to_string(version) + " of its interface, not " +
                                              std::to_string(KVM_API_VERSION) +
                                              "; use --engine unicorn"};
  }
  constexpr int kSynced = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
  for (const int needed : {KVM_CAP_USER_MEMORY, KVM_CAP_IMMEDIATE_EXIT, KVM_CAP_SYNC_REGS}) {
    const int found = ioctl(device.get(), KVM_CHECK_EXTENSION, needed);
    if (found <= 0 || (needed == KVM_CAP_SYNC_REGS && (found & kSynced) != kSynced)) {
      return Error{ErrorCode::NotAvailable, "the kernel's KVM lacks capability " +
                                                std::to_string(needed) +
                                                " of linux/kvm.h; use --engine unicorn"};
    }
  }
  return KvmHost(std::move(device));
}

Result<FileDescriptor> KvmHost::create_machine() const {
  FileDescriptor machine(ioctl(device_.get(), KVM_CREATE_VM, 0));
  if (!machine.is_open()) {
    return kvm_error("KVM refuses a virtual machine");
  }
  // Three pages that VT-x without unrestricted guests needs for real mode; below the BIOS ROM.
  ioctl(machine.get(), KVM_SET_TSS_ADDR, 0xfffbd000ul);
  return machine;
}

namespace {

// Runs OUT in real mode and looks where RIP stands at its exit.
bool port_write_advances(int device, int machine, int vcpu) {
  alignas(4096) static std::array<std::uint8_t, 4096> page = {0xe6, 0x80,
                                                              0xf4};  // out 0x80,al; hlt
  kvm_userspace_memory_region region{};
  region.memory_size = page.size();
  region.userspace_addr = reinterpret_cast<std::uintptr_t>(page.data());
  kvm_sregs special{};
  kvm_regs general{};
  const auto run_bytes = static_cast<std::size_t>(ioctl(device, KVM_GET_VCPU_MMAP_SIZE, 0));
  void* shared = mmap(nullptr, run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
  if (shared == MAP_FAILED || ioctl(machine, KVM_SET_USER_MEMORY_REGION, &region) != 0 ||
      ioctl(vcpu, KVM_GET_SREGS, &special) != 0) {
    return false;
  }
  special.cs.base = special.cs.selector = 0;
  general.rflags = 2;
  const bool exited = ioctl(vcpu, KVM_SET_SREGS, &special) == 0 &&
                      ioctl(vcpu, KVM_SET_REGS, &general) == 0 && ioctl(vcpu, KVM_RUN, 0) == 0 &&
                      static_cast<kvm_run*>(shared)->exit_reason == KVM_EXIT_IO &&
                      ioctl(vcpu, KVM_GET_REGS, &general) == 0;
  munmap(shared, run_bytes);
  return exited && general.rip != 0;
}

// 32-bit paging is set and read back: a KVM that cannot do it drops the bit and says nothing.
Result<KvmAbilities> examine() {
  const auto host = KvmHost::open();
  if (!host) {
    return host.error();
  }
  const auto machine = host->create_machine();
  if (!machine) {
    return machine.error();
  }
  const FileDescriptor vcpu(ioctl(machine->get(), KVM_CREATE_VCPU, 0));
  kvm_sregs registers{};
  if (!vcpu.is_open() || ioctl(vcpu.get(), KVM_GET_SREGS, &registers) != 0) {
    return kvm_error("KVM refuses a virtual CPU");
  }
  KvmAbilities found;
  found.port_write_advances = port_write_advances(host->device(), machine->get(), vcpu.get());
  kvm_segment flat{};
  flat.limit = 0xffffffff;
  flat.selector = 0x10;
  flat.present = flat.s = flat.db = flat.g = 1;
  flat.type = 3;
  registers.ds = registers.es = registers.fs = registers.gs = registers.ss = flat;
  registers.cs = flat;
  registers.cs.selector = 8;
  registers.cs.type = 11;
  registers.cr0 = x86::cr0::PE | x86::cr0::PG | 0x10;
  const bool accepted = ioctl(vcpu.get(), KVM_SET_SREGS, &registers) == 0 &&
                        ioctl(vcpu.get(), KVM_GET_SREGS, &registers) == 0;
  found.legacy_paging = accepted && (registers.cr0 & x86::cr0::PG) != 0;
  return found;
}

}  // namespace

Result<KvmAbilities> KvmHost::abilities() {
  static const Result<KvmAbilities> found = examine();
  return found;
}

}  // namespace gv
