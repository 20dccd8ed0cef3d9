// SPDX-License-Identifier: MIT
//
// software_picture.h - ImGui's draw data as a PNG, without a graphics card.
//
// For tests that want to see a panel where there is no display. Slow and
// exact enough: one sample per pixel, alpha blending, the font texture.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct ImDrawData;

namespace gv::testing {

struct Pixels {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
};
Pixels rasterize(const ImDrawData& data, std::uint8_t red, std::uint8_t green, std::uint8_t blue);
bool write_png(const Pixels& pixels, const std::string& path);

}  // namespace gv::testing
