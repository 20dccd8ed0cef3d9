// SPDX-License-Identifier: MIT
//
// pic_8259.h - the two cascaded interrupt controllers of the PC.
//
// Master at 0x20 and 0x21 (IRQ 0 to 7), slave at 0xa0 and 0xa1 (IRQ 8 to 15,
// wired to the master's input 2), edge/level registers at 0x4d0 and 0x4d1.
// Source: Intel 8259A data sheet (231468), "Initialization Command Words",
// "Operation Command Words"; ELCR: Intel 82371 (PIIX), "Edge/Level Control".
//
//   device --set_line()--> IRR --(IMR, priority)--> interrupt_pending()
//                           '----- acknowledge(): IRR to ISR ----> vector
//   guest  --EOI---------> ISR cleared
//
// An edge request is dropped when its line falls before it is acknowledged,
// as the data sheet warns; the CPU then gets the spurious vector 7. The slave's
// spurious 15 needs a line that falls between two INTA pulses; here
// acknowledge() is both at once, so it does not occur.
// Left out: MCS-80/85 mode, buffered mode, and cascades other than the PC's.

#pragma once

#include "gv/device.h"

namespace gv {

class Pic8259 final : public Device {
 public:
  Pic8259() { reset(); }

  // An input pin changes; lines 0 to 15, of which 2 is the cascade and ignored.
  void set_line(std::uint8_t line, bool level);
  // The INTR pin to the CPU.
  bool interrupt_pending() const;
  // The CPU's INTA cycle: the vector to deliver. Without a request: spurious.
  std::uint8_t acknowledge();

  // One of the two chips; for tests and panels.
  struct Chip {
    std::uint8_t irr = 0, isr = 0, imr = 0;
    std::uint8_t lines = 0;            // level of the input pins
    std::uint8_t level_triggered = 0;  // ELCR
    std::uint8_t vector_base = 0;
    std::uint8_t lowest = 7;    // input with the lowest priority: rotation moves it
    std::uint8_t next_icw = 0;  // 0: initialised, else the ICW it waits for
    bool wants_icw4 = false, single = false, all_level = false;
    bool auto_eoi = false, rotate_on_auto_eoi = false;
    bool special_fully_nested = false, special_mask = false;
    bool read_isr = false, poll = false;
    bool operator==(const Chip&) const = default;
  };
  const Chip& master() const { return master_; }
  const Chip& slave() const { return slave_; }

  std::string_view name() const override { return "PIC 8259"; }
  std::vector<PortRange> ports() const override {
    return {{0x20, 0x21}, {0xa0, 0xa1}, {0x4d0, 0x4d1}};
  }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  void set_pin(Chip& chip, std::uint8_t pin, bool level);
  int highest_request(const Chip& chip) const;  // input to serve now, or -1
  std::uint8_t accept(Chip& chip, int pin);     // INTA on one chip: the pin it answers
  void write_command(Chip& chip, std::uint8_t value);
  void write_data(Chip& chip, std::uint8_t value);
  std::uint8_t read_chip(Chip& chip, bool data_port);
  void update_cascade();

  Chip master_, slave_;
};

}  // namespace gv
