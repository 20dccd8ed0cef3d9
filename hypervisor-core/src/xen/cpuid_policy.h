// SPDX-License-Identifier: MIT
//
// cpuid_policy.h - the CPU that a paravirtual guest is shown, and Xen's own CPUID leaves.
//
// The basic leaves promise what every engine has and no more. Xen's start at 0x40000000.
// Source: Xen's public header arch-x86/cpuid.h; SDM vol. 2A, "CPUID".

#pragma once

#include "engine/vcpu_engine.h"
#include "xen/domain.h"

#include <cstdint>

namespace gv::xen {

inline constexpr std::uint32_t kXenMajor = 4, kXenMinor = 17;

CpuidReply cpuid_policy(const Domain& domain, std::uint32_t leaf, std::uint32_t subleaf);

}  // namespace gv::xen
