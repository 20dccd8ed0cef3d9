// SPDX-License-Identifier: MIT
//
// interrupt_controller.h - what may interrupt or wake a vCPU, and when: the run loop's view.
//
// On a PC that is its interrupt controller, with the chips' timers. A paravirtual guest has
// events instead, and a timer of its hypervisor's.
//
// Control thread only.

#pragma once

#include "gv/device.h"

#include <cstdint>
#include <optional>

namespace gv {

class InterruptController {
 public:
  virtual ~InterruptController() = default;
  // An interrupt waits for the guest to allow it.
  virtual bool pending() const = 0;
  // Takes it, for Technique::deliver_interrupt(). REQUIRES: pending().
  virtual std::uint8_t acknowledge() = 0;
  // Whether a vCPU that waits goes on. `enabled`: it would take an interrupt.
  virtual bool wakes(bool enabled) const { return enabled && pending(); }
  // Whether anything can wake it at all, now or at a deadline.
  virtual bool can_wake(bool enabled) const { return enabled; }
  // It has woken. Whether it goes on as it is, and not only by taking an interrupt.
  virtual bool ends_wait() { return false; }
  // The next instant at which advance() has to be called, if any.
  virtual std::optional<Cycles> deadline() const = 0;
  // Virtual time has come to `now`.
  virtual void advance(Cycles now) = 0;
};

}  // namespace gv
