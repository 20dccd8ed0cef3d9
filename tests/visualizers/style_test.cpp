// SPDX-License-Identifier: MIT
//
// style_test.cpp - every text can be read in every theme, and every ink has a colour.

#include "visualizers/style.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::string what(Theme theme, Ink ink, std::string_view ground) {
  return std::string(name_of(ink)) + " on " + std::string(ground) + " in " +
         std::string(name_of(theme));
}

TEST(Style, EveryTextInkReaches4Point5OnEveryGround) {
  for (int t = 0; t < kThemeCount; ++t) {
    const auto theme = static_cast<Theme>(t);
    const Style style(theme, 1);
    for (int i = 0; i < kInkCount; ++i) {
      const auto ink = static_cast<Ink>(i);
      if (!is_text_ink(ink))
        continue;
      for (const Ink ground :
           {Ink::Background, Ink::Surface, Ink::Raised, Ink::Hovered, Ink::Selected}) {
        EXPECT_GE(contrast(style.color(ink), style.color(ground)), 4.5)
            << what(theme, ink, name_of(ground));
      }
    }
  }
}

TEST(Style, TextStaysReadableOnEveryTintAndInItsOwn) {
  for (int t = 0; t < kThemeCount; ++t) {
    const auto theme = static_cast<Theme>(t);
    const Style style(theme, 1);
    for (int i = 0; i < kInkCount; ++i) {
      const auto ink = static_cast<Ink>(i);
      if (!is_text_ink(ink))
        continue;
      const Color tint = style.tint(ink);
      for (const Ink text : {Ink::Text, Ink::MutedText, ink}) {
        EXPECT_GE(contrast(style.color(text), tint), 4.5)
            << what(theme, text, "a tint of " + std::string(name_of(ink)));
      }
    }
    // What the trap theatre writes in storeys: the answers on the hypervisor's ground.
    for (const Ink answer : {Ink::Emulated, Ink::Reflected, Ink::ShadowWork, Ink::DeviceWork,
                             Ink::Interrupt, Ink::Trapped}) {
      for (const Ink storey : {Ink::GuestUser, Ink::GuestKernel, Ink::Hypervisor, Ink::Hardware}) {
        EXPECT_GE(contrast(style.color(answer), style.tint(storey)), 4.5)
            << what(theme, answer, name_of(storey));
      }
    }
    EXPECT_GE(contrast(style.color(Ink::OnAccent), style.color(Ink::Accent)), 4.5);
  }
}

TEST(Style, TheProjectorThemeReaches7AndHasBolderStrokes) {
  const Style style(Theme::Projector, 1);
  for (int i = 0; i < kInkCount; ++i) {
    const auto ink = static_cast<Ink>(i);
    if (is_text_ink(ink)) {
      EXPECT_GE(contrast(style.color(ink), style.color(Ink::Surface)), 7.0) << name_of(ink);
    }
  }
  EXPECT_GT(style.stroke(), Style(Theme::Light, 1).stroke());
}

TEST(Style, StoreysDifferInLightnessOrHueForEveryKindOfColourVision) {
  // Deuteranopia folds red and green together; what remains is blue-yellow and lightness.
  for (int t = 0; t < kThemeCount; ++t) {
    const Style style(static_cast<Theme>(t), 1);
    const Ink storeys[] = {Ink::GuestUser, Ink::GuestKernel, Ink::Hypervisor, Ink::Hardware};
    for (const Ink a : storeys) {
      for (const Ink b : storeys) {
        if (a >= b)
          continue;
        const Color x = style.color(a), y = style.color(b);
        const double yellow_x = (x.red * 0.29 + x.green * 0.71),
                     yellow_y = (y.red * 0.29 + y.green * 0.71);
        const double distance = std::abs(yellow_x - yellow_y) + std::abs(x.blue - y.blue);
        EXPECT_GT(distance, 24) << name_of(a) << " and " << name_of(b) << " in "
                                << name_of(style.theme());
      }
    }
  }
}

TEST(Style, ScaleMultipliesSpacingAndFonts) {
  EXPECT_EQ(Style(Theme::Dark, 3).space(2), 3 * Style(Theme::Dark, 1).space(2));
  EXPECT_EQ(Style::font_pixels(FontRole::Body, 4), 4 * Style::font_pixels(FontRole::Body, 1));
  EXPECT_EQ(Style(Theme::Dark, 9).scale(), 4) << "the scale ends at 400 %";
}

TEST(Style, ContrastIsTheWcagRatio) {
  EXPECT_NEAR(contrast({0, 0, 0}, {255, 255, 255}), 21.0, 1e-9);
  EXPECT_NEAR(contrast({119, 119, 119}, {255, 255, 255}), 4.48, 0.01);
}

}  // namespace
}  // namespace gv
