// SPDX-License-Identifier: MIT

#include "devices/io_bus.h"

#include "devices/register_text.h"

namespace gv {
namespace {

constexpr std::uint32_t mask_of(std::uint8_t size) {
  return size >= 4 ? 0xffffffffu : (1u << (8 * size)) - 1;
}

constexpr std::uint32_t kStateMagic = 0x31564447;  // "GDV1"

std::vector<std::uint8_t> bytes_of(std::string_view text) { return {text.begin(), text.end()}; }

}  // namespace

Result<void> IoBus::attach(std::unique_ptr<Device> device) {
  if (devices_.size() >= 255) {
    return Error{ErrorCode::Internal, "the port bus is full: it takes at most 255 devices"};
  }
  for (const PortRange& range : device->ports()) {
    for (std::uint32_t port = range.first; port <= range.last; ++port) {
      if (const std::uint8_t other = owner_[port]; other != 0) {
        return Error{ErrorCode::Internal, "port " + hex16(static_cast<std::uint16_t>(port)) +
                                              " of " + std::string(device->name()) +
                                              " belongs to " +
                                              std::string(devices_[other - 1u]->name()) +
                                              " already: give one of them another port"};
      }
    }
  }
  const auto index = static_cast<std::uint8_t>(devices_.size() + 1);
  for (const PortRange& range : device->ports()) {
    for (std::uint32_t port = range.first; port <= range.last; ++port)
      owner_[port] = index;
  }
  devices_.push_back(std::move(device));
  return {};
}

PortAnswer IoBus::read(std::uint16_t port, std::uint8_t size, Cycles now) {
  const std::uint8_t owner = owner_[port];
  if (owner == 0)
    return {mask_of(size), false};
  return {devices_[owner - 1u]->read(port, size, now) & mask_of(size), true};
}

PortAnswer IoBus::write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) {
  const std::uint8_t owner = owner_[port];
  value &= mask_of(size);
  if (owner == 0)
    return {value, false};
  devices_[owner - 1u]->write(port, size, value, now);
  return {value, true};
}

std::optional<Cycles> IoBus::deadline() const {
  std::optional<Cycles> earliest;
  for (const auto& device : devices_) {
    const auto due = device->deadline();
    if (due && (!earliest || *due < *earliest))
      earliest = due;
  }
  return earliest;
}

void IoBus::advance(Cycles now) {
  for (const auto& device : devices_) {
    const auto due = device->deadline();
    if (due && *due <= now)
      device->advance(now);
  }
}

void IoBus::reset() {
  for (const auto& device : devices_)
    device->reset();
}

std::vector<std::uint8_t> IoBus::save() const {
  StateWriter out;
  out.u32(kStateMagic);
  out.u8(static_cast<std::uint8_t>(devices_.size()));
  for (const auto& device : devices_) {
    StateWriter one;
    device->save(one);
    out.bytes(bytes_of(device->name()));
    out.bytes(one.take());
  }
  return out.take();
}

bool IoBus::restore(const std::vector<std::uint8_t>& bytes) {
  StateReader in(bytes);
  if (in.u32() != kStateMagic || in.u8() != devices_.size())
    return false;
  for (const auto& device : devices_) {
    if (in.bytes() != bytes_of(device->name()))
      return false;
    const std::vector<std::uint8_t> state = in.bytes();
    StateReader one(state);
    if (!in.ok() || !device->restore(one) || !one.ok())
      return false;
  }
  return in.ok();
}

std::vector<DeviceState> IoBus::describe(Cycles now) const {
  std::vector<DeviceState> states;
  states.reserve(devices_.size());
  for (const auto& device : devices_)
    states.push_back(device->describe(now));
  return states;
}

}  // namespace gv
