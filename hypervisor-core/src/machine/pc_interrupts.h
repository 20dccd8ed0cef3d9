// SPDX-License-Identifier: MIT
//
// pc_interrupts.h - a PC's interrupt controller and timers as the run loop sees them.

#pragma once

#include "devices/pc_platform.h"
#include "devices/pic_8259.h"
#include "technique/interrupt_controller.h"

namespace gv {

class PcInterrupts final : public InterruptController {
 public:
  // The platform has to outlive it.
  explicit PcInterrupts(PcPlatform& platform) : platform_(platform) {}

  bool pending() const override { return platform_.pic->interrupt_pending(); }
  std::uint8_t acknowledge() override { return platform_.pic->acknowledge(); }
  // HLT ends when there is an interrupt; whether it can be taken is looked at afterwards.
  bool wakes(bool) const override { return pending(); }
  std::optional<Cycles> deadline() const override { return platform_.bus->deadline(); }
  void advance(Cycles now) override { platform_.bus->advance(now); }

 private:
  PcPlatform& platform_;
};

}  // namespace gv
