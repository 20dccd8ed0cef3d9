// SPDX-License-Identifier: MIT
//
// kvm_lists.h - KVM's structures that end in an array, as C lays them out.
//
// linux/kvm.h declares such arrays through an empty struct. That has no size in
// C and one byte in C++, so that kvm_cpuid2 and kvm_msrs, and with them the
// numbers of the calls that take them, differ from the kernel's. These do not.
//
// Values. Source: linux/kvm.h.

#pragma once

#include <linux/kvm.h>

#include <sys/ioctl.h>
#include <array>
#include <cstddef>
#include <cstdint>

namespace gv {

template <class Item, std::size_t kItems>
struct KvmList {
  std::uint32_t count = kItems;
  std::uint32_t padding = 0;
  std::array<Item, kItems> items{};
};

using OneMsr = KvmList<kvm_msr_entry, 1>;
using CpuidTable = KvmList<kvm_cpuid_entry2, 200>;
static_assert(offsetof(OneMsr, items) == 8 && offsetof(CpuidTable, items) == 8);

inline constexpr unsigned long kGetSupportedCpuid = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, 8);
inline constexpr unsigned long kSetCpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, 8);
inline constexpr unsigned long kGetMsrs = _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x88, 8);
inline constexpr unsigned long kSetMsrs = _IOC(_IOC_WRITE, KVMIO, 0x89, 8);

}  // namespace gv
