// SPDX-License-Identifier: MIT
//
// style.h - what everything looks like, by meaning.
//
// A panel never writes a hex colour or a pixel count: it asks for "trapped" or
// for three spaces. So three themes and four sizes stay complete by
// construction, and a test can check every text colour on every ground.
// Colour never stands alone: what a colour says, a shape or a word says too.
//
// The hues are Okabe and Ito's eight (Color Universal Design, 2008), darkened
// on light grounds until text in them reaches a contrast of 4.5:1.
//
// Deliberately not: a font loader. The workbench owns the atlas and fills
// `fonts`. Units: pixels, already multiplied by the UI scale.
// Threads: GUI thread; a Style is a plain value.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

struct ImFont;

namespace gv {

struct Color {
  std::uint8_t red = 0, green = 0, blue = 0, alpha = 255;
  bool operator==(const Color&) const = default;
};

enum class Theme : std::uint8_t { Light, Dark, Projector };
inline constexpr int kThemeCount = 3;
std::string_view name_of(Theme theme);  // "light", "dark", "projector"

enum class Ink : std::uint8_t {
  // grounds
  Background,  // of the window
  Surface,     // of a panel
  Raised,      // a card, a chip or a field on a surface
  Hovered,     // a row under the mouse
  Selected,    // the row or event that all panels agree on
  Border,      // hairlines
  // text
  Text,
  MutedText,
  OnAccent,  // text on a ground of Accent
  // the interface
  Accent,  // what can be pressed, the focus ring, the current position
  Good,
  Error,
  // the run
  Changed,  // differs from the last stop
  Trapped,  // an exit: control left the guest
  GuestUser,
  GuestKernel,
  Hypervisor,
  Hardware,
  Emulated,
  Reflected,
  ShadowWork,  // hidden from the guest
  DeviceWork,
  Interrupt,
  Unmapped,
  // sensitive instructions
  Privileged,
  Unprivileged,  // sensitive, yet it does not trap
};
inline constexpr int kInkCount = static_cast<int>(Ink::Unprivileged) + 1;
std::string_view name_of(Ink ink);
// Whether text is ever written in this ink; such inks must reach 4.5:1 on every ground.
bool is_text_ink(Ink ink);

enum class FontRole : std::uint8_t { Body, Strong, Small, Mono, MonoStrong, Title };
inline constexpr int kFontRoleCount = 6;

class Style {
 public:
  Style() : Style(Theme::Dark, 1.0F) {}
  // `scale` is the UI scale, 1 to 4.
  Style(Theme theme, float scale);

  Theme theme() const { return theme_; }
  float scale() const { return scale_; }

  Color color(Ink ink) const { return colors_[static_cast<std::size_t>(ink)]; }
  // The ink thinned over the surface: the ground of a card or bar that carries this meaning.
  // Text and MutedText stay readable on it.
  Color tint(Ink ink) const;
  Color faded(Ink ink, float opacity) const;  // opacity 0 to 1

  // The spacing grid: one step is 4 pixels at scale 1. Paddings are 2, gaps 2 to 4.
  float space(float steps) const { return steps * 4.0F * scale_; }
  float corner() const { return 6.0F * scale_; }
  float hairline() const;  // borders and grids
  float stroke() const;    // lines that mean something

  // Pixel height that the workbench loads each role's font at.
  static float font_pixels(FontRole role, float scale);
  ImFont* font(FontRole role) const { return fonts_[static_cast<std::size_t>(role)]; }
  // Null means ImGui's current font.
  void set_font(FontRole role, ImFont* font) { fonts_[static_cast<std::size_t>(role)] = font; }

 private:
  Theme theme_;
  float scale_;
  std::array<Color, kInkCount> colors_{};
  std::array<ImFont*, kFontRoleCount> fonts_{};
};

// WCAG 2 contrast ratio of two opaque colours, 1 to 21.
double contrast(Color a, Color b);
// `amount` of `top` over `bottom`, both opaque.
Color mixed(Color bottom, Color top, float amount);

// Zero-terminated first/last pairs of the characters that panels may write (ImGui's own form):
// Latin, Greek, arrows, box drawing, blocks, shapes - all of code page 437 among them.
const std::uint16_t* glyph_ranges();

}  // namespace gv
