// SPDX-License-Identifier: MIT
//
// monitor_pages.h - the hypervisor's own pages in a deprivileged guest's linear space.
//
//   kMonitorBase + 0     one IRET: the way into the guest
//              + 1       the frame that it pops
//              + 2 ...   shadow GDT while the guest kernel runs
//              + 6 ...   shadow GDT while guest user code runs
//              + 10      the hypervisor's IDT; its TSS follows in page 11
//
// All mapped supervisor and read-only: a ring-1 kernel can see them, as on a
// machine without segment limits, but not change them.

#pragma once

#include "memory/shadow_page_table.h"
#include "technique/deprivileged/shadow_gdt.h"

#include <vector>

namespace gv {

struct MonitorPagesLayout {
  static constexpr std::uint32_t kPages = 4 + 2 * kShadowGdtPages;
  Mfn first;

  Mpa machine(std::uint32_t page) const { return base_of(Mfn(first.number + page)); }
  static Gva linear(std::uint32_t page) { return kMonitorBase + page * kPageSize; }
  static constexpr std::uint32_t kStub = 0, kFrame = 1, kKernelGdt = 2,
                                 kUserGdt = 2 + kShadowGdtPages, kIdt = 2 + 2 * kShadowGdtPages,
                                 kTss = kIdt + 1;
  // The frame stands in the middle of its page: IRET reads it upwards.
  static constexpr std::uint64_t kFrameOffset = 0x800;

  std::vector<Mfn> frames() const {
    std::vector<Mfn> all;
    for (std::uint32_t i = 0; i < kPages; ++i) {
      all.emplace_back(first.number + i);
    }
    return all;
  }
};

}  // namespace gv
