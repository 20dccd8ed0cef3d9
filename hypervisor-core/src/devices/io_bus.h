// SPDX-License-Identifier: MIT
//
// io_bus.h - which device answers which I/O port.
//
// The bus owns its devices and routes a port to one of them by a table with
// one byte per port: the lookup costs the same for every port. A port that no
// device claims reads as all ones, as on an ISA bus that nobody drives, and
// the answer says so: an unclaimed access is a fact worth showing.
//
// It does not split accesses: a device sees the port and the size that the
// instruction had. Order of devices is the order of attachment, everywhere.
// Threads: control thread only.

#pragma once

#include "gv/device.h"
#include "gv/result.h"

#include <array>
#include <memory>

namespace gv {

struct PortAnswer {
  std::uint32_t value = 0;
  bool claimed = false;
};

class IoBus {
 public:
  // Error: another device has one of its ports, or there are 255 devices already.
  Result<void> attach(std::unique_ptr<Device> device);

  bool claims(std::uint16_t port) const { return owner_[port] != 0; }
  PortAnswer read(std::uint16_t port, std::uint8_t size, Cycles now);
  // Returns whether a device took it; `value` of the answer is what was written.
  PortAnswer write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now);

  // The earliest deadline of all devices.
  std::optional<Cycles> deadline() const;
  // Advances every device whose deadline has come, in order of attachment.
  void advance(Cycles now);
  void reset();

  // All devices by name. restore() refuses bytes of another set of devices and
  // leaves them unusable until the next successful restore() or reset().
  std::vector<std::uint8_t> save() const;
  bool restore(const std::vector<std::uint8_t>& bytes);

  std::vector<DeviceState> describe(Cycles now) const;
  const std::vector<std::unique_ptr<Device>>& devices() const { return devices_; }

 private:
  static constexpr std::size_t kPorts = 65536;
  std::vector<std::unique_ptr<Device>> devices_;
  // Index into devices_ plus one; 0 is nobody. On the heap: a bus may live on the stack.
  std::vector<std::uint8_t> owner_ = std::vector<std::uint8_t>(kPorts, 0);
};

}  // namespace gv
