// SPDX-License-Identifier: MIT

#include "devices/vga_text.h"

#include "devices/register_text.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint8_t kCursorStart = 0x0a, kStartAddress = 0x0c, kCursor = 0x0e;  // CRTC

// 449 lines of 31,778 ns make 70 Hz; lines 0 to 399 are visible, the first
// 25,422 ns of each carry the picture.
constexpr Cycles kLineTime = 31'778, kVisibleTime = 25'422;
constexpr Cycles kLines = 449, kVisibleLines = 400, kRetraceFirst = 412, kRetraceLast = 413;

template <std::size_t N>
std::vector<std::uint8_t> bytes_of(const std::array<std::uint8_t, N>& array) {
  return {array.begin(), array.end()};
}

template <std::size_t N>
bool restore_array(StateReader& in, std::array<std::uint8_t, N>& array) {
  const auto bytes = in.bytes();
  if (bytes.size() != N)
    return false;
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return true;
}

}  // namespace

std::uint16_t VgaText::crtc_word(std::uint8_t high_index) const {
  return static_cast<std::uint16_t>(crtc_[high_index] << 8 | crtc_[high_index + 1u]);
}

VgaTextScreen VgaText::screen() const {
  VgaTextScreen screen;
  std::array<std::uint8_t, kTextBytes> buffer;
  host_.read_memory(Gpa(kTextBuffer), buffer.data(), buffer.size());
  const std::uint32_t start = crtc_word(kStartAddress) * 2u;
  for (std::size_t i = 0; i < screen.cells.size(); ++i) {
    const std::size_t at = (start + 2 * i) % kTextBytes;
    screen.cells[i] = {buffer[at], buffer[at + 1]};
  }
  const int cursor = crtc_word(kCursor) - crtc_word(kStartAddress);
  if (cursor >= 0 && cursor < VgaTextScreen::kColumns * VgaTextScreen::kRows) {
    screen.cursor_column = cursor % VgaTextScreen::kColumns;
    screen.cursor_row = cursor / VgaTextScreen::kColumns;
  }
  return screen;
}

std::uint8_t VgaText::input_status(Cycles now) {
  const Cycles line = now / kLineTime % kLines;
  const bool blank = line >= kVisibleLines || now % kLineTime >= kVisibleTime;
  const bool retrace = line >= kRetraceFirst && line <= kRetraceLast;
  return static_cast<std::uint8_t>((blank ? 1 : 0) | (retrace ? 8 : 0));
}

std::uint8_t VgaText::read_register(std::uint16_t port, Cycles now) {
  switch (port) {
    case 0x3b4:
    case 0x3d4:
      return crtc_index_;
    case 0x3b5:
    case 0x3d5:
      return crtc_[crtc_index_];
    case 0x3ba:
    case 0x3da:
      attribute_data_ = false;  // reading the status resets the flip-flop
      return input_status(now);
    case 0x3c0:
      return attribute_index_;
    case 0x3c1:
      return attribute_[attribute_index_ & 0x1f];
    case 0x3c4:
      return sequencer_index_;
    case 0x3c5:
      return sequencer_[sequencer_index_];
    case 0x3c6:
      return pel_mask_;
    case 0x3c7:
      return 0;
    case 0x3c8:
      return static_cast<std::uint8_t>(palette_write_ / 3);
    case 0x3c9: {
      const std::uint8_t value = palette_[palette_read_];
      palette_read_ = static_cast<std::uint16_t>((palette_read_ + 1) % palette_.size());
      return value;
    }
    case 0x3cc:
      return miscellaneous_;
    case 0x3ce:
      return graphics_index_;
    case 0x3cf:
      return graphics_[graphics_index_];
    default:
      return 0xff;
  }
}

void VgaText::write_register(std::uint16_t port, std::uint8_t value) {
  switch (port) {
    case 0x3b4:
    case 0x3d4:
      crtc_index_ = value;
      break;
    case 0x3b5:
    case 0x3d5:
      crtc_[crtc_index_] = value;
      break;
    case 0x3c0:
      if (attribute_data_) {
        attribute_[attribute_index_ & 0x1f] = value;
      } else {
        attribute_index_ = value;
      }
      attribute_data_ = !attribute_data_;
      break;
    case 0x3c2:
      miscellaneous_ = value;
      break;
    case 0x3c4:
      sequencer_index_ = value;
      break;
    case 0x3c5:
      sequencer_[sequencer_index_] = value;
      break;
    case 0x3c6:
      pel_mask_ = value;
      break;
    case 0x3c7:
      palette_read_ = static_cast<std::uint16_t>(value * 3);
      break;
    case 0x3c8:
      palette_write_ = static_cast<std::uint16_t>(value * 3);
      break;
    case 0x3c9:
      palette_[palette_write_] = value & 0x3f;
      palette_write_ = static_cast<std::uint16_t>((palette_write_ + 1) % palette_.size());
      break;
    case 0x3ce:
      graphics_index_ = value;
      break;
    case 0x3cf:
      graphics_[graphics_index_] = value;
      break;
    default:
      break;
  }
}

std::uint32_t VgaText::read(std::uint16_t port, std::uint8_t size, Cycles now) {
  if (size == 1)
    return byte_lane(read_register(port, now));
  // A word at an index port is index and data, as everybody writes it.
  const std::uint8_t low = read_register(port, now);
  const std::uint8_t high = read_register(static_cast<std::uint16_t>(port + 1), now);
  return 0xffff0000u | static_cast<std::uint32_t>(high << 8) | low;
}

void VgaText::write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles) {
  write_register(port, static_cast<std::uint8_t>(value));
  if (size > 1) {
    write_register(static_cast<std::uint16_t>(port + 1), static_cast<std::uint8_t>(value >> 8));
  }
}

void VgaText::reset() {
  crtc_index_ = sequencer_index_ = graphics_index_ = attribute_index_ = 0;
  for (auto* set : {&crtc_, &sequencer_, &graphics_, &attribute_})
    set->fill(0);
  palette_.fill(0);
  crtc_[kCursorStart] = 14;
  crtc_[kCursorStart + 1] = 15;
  attribute_data_ = false;
  miscellaneous_ = 0x67;  // colour addresses, as mode 3 sets it
  pel_mask_ = 0xff;
  palette_write_ = palette_read_ = 0;
}

void VgaText::save(StateWriter& out) const {
  for (const std::uint8_t v : {crtc_index_, sequencer_index_, graphics_index_, attribute_index_,
                               miscellaneous_, pel_mask_}) {
    out.u8(v);
  }
  for (const auto* set : {&crtc_, &sequencer_, &graphics_, &attribute_})
    out.bytes(bytes_of(*set));
  out.bytes(bytes_of(palette_));
  out.u16(palette_write_);
  out.u16(palette_read_);
  out.flag(attribute_data_);
}

bool VgaText::restore(StateReader& in) {
  for (std::uint8_t* v : {&crtc_index_, &sequencer_index_, &graphics_index_, &attribute_index_,
                          &miscellaneous_, &pel_mask_}) {
    *v = in.u8();
  }
  for (auto* set : {&crtc_, &sequencer_, &graphics_, &attribute_}) {
    if (!restore_array(in, *set))
      return false;
  }
  if (!restore_array(in, palette_))
    return false;
  palette_write_ = in.u16();
  palette_read_ = in.u16();
  attribute_data_ = in.flag();
  return in.ok() && palette_write_ < palette_.size() && palette_read_ < palette_.size();
}

DeviceState VgaText::describe(Cycles now) const {
  return {"VGA text",
          {{"start address", hex16(crtc_word(kStartAddress))},
           {"cursor address", hex16(crtc_word(kCursor))},
           {"CRTC index", hex8(crtc_index_)},
           {"miscellaneous", hex8(miscellaneous_)},
           {"input status", hex8(input_status(now))}}};
}

}  // namespace gv
