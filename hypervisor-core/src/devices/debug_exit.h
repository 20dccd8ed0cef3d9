// SPDX-License-Identifier: MIT
//
// debug_exit.h - a guest's way to end its run with a number.
//
// Not a chip of the PC: port 0xf4 in the manner of QEMU's isa-debug-exit
// device, so that the same guest ends under QEMU too. The value written is
// the exit code as it is (QEMU reports twice the value plus one). The write
// does not stop the guest in mid-instruction: the machine ends the run after it.

#pragma once

#include "gv/device.h"

namespace gv {

class DebugExit final : public Device {
 public:
  static constexpr std::uint16_t kPort = 0xf4;

  explicit DebugExit(DeviceHost& host) : host_(host) {}

  std::string_view name() const override { return "debug exit"; }
  std::vector<PortRange> ports() const override { return {{kPort, kPort + 3}}; }
  std::uint32_t read(std::uint16_t, std::uint8_t, Cycles) override { return 0; }
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  void reset() override { code_.reset(); }
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  DeviceHost& host_;
  std::optional<std::uint32_t> code_;  // the last one asked for
};

}  // namespace gv
