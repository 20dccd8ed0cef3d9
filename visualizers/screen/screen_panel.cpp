// SPDX-License-Identifier: MIT
//
// screen_panel.cpp - draws cells, sends keys.

#include "visualizers/screen/screen_panel.h"

#include "visualizers/drawing/canvas.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace gv {

void ScreenPanel::draw(PanelContext& context) {
  Canvas canvas(context);
  const Box area = canvas.area();
  const VgaTextScreen& screen = context.snapshot.screen;
  const float note = canvas.line_height(FontRole::Small) + canvas.space(1);
  const float bezel = canvas.space(2);

  // Cells of one to two, as large as fit; the whole screen is always visible.
  const float room_x = area.width() - 2 * bezel, room_y = area.height() - note - 2 * bezel;
  const float cell = std::max(
      2.0F, std::min(room_x / VgaTextScreen::kColumns, room_y / (2.0F * VgaTextScreen::kRows)));
  const float width = cell * VgaTextScreen::kColumns, height = 2 * cell * VgaTextScreen::kRows;
  const Point origin{std::floor(area.low.x + (area.width() - width) / 2),
                     std::floor(area.low.y + bezel)};
  const Box glass{origin, {origin.x + width, origin.y + height}};
  const Box frame{{glass.low.x - bezel, glass.low.y - bezel},
                  {glass.high.x + bezel, glass.high.y + bezel}};
  const auto touch = canvas.touch("glass", frame);
  if (touch.pressed)
    typing_ = true;
  else if (ImGui::IsMouseClicked(0) && !touch.hovered)
    typing_ = false;
  canvas.fill(frame, vga_color(0), canvas.style().corner());
  canvas.outline(frame, canvas.color(typing_ ? Ink::Accent : Ink::Border),
                 typing_ ? canvas.style().stroke() : canvas.style().hairline(),
                 canvas.style().corner());

  for (int row = 0; row < VgaTextScreen::kRows; ++row) {
    const float y = glass.low.y + 2 * cell * static_cast<float>(row);
    for (const ScreenRun& run : runs_of_row(screen, row)) {
      const float x = glass.low.x + cell * static_cast<float>(run.column);
      const int ground = run.attribute >> 4 & 7;
      if (ground != 0)
        canvas.fill({{x, y}, {x + cell * static_cast<float>(run.cells), y + 2 * cell}},
                    vga_color(ground));
      for (int i = 0; i < run.cells; ++i) {
        const auto at = static_cast<std::size_t>(row * VgaTextScreen::kColumns + run.column + i);
        const std::string_view glyph = cp437_glyph(screen.cells[at].character);
        if (glyph == " ")
          continue;
        // A full block is drawn as one, so that boxes have no seams.
        const Point place{x + cell * static_cast<float>(i), y};
        if (screen.cells[at].character == 0xdb) {
          canvas.fill({place, {place.x + cell, place.y + 2 * cell}}, vga_color(run.attribute & 15));
        } else {
          canvas.cell_text(place, cell, glyph, vga_color(run.attribute & 15));
        }
      }
    }
  }
  if (screen.cursor_column >= 0 && screen.cursor_column < VgaTextScreen::kColumns &&
      screen.cursor_row >= 0 && screen.cursor_row < VgaTextScreen::kRows) {
    const Point at{glass.low.x + cell * static_cast<float>(screen.cursor_column),
                   glass.low.y + 2 * cell * static_cast<float>(screen.cursor_row)};
    canvas.fill({{at.x, at.y + 1.7F * cell}, {at.x + cell, at.y + 2 * cell}}, vga_color(7));
  }
  const std::string_view say = typing_            ? "keys go to the guest; click elsewhere to stop"
                               : is_blank(screen) ? "the guest has drawn nothing yet"
                                                  : "click to type on the guest's keyboard";
  canvas.text_fitted({std::max(area.low.x, frame.low.x), frame.high.y + canvas.space(1)},
                     std::min(area.width(), frame.width()), say,
                     typing_ ? Ink::Accent : Ink::MutedText, FontRole::Small);
  context.takes_keyboard = context.takes_keyboard || typing_;
  if (typing_ || held_.any())
    send_keys(context);
  canvas.reserve({area.low, {area.high.x, frame.high.y + note}});
}

// Characters are typed: pressed and released at once. The keys below are held as long as the user
// holds them, because games ask whether a key is down.
void ScreenPanel::send_keys(PanelContext& context) {
  struct Key {
    ImGuiKey key;
    std::vector<std::uint8_t> make, release;
  };
  // Arrows are extended keys: 0xe0 first.
  static const std::array<Key, kHeldKeys> kKeys = {
      {{ImGuiKey_Enter, {0x1c}, {0x9c}},
       {ImGuiKey_Backspace, {0x0e}, {0x8e}},
       {ImGuiKey_Escape, {0x01}, {0x81}},
       {ImGuiKey_Space, {0x39}, {0xb9}},
       {ImGuiKey_UpArrow, {0xe0, 0x48}, {0xe0, 0xc8}},
       {ImGuiKey_DownArrow, {0xe0, 0x50}, {0xe0, 0xd0}},
       {ImGuiKey_LeftArrow, {0xe0, 0x4b}, {0xe0, 0xcb}},
       {ImGuiKey_RightArrow, {0xe0, 0x4d}, {0xe0, 0xcd}}}};
  std::vector<std::uint8_t> codes;
  const auto append = [&](const std::vector<std::uint8_t>& more) {
    codes.insert(codes.end(), more.begin(), more.end());
  };
  if (typing_) {
    for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) {
      if (c < 0x7f && c != ' ')
        append(keystrokes_for(static_cast<char>(c)));
    }
  }
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    const auto index = ImGui::GetKeyIndex(kKeys[i].key);  // an int before ImGui 1.87
    // Again and again while it is held, as keyboards do.
    if (typing_ && ImGui::IsKeyPressed(index)) {
      append(kKeys[i].make);
      held_.set(i);
    } else if (held_.test(i) && (!typing_ || !ImGui::IsKeyDown(index))) {
      append(kKeys[i].release);
      held_.reset(i);
    }
  }
  if (!codes.empty())
    context.commands.submit(PressKeys{std::move(codes)});
}

std::vector<std::string> ScreenPanel::as_text(const PanelContext& context) const {
  std::vector<std::string> lines;
  for (int row = 0; row < VgaTextScreen::kRows; ++row)
    lines.push_back(text_of_row(context.snapshot.screen, row));
  while (!lines.empty() && lines.back().empty())
    lines.pop_back();
  return lines;
}

}  // namespace gv
