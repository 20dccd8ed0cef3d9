// SPDX-License-Identifier: MIT
//
// keyboard_8042.h - the keyboard controller, with the keyboard behind it.
//
// Ports 0x60 (data), 0x64 (status, command) and 0x92 (fast A20 and reset),
// IRQ 1. Source: IBM PS/2 Hardware Interface Technical Reference, "Keyboard
// and Auxiliary Device Controller".
//
// Scan codes go in as set 1, what the controller's translation makes of set 2;
// with translation off they stay set 1. The next byte follows as soon as the
// last one is read. Left out: a mouse, the A20 gate's effect on addresses (the
// line is stored and shown; memory never wraps), keyboard repeat and LEDs.

#pragma once

#include "gv/device.h"

#include <deque>

namespace gv {

class Keyboard8042 final : public Device {
 public:
  static constexpr std::uint8_t kIrq = 1;

  explicit Keyboard8042(DeviceHost& host) : host_(host) { reset(); }

  // A key moves: one byte of its set 1 code. A keyboard that does not scan drops it.
  void push_scan_code(std::uint8_t code);
  std::size_t unread() const { return from_keyboard_.size() + (full_ ? 1u : 0u); }
  bool a20() const { return (output_port_ & 2) != 0; }

  std::string_view name() const override { return "keyboard 8042"; }
  std::vector<PortRange> ports() const override {
    return {{0x60, 0x60}, {0x64, 0x64}, {0x92, 0x92}};
  }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  void controller_command(std::uint8_t command);
  void controller_data(std::uint8_t value);
  void keyboard_command(std::uint8_t command);
  void answer(std::uint8_t byte);  // from the controller itself: goes before the keyboard's
  void write_output_port(std::uint8_t value);
  void fill_output();
  void update_line();
  std::uint8_t status() const;

  DeviceHost& host_;
  std::uint8_t command_byte_ = 0;      // "controller configuration byte"
  std::uint8_t output_port_ = 0;       // bit 0 not reset, bit 1 A20
  std::uint8_t output_ = 0;            // the output buffer, what 0x60 reads
  bool full_ = false;                  // OBF
  bool last_was_command_ = false;      // status bit 3
  std::uint8_t awaited_ = 0;           // controller command that waits for its data, or 0
  std::uint8_t keyboard_awaited_ = 0;  // the same for the keyboard
  bool scanning_ = true;
  bool line_ = false;
  std::deque<std::uint8_t> answers_;
  std::deque<std::uint8_t> from_keyboard_;
};

}  // namespace gv
