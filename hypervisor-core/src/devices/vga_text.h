// SPDX-License-Identifier: MIT
//
// vga_text.h - the VGA as a text screen of 80 by 25.
//
// Ports 0x3c0 to 0x3df, and 0x3b4, 0x3b5 and 0x3ba for software that thinks of
// a monochrome adapter. Source: IBM VGA, in the PS/2 Hardware Interface
// Technical Reference, "Video Subsystem".
//
// The text buffer at 0xb8000 is plain guest memory: screen() reads it when
// somebody looks. Of the registers only the cursor and start address of the
// CRTC mean something; the others are stored and read back. Left out: graphics
// modes, fonts, planes, blinking. The retrace bits of 0x3da follow virtual time
// at 70 Hz and 449 lines.

#pragma once

#include "gv/device.h"

#include <array>

namespace gv {

class VgaText final : public Device {
 public:
  static constexpr std::uint64_t kTextBuffer = 0xb8000;
  static constexpr std::uint32_t kTextBytes = 0x8000;

  explicit VgaText(DeviceHost& host) : host_(host) { reset(); }

  // What a person in front of the monitor sees now.
  VgaTextScreen screen() const;

  std::string_view name() const override { return "VGA text"; }
  std::vector<PortRange> ports() const override {
    return {{0x3b4, 0x3b5}, {0x3ba, 0x3ba}, {0x3c0, 0x3df}};
  }
  std::uint32_t read(std::uint16_t port, std::uint8_t size, Cycles now) override;
  void write(std::uint16_t port, std::uint8_t size, std::uint32_t value, Cycles now) override;
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  std::uint8_t read_register(std::uint16_t port, Cycles now);
  void write_register(std::uint16_t port, std::uint8_t value);
  static std::uint8_t input_status(Cycles now);
  std::uint16_t crtc_word(std::uint8_t high_index) const;

  DeviceHost& host_;
  // An index register and what it selects, as VGA has five times.
  std::uint8_t crtc_index_ = 0, sequencer_index_ = 0, graphics_index_ = 0, attribute_index_ = 0;
  std::array<std::uint8_t, 256> crtc_{}, sequencer_{}, graphics_{}, attribute_{};
  bool attribute_data_ = false;  // the flip-flop of 0x3c0: the next write is data
  std::uint8_t miscellaneous_ = 0, pel_mask_ = 0xff;
  std::uint16_t palette_write_ = 0, palette_read_ = 0;  // entry times 3 plus component
  std::array<std::uint8_t, 768> palette_{};
};

// 25 lines of UTF-8, each with a newline, trailing blanks cut off; CP437 is translated.
std::string screen_to_text(const VgaTextScreen& screen);

}  // namespace gv
