// SPDX-License-Identifier: MIT
//
// cmos_rtc.h - the real-time clock and its battery-backed memory.
//
// Ports 0x70 (index; bit 7, the NMI mask, is ignored) and 0x71 (data), IRQ 8.
// Source: Motorola MC146818A data sheet, "Address Map", "Registers".
//
// The clock starts at 2026-01-01 00:00:00 (a Thursday), always, and goes with
// virtual time: a run must not depend on the day it is made. The guest may set
// it. Left out: daylight saving, and the divider's stop bits.

#pragma once

#include "gv/device.h"

#include <array>

namespace gv {

class CmosRtc final : public Device {
 public:
  static constexpr std::uint8_t kIrq = 8;
  static constexpr std::int64_t kStartOfTime = 1'767'225'600;  // seconds since 1970

  CmosRtc(DeviceHost& host, std::uint64_t memory_bytes) : host_(host), memory_bytes_(memory_bytes) {
    reset();
  }

  // Seconds since 1970 on the guest's wall clock.
  std::int64_t wall_seconds(Cycles now) const;

  std::string_view name() const override { return "CMOS clock"; }
  std::vector<PortRange> ports() const override { return {{0x70, 0x71}}; }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  std::optional<Cycles> deadline() const override;
  void advance(Cycles now) override;
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  std::uint8_t read_cell(std::uint8_t index, Cycles now);
  void write_cell(std::uint8_t index, std::uint8_t value, Cycles now);
  void write_time(std::uint8_t index, std::uint8_t value, Cycles now);
  std::uint8_t encode(int value) const;  // BCD unless register B says binary
  int decode(std::uint8_t value) const;
  std::uint8_t encode_hour(int hour) const;
  int decode_hour(std::uint8_t value) const;
  bool alarm_matches(std::int64_t second) const;
  std::uint64_t periodic_hertz() const;  // 0: off
  void raise(std::uint8_t cause);
  void update_line();

  DeviceHost& host_;
  std::uint64_t memory_bytes_;
  std::array<std::uint8_t, 128> cells_{};
  std::uint8_t index_ = 0;
  std::int64_t offset_ = 0;  // seconds by which the guest has moved the clock
  std::int64_t frozen_ = 0;  // wall clock while register B's SET bit holds it
  Cycles seen_ = 0;          // interrupts due up to here have been raised
  bool line_ = false;
};

}  // namespace gv
