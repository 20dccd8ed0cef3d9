// SPDX-License-Identifier: MIT
//
// vga_text_screen.cpp - the screen as lines of UTF-8.
//
// The character generator of a PC draws code page 437; its glyphs are named
// here by their Unicode code points. The first 32 are the pictures that the
// screen shows, not control characters: on a screen nothing is control.

#include "devices/vga_text.h"

namespace gv {
namespace {

constexpr char16_t kLowGlyphs[] =
    u" \u263a\u263b\u2665\u2666\u2663\u2660\u2022\u25d8\u25cb\u25d9\u2642\u2640\u266a\u266b\u263c"
    u"\u25ba\u25c4\u2195\u203c\u00b6\u00a7\u25ac\u21a8\u2191\u2193\u2192\u2190\u221f\u2194\u25b2"
    u"\u25bc";
constexpr char16_t kHighGlyphs[] =
    u"\u00c7\u00fc\u00e9\u00e2\u00e4\u00e0\u00e5\u00e7\u00ea\u00eb\u00e8\u00ef\u00ee\u00ec\u00c4"
    u"\u00c5\u00c9\u00e6\u00c6\u00f4\u00f6\u00f2\u00fb\u00f9\u00ff\u00d6\u00dc\u00a2\u00a3\u00a5"
    u"\u20a7\u0192\u00e1\u00ed\u00f3\u00fa\u00f1\u00d1\u00aa\u00ba\u00bf\u2310\u00ac\u00bd\u00bc"
    u"\u00a1\u00ab\u00bb\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556\u2555\u2563\u2551\u2557"
    u"\u255d\u255c\u255b\u2510\u2514\u2534\u252c\u251c\u2500\u253c\u255e\u255f\u255a\u2554\u2569"
    u"\u2566\u2560\u2550\u256c\u2567\u2568\u2564\u2565\u2559\u2558\u2552\u2553\u256b\u256a\u2518"
    u"\u250c\u2588\u2584\u258c\u2590\u2580\u03b1\u00df\u0393\u03c0\u03a3\u03c3\u00b5\u03c4\u03a6"
    u"\u0398\u03a9\u03b4\u221e\u03c6\u03b5\u2229\u2261\u00b1\u2265\u2264\u2320\u2321\u00f7\u2248"
    u"\u00b0\u2219\u00b7\u221a\u207f\u00b2\u25a0\u00a0";
static_assert(sizeof kLowGlyphs / sizeof(char16_t) == 32 + 1);
static_assert(sizeof kHighGlyphs / sizeof(char16_t) == 128 + 1);

char16_t glyph(std::uint8_t character) {
  if (character < 0x20)
    return kLowGlyphs[character];
  if (character == 0x7f)
    return u'\u2302';
  if (character < 0x80)
    return character;
  return kHighGlyphs[character - 0x80];
}

void append_utf8(std::string& text, char16_t c) {
  if (c < 0x80) {
    text += static_cast<char>(c);
  } else if (c < 0x800) {
    text += static_cast<char>(0xc0 | c >> 6);
    text += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    text += static_cast<char>(0xe0 | c >> 12);
    text += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    text += static_cast<char>(0x80 | (c & 0x3f));
  }
}

// Space, NUL and the no-break space all show nothing.
bool is_blank(std::uint8_t character) {
  return character == ' ' || character == 0 || character == 0xff;
}

}  // namespace

std::string screen_to_text(const VgaTextScreen& screen) {
  std::string text;
  for (int row = 0; row < VgaTextScreen::kRows; ++row) {
    const auto at = [&](int column) {
      return screen.cells[static_cast<std::size_t>(row * VgaTextScreen::kColumns + column)]
          .character;
    };
    int end = VgaTextScreen::kColumns;
    while (end > 0 && is_blank(at(end - 1)))
      --end;
    for (int column = 0; column < end; ++column) {
      append_utf8(text, is_blank(at(column)) ? u' ' : glyph(at(column)));
    }
    text += '\n';
  }
  return text;
}

}  // namespace gv
