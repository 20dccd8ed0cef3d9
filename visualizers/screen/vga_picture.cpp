// SPDX-License-Identifier: MIT
//
// vga_picture.cpp - code page 437, the VGA's sixteen colours and the keys of a US keyboard.

#include "visualizers/screen/vga_picture.h"

#include <array>

namespace gv {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 256> kGlyphs = {
    " ", "☺", "☻", "♥", "♦", "♣", "♠", "•", "◘", "○", "◙", "♂", "♀", "♪", "♫", "☼",  "►",  "◄", "↕",
    "‼", "¶", "§", "▬", "↨", "↑", "↓", "→", "←", "∟", "↔", "▲", "▼", " ", "!", "\"", "#",  "$", "%",
    "&", "'", "(", ")", "*", "+", ",", "-", ".", "/", "0", "1", "2", "3", "4", "5",  "6",  "7", "8",
    "9", ":", ";", "<", "=", ">", "?", "@", "A", "B", "C", "D", "E", "F", "G", "H",  "I",  "J", "K",
    "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W", "X", "Y", "Z", "[",  "\\", "]", "^",
    "_", "`", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n",  "o",  "p", "q",
    "r", "s", "t", "u", "v", "w", "x", "y", "z", "{", "|", "}", "~", "⌂", "Ç", "ü",  "é",  "â", "ä",
    "à", "å", "ç", "ê", "ë", "è", "ï", "î", "ì", "Ä", "Å", "É", "æ", "Æ", "ô", "ö",  "ò",  "û", "ù",
    "ÿ", "Ö", "Ü", "¢", "£", "¥", "₧", "ƒ", "á", "í", "ó", "ú", "ñ", "Ñ", "ª", "º",  "¿",  "⌐", "¬",
    "½", "¼", "¡", "«", "»", "░", "▒", "▓", "│", "┤", "╡", "╢", "╖", "╕", "╣", "║",  "╗",  "╝", "╜",
    "╛", "┐", "└", "┴", "┬", "├", "─", "┼", "╞", "╟", "╚", "╔", "╩", "╦", "╠", "═",  "╬",  "╧", "╨",
    "╤", "╥", "╙", "╘", "╒", "╓", "╫", "╪", "┘", "┌", "█", "▄", "▌", "▐", "▀", "α",  "ß",  "Γ", "π",
    "Σ", "σ", "µ", "τ", "Φ", "Θ", "Ω", "δ", "∞", "φ", "ε", "∩", "≡", "±", "≥", "≤",  "⌠",  "⌡", "÷",
    "≈", "°", "∙", "·", "√", "ⁿ", "²", "■", " ",
};

constexpr std::array<Color, 16> kColors = {{
    {0, 0, 0},
    {0, 0, 170},
    {0, 170, 0},
    {0, 170, 170},
    {170, 0, 0},
    {170, 0, 170},
    {170, 85, 0},
    {170, 170, 170},
    {85, 85, 85},
    {85, 85, 255},
    {85, 255, 85},
    {85, 255, 255},
    {255, 85, 85},
    {255, 85, 255},
    {255, 255, 85},
    {255, 255, 255},
}};

// The keys that make characters, in the order of their scan codes from 0x02 on; a blank is a key
// that makes none.
constexpr std::string_view kPlain = "1234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./"sv;
constexpr std::string_view kShifted =
    "!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?"sv;

constexpr std::uint8_t kFirstKey = 0x02, kShift = 0x2a, kSpace = 0x39, kRelease = 0x80;

}  // namespace

std::string_view cp437_glyph(std::uint8_t byte) { return kGlyphs[byte]; }

Color vga_color(int index) { return kColors[static_cast<std::size_t>(index & 15)]; }

std::vector<ScreenRun> runs_of_row(const VgaTextScreen& screen, int row) {
  std::vector<ScreenRun> runs;
  for (int column = 0; column < VgaTextScreen::kColumns; ++column) {
    const auto at = static_cast<std::size_t>(row * VgaTextScreen::kColumns + column);
    const std::uint8_t attribute = screen.cells[at].attribute;
    if (runs.empty() || runs.back().attribute != attribute)
      runs.push_back({column, 0, attribute});
    ++runs.back().cells;
  }
  return runs;
}

std::string text_of_row(const VgaTextScreen& screen, int row) {
  std::string text;
  std::size_t keep = 0;
  for (int column = 0; column < VgaTextScreen::kColumns; ++column) {
    const auto at = static_cast<std::size_t>(row * VgaTextScreen::kColumns + column);
    text += cp437_glyph(screen.cells[at].character);
    if (cp437_glyph(screen.cells[at].character) != " ")
      keep = text.size();
  }
  text.resize(keep);
  return text;
}

bool is_blank(const VgaTextScreen& screen) {
  for (const ScreenCell& cell : screen.cells) {
    if (cp437_glyph(cell.character) != " " || (cell.attribute & 0x70) != 0)
      return false;
  }
  return true;
}

std::vector<std::uint8_t> keystrokes_for(char character) {
  const auto pressed = [](std::uint8_t code) {
    return std::vector<std::uint8_t>{code, static_cast<std::uint8_t>(code | kRelease)};
  };
  if (character == ' ')
    return pressed(kSpace);
  if (character == '\0')
    return {};
  if (const auto at = kPlain.find(character); at != std::string_view::npos) {
    return pressed(static_cast<std::uint8_t>(kFirstKey + at));
  }
  if (const auto at = kShifted.find(character); at != std::string_view::npos) {
    const auto code = static_cast<std::uint8_t>(kFirstKey + at);
    return {kShift, code, static_cast<std::uint8_t>(code | kRelease), kShift | kRelease};
  }
  return {};
}

}  // namespace gv
