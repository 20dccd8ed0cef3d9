// SPDX-License-Identifier: MIT

#include "devices/pic_8259.h"

#include "devices/register_text.h"

namespace gv {
namespace {

constexpr std::uint8_t kCascade = 2;

constexpr std::uint8_t bit(int pin) { return static_cast<std::uint8_t>(1u << pin); }

bool is_level(const Pic8259::Chip& chip, int pin) {
  return chip.all_level || (chip.level_triggered & bit(pin)) != 0;
}

// Input number at priority `rank`, 0 the highest.
int pin_at(const Pic8259::Chip& chip, int rank) { return (chip.lowest + 1 + rank) & 7; }

int highest_in_service(const Pic8259::Chip& chip) {
  for (int rank = 0; rank < 8; ++rank) {
    if (const int pin = pin_at(chip, rank); (chip.isr & bit(pin)) != 0)
      return pin;
  }
  return -1;
}

void save_chip(StateWriter& out, const Pic8259::Chip& c) {
  for (const std::uint8_t v :
       {c.irr, c.isr, c.imr, c.lines, c.level_triggered, c.vector_base, c.lowest, c.next_icw}) {
    out.u8(v);
  }
  for (const bool v : {c.wants_icw4, c.single, c.all_level, c.auto_eoi, c.rotate_on_auto_eoi,
                       c.special_fully_nested, c.special_mask, c.read_isr, c.poll}) {
    out.flag(v);
  }
}

bool restore_chip(StateReader& in, Pic8259::Chip& c) {
  for (std::uint8_t* v : {&c.irr, &c.isr, &c.imr, &c.lines, &c.level_triggered, &c.vector_base,
                          &c.lowest, &c.next_icw}) {
    *v = in.u8();
  }
  for (bool* v : {&c.wants_icw4, &c.single, &c.all_level, &c.auto_eoi, &c.rotate_on_auto_eoi,
                  &c.special_fully_nested, &c.special_mask, &c.read_isr, &c.poll}) {
    *v = in.flag();
  }
  return in.ok() && c.lowest < 8 && c.next_icw < 5;
}

std::string bits_text(std::uint8_t bits) {
  std::string text;
  for (int pin = 7; pin >= 0; --pin)
    text += (bits & bit(pin)) != 0 ? '1' : '0';
  return text;
}

}  // namespace

void Pic8259::set_pin(Chip& chip, std::uint8_t pin, bool level) {
  const bool was = (chip.lines & bit(pin)) != 0;
  if (level) {
    chip.lines |= bit(pin);
    if (!was || is_level(chip, pin))
      chip.irr |= bit(pin);
  } else {
    chip.lines &= static_cast<std::uint8_t>(~bit(pin));
    chip.irr &= static_cast<std::uint8_t>(~bit(pin));
  }
}

void Pic8259::set_line(std::uint8_t line, bool level) {
  if (line > 15 || line == kCascade)
    return;
  if (line < 8) {
    set_pin(master_, line, level);
  } else {
    set_pin(slave_, static_cast<std::uint8_t>(line - 8), level);
    update_cascade();
  }
}

int Pic8259::highest_request(const Chip& chip) const {
  const std::uint8_t requests = chip.irr & static_cast<std::uint8_t>(~chip.imr);
  if (requests == 0 || chip.next_icw != 0)
    return -1;
  for (int rank = 0; rank < 8; ++rank) {
    const int pin = pin_at(chip, rank);
    const bool requested = (requests & bit(pin)) != 0;
    const bool in_service = (chip.isr & bit(pin)) != 0;
    if (chip.special_mask) {
      // Only the input in service itself is held back, whatever its priority.
      if (requested && !in_service)
        return pin;
      continue;
    }
    if (in_service) {
      // Special fully nested: the slave may interrupt its own service.
      const bool nested = chip.special_fully_nested && &chip == &master_ && pin == kCascade;
      return requested && nested ? pin : -1;
    }
    if (requested)
      return pin;
  }
  return -1;
}

void Pic8259::update_cascade() { set_pin(master_, kCascade, highest_request(slave_) >= 0); }

bool Pic8259::interrupt_pending() const { return highest_request(master_) >= 0; }

std::uint8_t Pic8259::accept(Chip& chip, int pin) {
  if (pin < 0)
    return 7;  // the request went away: spurious, and nothing is in service
  if (!is_level(chip, pin))
    chip.irr &= static_cast<std::uint8_t>(~bit(pin));
  if (chip.auto_eoi) {
    if (chip.rotate_on_auto_eoi)
      chip.lowest = static_cast<std::uint8_t>(pin);
  } else {
    chip.isr |= bit(pin);
  }
  return static_cast<std::uint8_t>(pin);
}

std::uint8_t Pic8259::acknowledge() {
  const std::uint8_t pin = accept(master_, highest_request(master_));
  if (pin != kCascade || (master_.lines & bit(kCascade)) == 0) {
    return static_cast<std::uint8_t>(master_.vector_base + pin);
  }
  const std::uint8_t slave_pin = accept(slave_, highest_request(slave_));
  update_cascade();
  return static_cast<std::uint8_t>(slave_.vector_base + slave_pin);
}

void Pic8259::write_command(Chip& chip, std::uint8_t value) {
  if ((value & 0x10) != 0) {  // ICW1 begins the initialisation
    const Chip before = chip;
    chip = Chip{};
    chip.lines = before.lines;
    chip.level_triggered = before.level_triggered;
    chip.vector_base = before.vector_base;
    chip.wants_icw4 = (value & 1) != 0;
    chip.single = (value & 2) != 0;
    chip.all_level = (value & 8) != 0;
    chip.next_icw = 2;
    // The edge detector is cleared: a line that is high already needs a new edge.
    for (int pin = 0; pin < 8; ++pin) {
      if (is_level(chip, pin) && (chip.lines & bit(pin)) != 0)
        chip.irr |= bit(pin);
    }
    return;
  }
  if ((value & 0x08) != 0) {  // OCW3
    if ((value & 0x40) != 0)
      chip.special_mask = (value & 0x20) != 0;
    chip.poll = (value & 0x04) != 0;
    if ((value & 0x02) != 0)
      chip.read_isr = (value & 0x01) != 0;
    return;
  }
  // OCW2: bit 7 rotate, bit 6 specific level, bit 5 end of interrupt.
  const bool rotate = (value & 0x80) != 0, specific = (value & 0x40) != 0,
             eoi = (value & 0x20) != 0;
  if (eoi) {
    const int pin = specific ? value & 7 : highest_in_service(chip);
    if (pin < 0)
      return;
    chip.isr &= static_cast<std::uint8_t>(~bit(pin));
    if (rotate)
      chip.lowest = static_cast<std::uint8_t>(pin);
  } else if (specific) {
    if (rotate)
      chip.lowest = value & 7;  // "set priority"; without rotate it is a no-op
  } else {
    chip.rotate_on_auto_eoi = rotate;
  }
}

void Pic8259::write_data(Chip& chip, std::uint8_t value) {
  switch (chip.next_icw) {
    case 2:
      chip.vector_base = value & 0xf8;
      chip.next_icw = chip.single ? (chip.wants_icw4 ? 4 : 0) : 3;
      break;
    case 3:  // the PC's wiring is fixed, so the cascade word changes nothing
      chip.next_icw = chip.wants_icw4 ? 4 : 0;
      break;
    case 4:
      chip.auto_eoi = (value & 2) != 0;
      chip.special_fully_nested = (value & 0x10) != 0;
      chip.next_icw = 0;
      break;
    default:
      chip.imr = value;  // OCW1
      break;
  }
}

std::uint8_t Pic8259::read_chip(Chip& chip, bool data_port) {
  if (chip.poll) {  // a poll is an INTA cycle by program
    chip.poll = false;
    const int pin = highest_request(chip);
    if (pin < 0)
      return 0;
    return static_cast<std::uint8_t>(0x80 | accept(chip, pin));
  }
  if (data_port)
    return chip.imr;
  return chip.read_isr ? chip.isr : chip.irr;
}

std::uint32_t Pic8259::read(std::uint16_t port, std::uint8_t, Cycles) {
  std::uint8_t value = 0xff;
  switch (port) {
    case 0x20:
    case 0x21:
      value = read_chip(master_, port == 0x21);
      break;
    case 0xa0:
    case 0xa1:
      value = read_chip(slave_, port == 0xa1);
      break;
    case 0x4d0:
      value = master_.level_triggered;
      break;
    case 0x4d1:
      value = slave_.level_triggered;
      break;
    default:
      break;
  }
  update_cascade();
  return byte_lane(value);
}

void Pic8259::write(std::uint16_t port, std::uint8_t, std::uint32_t value, Cycles) {
  const auto byte = static_cast<std::uint8_t>(value);
  switch (port) {
    case 0x20:
      write_command(master_, byte);
      break;
    case 0x21:
      write_data(master_, byte);
      break;
    case 0xa0:
      write_command(slave_, byte);
      break;
    case 0xa1:
      write_data(slave_, byte);
      break;
    // Timer, keyboard, cascade, clock and coprocessor inputs are edge-triggered for good.
    case 0x4d0:
      master_.level_triggered = byte & 0xf8;
      break;
    case 0x4d1:
      slave_.level_triggered = byte & 0xde;
      break;
    default:
      break;
  }
  update_cascade();
}

void Pic8259::reset() {
  master_ = Chip{};
  slave_ = Chip{};
  // As firmware leaves it: real-mode vectors, everything masked.
  master_.vector_base = 0x08;
  slave_.vector_base = 0x70;
  master_.imr = slave_.imr = 0xff;
}

void Pic8259::save(StateWriter& out) const {
  save_chip(out, master_);
  save_chip(out, slave_);
}

bool Pic8259::restore(StateReader& in) {
  return restore_chip(in, master_) && restore_chip(in, slave_);
}

DeviceState Pic8259::describe(Cycles) const {
  DeviceState state{"PIC 8259", {}};
  for (const auto& [label, chip] : {std::pair{"master ", &master_}, std::pair{"slave ", &slave_}}) {
    const std::string prefix = label;
    state.fields.emplace_back(prefix + "IRR", bits_text(chip->irr));
    state.fields.emplace_back(prefix + "ISR", bits_text(chip->isr));
    state.fields.emplace_back(prefix + "IMR", bits_text(chip->imr));
    state.fields.emplace_back(prefix + "vectors", hex8(chip->vector_base));
    state.fields.emplace_back(prefix + "EOI", chip->auto_eoi ? "automatic" : "by the guest");
  }
  state.fields.emplace_back("INTR", interrupt_pending() ? "high" : "low");
  return state;
}

}  // namespace gv
