// SPDX-License-Identifier: MIT
//
// style.cpp - the three palettes and the spacing grid.

#include "visualizers/style.h"

#include <algorithm>
#include <cmath>

namespace gv {
namespace {

constexpr Color rgb(std::uint32_t value) {
  return Color{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
               static_cast<std::uint8_t>(value), 255};
}

// In the order of Ink. One row per meaning, one column per theme, so that a
// missing colour is visible at a glance.
struct InkRow {
  std::string_view name;
  std::uint32_t light, dark, projector;
  bool text;
};
constexpr std::array<InkRow, kInkCount> kInks = {{
    {"background", 0xeceef2, 0x12151b, 0xffffff, false},
    {"surface", 0xfbfbfd, 0x1a1e26, 0xffffff, false},
    {"raised", 0xf2f3f7, 0x232833, 0xf3f3f3, false},
    {"hovered", 0xe9ebf3, 0x2a303d, 0xe6e6e6, false},
    {"selected", 0xe0e2fb, 0x31345a, 0xd9dcff, false},
    {"border", 0xd3d7e0, 0x363d4b, 0x4a4a4a, false},
    {"text", 0x171a21, 0xe8ebf1, 0x000000, true},
    {"muted-text", 0x525a68, 0xa4adbd, 0x333333, true},
    {"on-accent", 0xffffff, 0x12151b, 0xffffff, false},
    {"accent", 0x4a48c8, 0xa8a5ff, 0x2a28a0, true},
    {"good", 0x006b4c, 0x3fcf9f, 0x00523a, true},
    {"error", 0xb3261e, 0xff8a80, 0x8f0f0a, true},
    {"changed", 0x7d5200, 0xf0b429, 0x5e3d00, true},
    {"trapped", 0xa84300, 0xff9052, 0x7a3000, true},
    {"guest-user", 0x00629b, 0x6cc0f2, 0x004a77, true},
    {"guest-kernel", 0x006b4c, 0x3fcf9f, 0x00523a, true},
    {"hypervisor", 0xa84300, 0xff9052, 0x7a3000, true},
    {"hardware", 0x4e5665, 0xb3bccb, 0x1c1c1c, true},
    {"emulated", 0x7d5200, 0xf0b429, 0x5e3d00, true},
    {"reflected", 0x97346f, 0xe79cc6, 0x701d50, true},
    {"shadow-work", 0x3b4fb8, 0x9fb0ff, 0x23348f, true},
    {"device-work", 0x4e5665, 0xb3bccb, 0x1c1c1c, true},
    {"interrupt", 0x665f00, 0xf0e442, 0x4a4500, true},
    {"unmapped", 0x5f6674, 0x98a1b2, 0x444444, true},
    {"privileged", 0xa84300, 0xff9052, 0x7a3000, true},
    {"unprivileged", 0x97346f, 0xe79cc6, 0x701d50, true},
}};

double linear(std::uint8_t channel) {
  const double c = channel / 255.0;
  return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double luminance(Color c) {
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

}  // namespace

std::string_view name_of(Theme theme) {
  switch (theme) {
    case Theme::Light:
      return "light";
    case Theme::Dark:
      return "dark";
    case Theme::Projector:
      return "projector";
  }
  return "dark";
}

std::string_view name_of(Ink ink) { return kInks[static_cast<std::size_t>(ink)].name; }

bool is_text_ink(Ink ink) { return kInks[static_cast<std::size_t>(ink)].text; }

Style::Style(Theme theme, float scale) : theme_(theme), scale_(std::clamp(scale, 0.5F, 4.0F)) {
  for (std::size_t i = 0; i < kInks.size(); ++i) {
    const InkRow& row = kInks[i];
    colors_[i] = rgb(theme == Theme::Light  ? row.light
                     : theme == Theme::Dark ? row.dark
                                            : row.projector);
  }
}

Color Style::tint(Ink ink) const {
  return mixed(color(Ink::Surface), color(ink), theme_ == Theme::Dark ? 0.16F : 0.10F);
}

Color Style::faded(Ink ink, float opacity) const {
  Color c = color(ink);
  c.alpha = static_cast<std::uint8_t>(std::lround(std::clamp(opacity, 0.0F, 1.0F) * 255.0F));
  return c;
}

float Style::hairline() const {
  return std::max(1.0F, std::floor((theme_ == Theme::Projector ? 1.5F : 1.0F) * scale_));
}

float Style::stroke() const { return (theme_ == Theme::Projector ? 3.0F : 2.0F) * scale_; }

float Style::font_pixels(FontRole role, float scale) {
  switch (role) {
    case FontRole::Body:
      return std::round(16.0F * scale);
    case FontRole::Strong:
      return std::round(16.0F * scale);
    case FontRole::Small:
      return std::round(13.0F * scale);
    case FontRole::Mono:
      return std::round(15.0F * scale);
    case FontRole::MonoStrong:
      return std::round(15.0F * scale);
    case FontRole::Title:
      return std::round(24.0F * scale);
  }
  return std::round(16.0F * scale);
}

double contrast(Color a, Color b) {
  const double la = luminance(a), lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

Color mixed(Color bottom, Color top, float amount) {
  const auto blend = [amount](std::uint8_t low, std::uint8_t high) {
    return static_cast<std::uint8_t>(std::lround(
        static_cast<float>(low) + amount * (static_cast<float>(high) - static_cast<float>(low))));
  };
  return Color{blend(bottom.red, top.red), blend(bottom.green, top.green),
               blend(bottom.blue, top.blue), 255};
}

const std::uint16_t* glyph_ranges() {
  static constexpr std::array<std::uint16_t, 21> kRanges = {
      0x0020, 0x00ff,  // Latin and Latin-1
      0x0192, 0x0192,  // florin sign, code page 437
      0x0391, 0x03c9,  // Greek
      0x2010, 0x202f,  // dashes, quotes, ellipsis, the narrow space in numbers
      0x203c, 0x203c,  // double exclamation mark, code page 437
      0x207f, 0x20a7,  // superscript n, peseta
      0x2190, 0x21ff,  // arrows
      0x2200, 0x22ff,  // mathematics
      0x2300, 0x23ff,  // technical
      0x2500, 0x26ff,  // box drawing, blocks, geometric shapes, symbols
      0,
  };
  return kRanges.data();
}

}  // namespace gv
