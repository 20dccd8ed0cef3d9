// SPDX-License-Identifier: MIT

#include "devices/serial_16550.h"

#include "devices/register_text.h"

namespace gv {
namespace {

// Registers by offset; DLL and DLM lie under 0 and 1 while LCR.DLAB is set.
enum Register { kData, kIer, kIirFcr, kLcr, kMcr, kLsr, kMsr, kScr };

constexpr std::uint8_t kIerReceive = 1, kIerTransmit = 2;
constexpr std::uint8_t kIirNone = 1, kIirTransmit = 2, kIirReceive = 4, kIirTimeout = 0xc;
constexpr std::uint8_t kLcrDlab = 0x80;
constexpr std::uint8_t kMcrOut2 = 8, kMcrLoop = 0x10;
constexpr std::uint8_t kLsrReady = 1, kLsrIdle = 0x60;  // THRE and TEMT

void save_queue(StateWriter& out, const std::deque<std::uint8_t>& queue) {
  out.bytes({queue.begin(), queue.end()});
}

void restore_queue(StateReader& in, std::deque<std::uint8_t>& queue) {
  const auto bytes = in.bytes();
  queue.assign(bytes.begin(), bytes.end());
}

}  // namespace

void Serial16550::push_input(std::uint8_t byte) {
  waiting_.push_back(byte);
  if (!loopback())
    fill_receiver();  // looped back, the input pin is disconnected
  update_line();
}

void Serial16550::fill_receiver() {
  while (!waiting_.empty() && received_.size() < receiver_size()) {
    received_.push_back(waiting_.front());
    waiting_.pop_front();
  }
}

std::uint8_t Serial16550::take_received() {
  if (received_.empty())
    return 0;
  const std::uint8_t byte = received_.front();
  received_.pop_front();
  if (!loopback())
    fill_receiver();
  return byte;
}

void Serial16550::transmit(std::uint8_t byte) {
  // Writing THR takes the request back; the byte leaves at once, which makes
  // it again. The line falls between: an edge-triggered PIC has to see that.
  thre_pending_ = false;
  update_line();
  if (loopback()) {
    if (received_.size() < receiver_size())
      received_.push_back(byte);
  } else {
    host_.console_byte(byte, false);
  }
  thre_pending_ = true;
  update_line();
}

bool Serial16550::loopback() const { return (mcr_ & kMcrLoop) != 0; }

std::size_t Serial16550::trigger_level() const {
  static constexpr std::size_t kLevels[] = {1, 4, 8, 14};
  return fifo_enabled_ ? kLevels[trigger_ & 3] : 1;
}

std::uint8_t Serial16550::interrupt_identification() const {
  if ((ier_ & kIerReceive) != 0 && !received_.empty()) {
    return received_.size() >= trigger_level() ? kIirReceive : kIirTimeout;
  }
  if ((ier_ & kIerTransmit) != 0 && thre_pending_)
    return kIirTransmit;
  return kIirNone;
}

void Serial16550::update_line() {
  // On a PC, OUT2 connects the chip to the PIC; in loopback the pin is off.
  const bool connected = (mcr_ & kMcrOut2) != 0 && !loopback();
  const bool level = connected && interrupt_identification() != kIirNone;
  if (level != line_) {
    line_ = level;
    host_.set_irq(kIrq, level);
  }
}

std::uint8_t Serial16550::modem_status() const {
  if (!loopback())
    return 0xb0;  // DCD, DSR, CTS: somebody is at the other end
  // DTR to DSR, RTS to CTS, OUT1 to RI, OUT2 to DCD.
  return static_cast<std::uint8_t>(((mcr_ & 1) << 5) | ((mcr_ & 2) << 3) | ((mcr_ & 0xc) << 4));
}

std::uint8_t Serial16550::read_register(int index) {
  const bool dlab = (lcr_ & kLcrDlab) != 0;
  switch (index) {
    case kData:
      return dlab ? static_cast<std::uint8_t>(divisor_) : take_received();
    case kIer:
      return dlab ? static_cast<std::uint8_t>(divisor_ >> 8) : ier_;
    case kIirFcr: {
      const std::uint8_t identification = interrupt_identification();
      if (identification == kIirTransmit)
        thre_pending_ = false;  // reading it serves it
      return static_cast<std::uint8_t>(identification | (fifo_enabled_ ? 0xc0 : 0));
    }
    case kLcr:
      return lcr_;
    case kMcr:
      return mcr_;
    case kLsr:
      return static_cast<std::uint8_t>(kLsrIdle | (received_.empty() ? 0 : kLsrReady));
    case kMsr:
      return modem_status();
    default:
      return scr_;
  }
}

void Serial16550::write_register(int index, std::uint8_t value) {
  const bool dlab = (lcr_ & kLcrDlab) != 0;
  switch (index) {
    case kData:
      if (dlab) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff00) | value);
      } else {
        transmit(value);
      }
      break;
    case kIer:
      if (dlab) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0xff) | (value << 8));
      } else {
        // Enabling the interrupt while the holding register is empty raises it.
        if ((value & ~ier_ & kIerTransmit) != 0)
          thre_pending_ = true;
        ier_ = value & 0xf;
      }
      break;
    case kIirFcr:
      if (((value & 1) != 0) != fifo_enabled_ || (value & 2) != 0)
        received_.clear();
      fifo_enabled_ = (value & 1) != 0;
      trigger_ = value >> 6;
      if (!loopback())
        fill_receiver();
      break;
    case kLcr:
      lcr_ = value;
      break;
    case kMcr:
      mcr_ = value & 0x1f;
      if (!loopback())
        fill_receiver();
      break;
    case kScr:
      scr_ = value;
      break;
    default:
      break;  // LSR and MSR are read-only
  }
}

std::uint32_t Serial16550::read(std::uint16_t port, std::uint8_t, Cycles) {
  const std::uint8_t value = read_register(port - kBase);
  update_line();
  return byte_lane(value);
}

void Serial16550::write(std::uint16_t port, std::uint8_t, std::uint32_t value, Cycles) {
  write_register(port - kBase, static_cast<std::uint8_t>(value));
  update_line();
}

void Serial16550::reset() {
  ier_ = lcr_ = mcr_ = scr_ = trigger_ = 0;
  divisor_ = 12;
  fifo_enabled_ = thre_pending_ = false;
  received_.clear();
  waiting_.clear();
  update_line();
}

void Serial16550::save(StateWriter& out) const {
  out.u8(ier_);
  out.u8(lcr_);
  out.u8(mcr_);
  out.u8(scr_);
  out.u16(divisor_);
  out.flag(fifo_enabled_);
  out.u8(trigger_);
  out.flag(thre_pending_);
  out.flag(line_);
  save_queue(out, received_);
  save_queue(out, waiting_);
}

bool Serial16550::restore(StateReader& in) {
  ier_ = in.u8() & 0xf;
  lcr_ = in.u8();
  mcr_ = in.u8() & 0x1f;
  scr_ = in.u8();
  divisor_ = in.u16();
  fifo_enabled_ = in.flag();
  trigger_ = in.u8() & 3;
  thre_pending_ = in.flag();
  line_ = in.flag();
  restore_queue(in, received_);
  restore_queue(in, waiting_);
  return in.ok() && received_.size() <= receiver_size();
}

DeviceState Serial16550::describe(Cycles) const {
  return {"serial 16550",
          {{"IER", hex8(ier_)},
           {"IIR", hex8(interrupt_identification())},
           {"LCR", hex8(lcr_)},
           {"MCR", hex8(mcr_)},
           {"LSR", hex8(static_cast<std::uint8_t>(kLsrIdle | (received_.empty() ? 0 : 1)))},
           {"MSR", hex8(modem_status())},
           {"divisor", std::to_string(divisor_)},
           {"FIFO", on_off(fifo_enabled_)},
           {"received", std::to_string(received_.size())},
           {"waiting", std::to_string(waiting_.size())},
           {"IRQ 4", line_ ? "high" : "low"}}};
}

}  // namespace gv
