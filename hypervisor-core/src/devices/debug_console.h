// SPDX-License-Identifier: MIT
//
// debug_console.h - port 0xe9, the one-instruction console.
//
// Not a chip of the PC: Bochs invented it, QEMU has it as isa-debugcon. Each
// byte written appears on the console, marked as debug output; a read answers
// 0xe9, by which a guest can tell that the port is there.

#pragma once

#include "gv/device.h"

namespace gv {

class DebugConsole final : public Device {
 public:
  static constexpr std::uint16_t kPort = 0xe9;

  explicit DebugConsole(DeviceHost& host) : host_(host) {}

  std::string_view name() const override { return "debug console"; }
  std::vector<PortRange> ports() const override { return {{kPort, kPort}}; }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  void reset() override { written_ = 0; }
  void save(StateWriter& out) const override { out.u64(written_); }
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  DeviceHost& host_;
  std::uint64_t written_ = 0;
};

}  // namespace gv
