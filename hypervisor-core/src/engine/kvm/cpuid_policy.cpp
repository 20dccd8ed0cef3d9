// SPDX-License-Identifier: MIT

#include "engine/kvm/cpuid_policy.h"

#include "engine/kvm/kvm_host.h"
#include "engine/kvm/kvm_lists.h"

#include <cstring>

namespace gv {

namespace {

constexpr std::uint32_t kHypervisorLeaf = 0x40000000;
constexpr char kSignature[13] = "Glassvisor  ";

}  // namespace

Result<void> apply_cpuid_policy(int device, int vcpu) {
  CpuidTable table;
  if (ioctl(device, kGetSupportedCpuid, &table) != 0) {
    return kvm_error("KVM does not say what CPUID can show");
  }
  for (std::uint32_t i = 0; i < table.count; ++i) {
    kvm_cpuid_entry2& entry = table.items[i];
    if (entry.function == kHypervisorLeaf) {
      entry.eax = kHypervisorLeaf;
      std::memcpy(&entry.ebx, kSignature, 4);
      std::memcpy(&entry.ecx, kSignature + 4, 4);
      std::memcpy(&entry.edx, kSignature + 8, 4);
    } else if (entry.function > kHypervisorLeaf && entry.function < kHypervisorLeaf + 0x100) {
      entry.eax = entry.ebx = entry.ecx = entry.edx = 0;
    }
  }
  if (ioctl(vcpu, kSetCpuid2, &table) != 0) {
    return kvm_error("KVM refuses the CPUID leaves");
  }
  return {};
}

}  // namespace gv
