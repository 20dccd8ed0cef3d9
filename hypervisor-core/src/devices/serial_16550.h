// SPDX-License-Identifier: MIT
//
// serial_16550.h - the UART 16550A at COM1: the guest's console.
//
// Ports 0x3f8 to 0x3ff, IRQ 4. Source: National Semiconductor PC16550D data
// sheet, "Registers" and "FIFO interrupt mode operation".
//
// Left out, on purpose: time on the wire. A transmitted byte is on the console
// at once, so THRE and TEMT always read 1, whatever the divisor. A received
// byte never overruns: while the receiver is full it stays with the sender.
// Framing and parity errors, break and modem changes do not happen. Characters
// below the FIFO's trigger level raise the time-out interrupt without delay.

#pragma once

#include "gv/device.h"

#include <deque>

namespace gv {

class Serial16550 final : public Device {
 public:
  static constexpr std::uint16_t kBase = 0x3f8;
  static constexpr std::uint8_t kIrq = 4;

  explicit Serial16550(DeviceHost& host) : host_(host) {}

  // A byte arrives from the other end of the line.
  void push_input(std::uint8_t byte);
  // Bytes that the guest has not read yet.
  std::size_t unread() const { return received_.size() + waiting_.size(); }

  std::string_view name() const override { return "serial 16550"; }
  std::vector<PortRange> ports() const override { return {{kBase, kBase + 7}}; }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  std::uint8_t read_register(int index);
  void write_register(int index, std::uint8_t value);
  void transmit(std::uint8_t byte);
  void fill_receiver();
  std::uint8_t take_received();
  std::uint8_t interrupt_identification() const;  // the low nibble of IIR
  std::uint8_t modem_status() const;
  std::size_t receiver_size() const { return fifo_enabled_ ? 16 : 1; }
  std::size_t trigger_level() const;
  bool loopback() const;
  void update_line();

  DeviceHost& host_;
  std::uint8_t ier_ = 0, lcr_ = 0, mcr_ = 0, scr_ = 0;
  std::uint16_t divisor_ = 12;  // 9600 baud
  bool fifo_enabled_ = false;
  std::uint8_t trigger_ = 0;           // FCR bits 7 and 6
  bool thre_pending_ = false;          // the "transmitter empty" interrupt is not served yet
  bool line_ = false;                  // level of our interrupt line
  std::deque<std::uint8_t> received_;  // in the chip
  std::deque<std::uint8_t> waiting_;   // still with the sender
};

}  // namespace gv
