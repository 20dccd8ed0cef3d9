// SPDX-License-Identifier: MIT

#include "xen/cpuid_policy.h"

#include <cstring>

namespace gv::xen {

namespace {

constexpr std::uint32_t kXenLeaves = 0x40000000, kLastXenLeaf = 0x40000005;

std::uint32_t text(const char* four) {
  std::uint32_t word = 0;
  std::memcpy(&word, four, sizeof word);
  return word;
}

CpuidReply xen_leaf(std::uint32_t leaf, std::uint32_t subleaf) {
  switch (leaf - kXenLeaves) {
    case 0:
      return {kLastXenLeaf, text("XenV"), text("MMXe"), text("nVMM")};
    case 1:
      return {kXenMajor << 16 | kXenMinor, 0, 0, 0};
    case 2:
      return {1, 0x40000000, 1, 0};  // one hypercall page; page tables keep their high half
    case 3:
      // The TSC runs at 1 GHz and is what the clock's conversion starts from.
      return subleaf == 0   ? CpuidReply{0, 0, 1'000'000, 0}
             : subleaf == 1 ? CpuidReply{0, 0, 0x80000000, 1}
             : subleaf == 2 ? CpuidReply{1'000'000, 0, 0, 0}
                            : CpuidReply{};
    case 5:
      return {0, 36, 0, 0};  // bits of a machine address
    default:
      return {};
  }
}

}  // namespace

CpuidReply cpuid_policy(const Domain& domain, std::uint32_t leaf, std::uint32_t subleaf) {
  constexpr std::uint32_t kFpu = 1u << 0, kTsc = 1u << 4, kMsr = 1u << 5, kPae = 1u << 6,
                          kCx8 = 1u << 8, kApic = 1u << 9, kCmov = 1u << 15, kPat = 1u << 16;
  constexpr std::uint32_t kHypervisor = 1u << 31;
  constexpr std::uint32_t kSyscall = 1u << 11, kNx = 1u << 20, kLongMode = 1u << 29;
  if (leaf >= kXenLeaves && leaf <= kLastXenLeaf) {
    return xen_leaf(leaf, subleaf);
  }
  switch (leaf) {
    case 0:
      return {1, text("Glas"), text("CPU "), text("svis")};
    case 1:
      return {0x600, 0, kHypervisor, kFpu | kTsc | kMsr | kPae | kCx8 | kApic | kCmov | kPat};
    case 0x80000000:
      return {0x80000008, 0, 0, 0};
    case 0x80000001:
      return {0, 0, domain.wide() ? 1u : 0u, kNx | (domain.wide() ? kSyscall | kLongMode : 0u)};
    case 0x80000008:
      return {0x3024, 0, 0, 0};
    default:
      return {};
  }
}

}  // namespace gv::xen
