// SPDX-License-Identifier: MIT
//
// software_picture.cpp - triangles, one pixel at a time.

#include "software_picture.h"

#include <imgui.h>
#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gv::testing {
namespace {

float area(ImVec2 a, ImVec2 b, ImVec2 c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

}  // namespace

Pixels rasterize(const ImDrawData& data, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  Pixels out;
  out.width = static_cast<int>(data.DisplaySize.x);
  out.height = static_cast<int>(data.DisplaySize.y);
  out.rgb.resize(static_cast<std::size_t>(out.width * out.height) * 3);
  for (std::size_t i = 0; i < out.rgb.size(); i += 3) {
    out.rgb[i] = red;
    out.rgb[i + 1] = green;
    out.rgb[i + 2] = blue;
  }
  unsigned char* texture = nullptr;
  int texture_width = 0, texture_height = 0;
  ImGui::GetIO().Fonts->GetTexDataAsAlpha8(&texture, &texture_width, &texture_height);
  for (int n = 0; n < data.CmdListsCount; ++n) {
    const ImDrawList& list = *data.CmdLists[n];
    for (const ImDrawCmd& command : list.CmdBuffer) {
      const int clip_left = std::max(0, static_cast<int>(command.ClipRect.x)),
                clip_right = std::min(out.width, static_cast<int>(command.ClipRect.z));
      const int clip_top = std::max(0, static_cast<int>(command.ClipRect.y)),
                clip_bottom = std::min(out.height, static_cast<int>(command.ClipRect.w));
      for (unsigned e = 0; e + 2 < command.ElemCount; e += 3) {
        const ImDrawVert* v[3];
        for (unsigned k = 0; k < 3; ++k) {
          const ImDrawIdx index = list.IdxBuffer[static_cast<int>(command.IdxOffset + e + k)];
          v[k] = &list.VtxBuffer[static_cast<int>(command.VtxOffset + index)];
        }
        const float whole = area(v[0]->pos, v[1]->pos, v[2]->pos);
        if (std::abs(whole) < 1e-6F)
          continue;
        const auto [left, right] = std::minmax({v[0]->pos.x, v[1]->pos.x, v[2]->pos.x});
        const auto [top, bottom] = std::minmax({v[0]->pos.y, v[1]->pos.y, v[2]->pos.y});
        for (int y = std::max(clip_top, static_cast<int>(top));
             y < std::min(clip_bottom, static_cast<int>(bottom) + 1); ++y) {
          for (int x = std::max(clip_left, static_cast<int>(left));
               x < std::min(clip_right, static_cast<int>(right) + 1); ++x) {
            const ImVec2 p{static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F};
            const float w0 = area(v[1]->pos, v[2]->pos, p) / whole,
                        w1 = area(v[2]->pos, v[0]->pos, p) / whole, w2 = 1 - w0 - w1;
            // Half-open edges would be exact; overlapping ones show as faint seams only.
            if (w0 < 0 || w1 < 0 || w2 < 0)
              continue;
            const auto channel = [&](int shift) {
              const auto of = [&](const ImDrawVert* q) {
                return static_cast<float>(q->col >> shift & 0xff);
              };
              return w0 * of(v[0]) + w1 * of(v[1]) + w2 * of(v[2]);
            };
            const float u = w0 * v[0]->uv.x + w1 * v[1]->uv.x + w2 * v[2]->uv.x,
                        t = w0 * v[0]->uv.y + w1 * v[1]->uv.y + w2 * v[2]->uv.y;
            const int tx = std::clamp(static_cast<int>(u * static_cast<float>(texture_width)), 0,
                                      texture_width - 1);
            const int ty = std::clamp(static_cast<int>(t * static_cast<float>(texture_height)), 0,
                                      texture_height - 1);
            const float alpha = channel(IM_COL32_A_SHIFT) / 255.0F *
                                static_cast<float>(texture[ty * texture_width + tx]) / 255.0F;
            std::uint8_t* pixel = &out.rgb[static_cast<std::size_t>(y * out.width + x) * 3];
            const float source[] = {channel(IM_COL32_R_SHIFT), channel(IM_COL32_G_SHIFT),
                                    channel(IM_COL32_B_SHIFT)};
            for (int c = 0; c < 3; ++c)
              pixel[c] = static_cast<std::uint8_t>(
                  std::lround(source[c] * alpha + static_cast<float>(pixel[c]) * (1 - alpha)));
          }
        }
      }
    }
  }
  return out;
}

bool write_png(const Pixels& pixels, const std::string& path) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(pixels.width);
  image.height = static_cast<png_uint_32>(pixels.height);
  image.format = PNG_FORMAT_RGB;
  return png_image_write_to_file(&image, path.c_str(), 0, pixels.rgb.data(), 0, nullptr) != 0;
}

}  // namespace gv::testing
