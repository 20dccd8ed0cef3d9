// SPDX-License-Identifier: MIT
//
// device.h - the contract of a device model.
//
// A device sees ports (relative to nothing: real port numbers), virtual time
// and its interrupt lines. It does not know which engine or technique runs the
// guest, nor where it sits on a bus. Time comes in as an argument: a device
// has no clock of its own, and a pure function of its inputs can be rewound.
//
// State is saved and restored whole as bytes, so that time travel and
// migration carry devices along. Threads: control thread only.

#pragma once

#include "gv/address.h"
#include "gv/snapshot.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// Virtual time in cycles; 1,000,000,000 a second.
using Cycles = std::uint64_t;
inline constexpr Cycles kCyclesPerSecond = 1'000'000'000;

// What a device may do to its surroundings, as it happens. Implemented by machine/.
class DeviceHost {
 public:
  virtual ~DeviceHost() = default;
  virtual void set_irq(std::uint8_t line, bool level) = 0;  // PIC input 0 to 15
  virtual void console_byte(std::uint8_t byte, bool debug_port) = 0;
  virtual void request_exit(std::uint32_t code) = 0;  // debug-exit port
  virtual void request_reset() = 0;                   // 8042 reset line, ends the run
  // Reads and writes guest physical memory; out of range reads as 0xff and ignores writes.
  virtual void read_memory(Gpa address, void* out, std::size_t bytes) = 0;
  virtual void write_memory(Gpa address, const void* from, std::size_t bytes) = 0;
};

struct PortRange {
  std::uint16_t first = 0, last = 0;  // inclusive
};

// Append-only byte writer and reader for device state; little-endian.
class StateWriter {
 public:
  void u8(std::uint8_t v) { bytes_.push_back(v); }
  void u16(std::uint16_t v) {
    u8(static_cast<std::uint8_t>(v));
    u8(static_cast<std::uint8_t>(v >> 8));
  }
  void u32(std::uint32_t v) {
    u16(static_cast<std::uint16_t>(v));
    u16(static_cast<std::uint16_t>(v >> 16));
  }
  void u64(std::uint64_t v) {
    u32(static_cast<std::uint32_t>(v));
    u32(static_cast<std::uint32_t>(v >> 32));
  }
  void flag(bool v) { u8(v ? 1 : 0); }
  void bytes(const std::vector<std::uint8_t>& v) {
    u64(v.size());
    bytes_.insert(bytes_.end(), v.begin(), v.end());
  }
  std::vector<std::uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
};

class StateReader {
 public:
  explicit StateReader(const std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}
  // After an underrun ok() is false and every read gives 0.
  std::uint8_t u8() { return at_ < bytes_.size() ? bytes_[at_++] : underrun(); }
  std::uint16_t u16() {
    const auto low = u8();
    return static_cast<std::uint16_t>(low | (u8() << 8));
  }
  std::uint32_t u32() {
    const std::uint32_t low = u16();
    return low | (std::uint32_t{u16()} << 16);
  }
  std::uint64_t u64() {
    const std::uint64_t low = u32();
    return low | (std::uint64_t{u32()} << 32);
  }
  bool flag() { return u8() != 0; }
  std::vector<std::uint8_t> bytes() {
    const std::uint64_t n = u64();
    if (n > bytes_.size() - at_) {
      underrun();
      return {};
    }
    std::vector<std::uint8_t> out(bytes_.begin() + static_cast<std::ptrdiff_t>(at_),
                                  bytes_.begin() + static_cast<std::ptrdiff_t>(at_ + n));
    at_ += n;
    return out;
  }
  bool ok() const { return ok_; }

 private:
  std::uint8_t underrun() {
    ok_ = false;
    at_ = bytes_.size();
    return 0;
  }
  const std::vector<std::uint8_t>& bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

class Device {
 public:
  virtual ~Device() = default;
  virtual std::string_view name() const = 0;
  virtual std::vector<PortRange> ports() const = 0;

  // `size` is 1, 2 or 4 bytes. A device narrower than the access answers its byte and ones above.
  virtual std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) = 0;
  virtual void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) = 0;

  // The next instant at which advance() must be called, if any: the run loop's deadline.
  virtual std::optional<Cycles> deadline() const { return std::nullopt; }
  // Virtual time has reached `now`: raise what is due.
  virtual void advance(Cycles now) { static_cast<void>(now); }
  // Back to power-on.
  virtual void reset() = 0;

  virtual void save(StateWriter& out) const = 0;
  virtual bool restore(StateReader& in) = 0;
  // For panels: registers in the chip's own terms.
  virtual DeviceState describe(Cycles now) const = 0;
};

}  // namespace gv
