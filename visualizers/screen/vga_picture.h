// SPDX-License-Identifier: MIT
//
// vga_picture.h - a VGA text screen in characters and colours of today.
//
// The sixteen colours are the adapter's own, not the theme's: the guest chose
// them. Source: IBM VGA palette registers as the BIOS sets them for mode 3.
//
// Pure: no ImGui.

#pragma once

#include "gv/snapshot.h"
#include "visualizers/style.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// The glyph of a code page 437 byte, as UTF-8.
std::string_view cp437_glyph(std::uint8_t byte);
Color vga_color(int index);  // 0 to 15

// Neighbouring cells of one attribute.
struct ScreenRun {
  int column = 0, cells = 0;
  std::uint8_t attribute = 0x07;
};
std::vector<ScreenRun> runs_of_row(const VgaTextScreen& screen, int row);
// A row as UTF-8 without trailing blanks.
std::string text_of_row(const VgaTextScreen& screen, int row);
bool is_blank(const VgaTextScreen& screen);

// The set 1 scan codes, press and release, that type `character` on a US keyboard; empty when no
// key does.
std::vector<std::uint8_t> keystrokes_for(char character);

}  // namespace gv
