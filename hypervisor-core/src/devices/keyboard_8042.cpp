// SPDX-License-Identifier: MIT

#include "devices/keyboard_8042.h"

#include "devices/register_text.h"

namespace gv {
namespace {

constexpr std::uint8_t kInterruptOn = 0x01, kSystemFlag = 0x04, kDisabled = 0x10,
                       kTranslate = 0x40;  // of the command byte
constexpr std::uint8_t kAck = 0xfa, kResend = 0xfe, kSelfTestPassed = 0xaa;

void save_queue(StateWriter& out, const std::deque<std::uint8_t>& queue) {
  out.bytes({queue.begin(), queue.end()});
}

void restore_queue(StateReader& in, std::deque<std::uint8_t>& queue) {
  const auto bytes = in.bytes();
  queue.assign(bytes.begin(), bytes.end());
}

}  // namespace

void Keyboard8042::push_scan_code(std::uint8_t code) {
  if (!scanning_)
    return;
  from_keyboard_.push_back(code);
  fill_output();
}

void Keyboard8042::fill_output() {
  if (!full_ && !answers_.empty()) {
    output_ = answers_.front();
    answers_.pop_front();
    full_ = true;
  }
  // A disabled keyboard interface holds the keyboard's clock: its bytes wait.
  if (!full_ && !from_keyboard_.empty() && (command_byte_ & kDisabled) == 0) {
    output_ = from_keyboard_.front();
    from_keyboard_.pop_front();
    full_ = true;
  }
  update_line();
}

void Keyboard8042::update_line() {
  const bool level = full_ && (command_byte_ & kInterruptOn) != 0;
  if (level != line_) {
    line_ = level;
    host_.set_irq(kIrq, level);
  }
}

void Keyboard8042::answer(std::uint8_t byte) { answers_.push_back(byte); }

void Keyboard8042::write_output_port(std::uint8_t value) {
  output_port_ = static_cast<std::uint8_t>(value | 1);
  if ((value & 1) == 0)
    host_.request_reset();
}

std::uint8_t Keyboard8042::status() const {
  return static_cast<std::uint8_t>((full_ ? 1 : 0) | (command_byte_ & kSystemFlag) |
                                   (last_was_command_ ? 8 : 0) | 0x10);  // 0x10: not locked
}

void Keyboard8042::controller_command(std::uint8_t command) {
  awaited_ = 0;
  switch (command) {
    case 0x20:
      answer(command_byte_);
      break;
    case 0x60:
    case 0xd1:
    case 0xd2:
      awaited_ = command;
      break;  // their data comes through 0x60
    case 0xa9:
      answer(0xff);
      break;  // no second port
    case 0xaa:
      command_byte_ |= kSystemFlag;
      answer(0x55);
      break;
    case 0xab:
      answer(0x00);
      break;
    case 0xad:
      command_byte_ |= kDisabled;
      break;
    case 0xae:
      command_byte_ &= static_cast<std::uint8_t>(~kDisabled);
      break;
    case 0xc0:
      answer(0x80);
      break;  // input port: keyboard not locked
    case 0xd0:
      answer(output_port_);
      break;
    case 0xdd:
      output_port_ &= static_cast<std::uint8_t>(~2);
      break;
    case 0xdf:
      output_port_ |= 2;
      break;
    default:
      // 0xf0 to 0xff pulse output lines low; line 0 resets the CPU.
      if (command >= 0xf0 && (command & 1) == 0)
        host_.request_reset();
      break;
  }
}

void Keyboard8042::controller_data(std::uint8_t value) {
  switch (awaited_) {
    case 0x60:
      command_byte_ = value;
      break;
    case 0xd1:
      write_output_port(value);
      break;
    default:
      answer(value);
      break;  // 0xd2: as if the keyboard had sent it
  }
  awaited_ = 0;
}

void Keyboard8042::keyboard_command(std::uint8_t command) {
  if (keyboard_awaited_ != 0) {
    const std::uint8_t expecting = keyboard_awaited_;
    keyboard_awaited_ = 0;
    answer(kAck);
    if (expecting == 0xf0 && command == 0) {
      answer((command_byte_ & kTranslate) != 0 ? 0x41 : 0x02);  // set 2, translated or not
    }
    return;
  }
  switch (command) {
    case 0xed:  // LEDs
    case 0xf0:  // scan code set
    case 0xf3:  // repeat rate
      keyboard_awaited_ = command;
      answer(kAck);
      break;
    case 0xee:
      answer(0xee);
      break;
    case 0xf2:
      answer(kAck);
      answer(0xab);
      answer((command_byte_ & kTranslate) != 0 ? 0x41 : 0x83);
      break;
    case 0xf4:
      scanning_ = true;
      answer(kAck);
      break;
    case 0xf5:
    case 0xf6:
      scanning_ = command == 0xf6;
      from_keyboard_.clear();
      answer(kAck);
      break;
    case 0xff:
      scanning_ = true;
      from_keyboard_.clear();
      answer(kAck);
      answer(kSelfTestPassed);
      break;
    default:
      answer(kResend);
      break;
  }
}

std::uint32_t Keyboard8042::read(std::uint16_t port, std::uint8_t, Cycles) {
  if (port == 0x64)
    return byte_lane(status());
  if (port == 0x92)
    return byte_lane(output_port_ & 2);
  const std::uint8_t value = output_;
  full_ = false;
  update_line();  // falls, so that the next byte is an edge of its own
  fill_output();
  return byte_lane(value);
}

void Keyboard8042::write(std::uint16_t port, std::uint8_t, std::uint32_t value, Cycles) {
  const auto byte = static_cast<std::uint8_t>(value);
  if (port == 0x92) {
    output_port_ = static_cast<std::uint8_t>((output_port_ & ~2) | (byte & 2));
    if ((byte & 1) != 0)
      host_.request_reset();
    return;
  }
  last_was_command_ = port == 0x64;
  if (port == 0x64) {
    controller_command(byte);
  } else if (awaited_ != 0) {
    controller_data(byte);
  } else {
    command_byte_ &= static_cast<std::uint8_t>(~kDisabled);  // talking to the keyboard enables it
    keyboard_command(byte);
  }
  fill_output();
}

void Keyboard8042::reset() {
  command_byte_ = kInterruptOn | kSystemFlag | kTranslate;  // as firmware leaves it
  output_port_ = 3;
  output_ = awaited_ = keyboard_awaited_ = 0;
  full_ = last_was_command_ = false;
  scanning_ = true;
  answers_.clear();
  from_keyboard_.clear();
  update_line();
}

void Keyboard8042::save(StateWriter& out) const {
  for (const std::uint8_t v : {command_byte_, output_port_, output_, awaited_, keyboard_awaited_}) {
    out.u8(v);
  }
  for (const bool v : {full_, last_was_command_, scanning_, line_})
    out.flag(v);
  save_queue(out, answers_);
  save_queue(out, from_keyboard_);
}

bool Keyboard8042::restore(StateReader& in) {
  for (std::uint8_t* v : {&command_byte_, &output_port_, &output_, &awaited_, &keyboard_awaited_}) {
    *v = in.u8();
  }
  for (bool* v : {&full_, &last_was_command_, &scanning_, &line_})
    *v = in.flag();
  restore_queue(in, answers_);
  restore_queue(in, from_keyboard_);
  return in.ok();
}

DeviceState Keyboard8042::describe(Cycles) const {
  return {"keyboard 8042",
          {{"status", hex8(status())},
           {"command byte", hex8(command_byte_)},
           {"output buffer", full_ ? hex8(output_) : "empty"},
           {"waiting", std::to_string(from_keyboard_.size() + answers_.size())},
           {"scanning", on_off(scanning_)},
           {"A20", on_off(a20())},
           {"IRQ 1", line_ ? "high" : "low"}}};
}

}  // namespace gv
