// SPDX-License-Identifier: MIT
//
// console_panel.cpp - draws console lines, newest at the bottom.

#include "visualizers/console/console_panel.h"

#include "visualizers/drawing/canvas.h"
#include "visualizers/meaning/quantity.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

namespace gv {

void ConsolePanel::draw(PanelContext& context) {
  if (context.snapshot.generation != seen_generation_ ||
      context.snapshot.console_bytes != lines_.bytes()) {
    std::string text = context.guest.console(0);
    // The live console may have gone on since the snapshot was taken.
    text.resize(std::min<std::size_t>(text.size(), context.snapshot.console_bytes));
    lines_.show(text);
    seen_generation_ = context.snapshot.generation;
  }
  Canvas canvas(context);
  const Box area = canvas.area();
  const float pad = canvas.space(2);
  const float input = canvas.line_height(FontRole::Mono) + canvas.space(4);
  const Box screen{area.low, {area.high.x, area.high.y - input - canvas.space(1)}};
  canvas.fill(screen, canvas.color(Ink::Raised), canvas.style().corner());
  const auto pane = canvas.touch("text", screen);

  const float row = canvas.line_height(FontRole::Mono);
  const float cell = canvas.width_of(FontRole::Mono, "M");
  const auto columns =
      static_cast<std::size_t>(std::max(8.0F, std::floor((screen.width() - 2 * pad) / cell)));
  const auto rows =
      static_cast<std::size_t>(std::max(1.0F, std::floor((screen.height() - 2 * pad) / row)));
  // From the newest line backwards, as many as are visible: the price does not depend on the
  // length.
  const auto& lines = lines_.lines();
  if (pane.hovered && ImGui::GetIO().MouseWheel != 0)
    scroll_back_ += 3 * ImGui::GetIO().MouseWheel;
  scroll_back_ = std::clamp(scroll_back_, 0.0F,
                            static_cast<float>(lines.size() > rows ? lines.size() - rows : 0));
  const auto rows_of = [&](const std::string& line) {
    return line.empty() ? 1 : (line.size() + columns - 1) / columns;
  };
  const std::size_t end = lines.size() - static_cast<std::size_t>(scroll_back_);
  std::size_t first = end, used = 0;
  while (first > 0 && used + rows_of(lines[first - 1]) <= rows)
    used += rows_of(lines[--first]);
  if (first == end && end > 0)
    --first;  // a line longer than the panel

  canvas.push_clip(screen);
  float y = screen.low.y + pad;
  if (lines_.bytes() == 0) {
    canvas.text({screen.low.x + pad, y}, "The guest has written nothing yet.", Ink::MutedText);
  }
  for (std::size_t i = first; i < end; ++i) {
    const std::string& line = lines[i];
    for (std::size_t at = 0; at == 0 || at < line.size(); at += columns) {
      std::string part;
      for (const char c : line.substr(at, columns)) {
        if (c == '\x01')
          part += "·";
        else
          part += c;
      }
      canvas.text({screen.low.x + pad, y}, part, Ink::Text, FontRole::Mono);
      if (i + 1 == lines.size() && at + columns >= line.size()) {
        const float x = screen.low.x + pad + cell * static_cast<float>(line.size() - at);
        canvas.fill({{x, y + row * 0.1F}, {x + cell, y + row * 0.95F}},
                    canvas.style().faded(Ink::Accent, 0.6F));
      }
      y += row;
    }
  }
  canvas.pop_clip();
  if (scroll_back_ >= 1) {
    canvas.text_right({screen.high.x - pad, screen.low.y + pad},
                      count_text(static_cast<std::uint64_t>(scroll_back_)) + " lines below",
                      Ink::Accent, FontRole::Small);
  }

  ImGui::SetCursorScreenPos({area.low.x, area.high.y - input});
  if (context.style.font(FontRole::Mono))
    ImGui::PushFont(context.style.font(FontRole::Mono));
  ImGui::SetNextItemWidth(area.width());
  if (ImGui::InputTextWithHint("##serial", "type to the guest, Enter sends", typed_.data(),
                               typed_.size(), ImGuiInputTextFlags_EnterReturnsTrue)) {
    context.commands.submit(Type{std::string(typed_.data()) + "\n"});
    typed_[0] = '\0';
    ImGui::SetKeyboardFocusHere(-1);
  }
  if (context.style.font(FontRole::Mono))
    ImGui::PopFont();
  canvas.reserve(area);
}

std::vector<std::string> ConsolePanel::as_text(const PanelContext& context) const {
  ConsoleLines lines;
  std::string text = context.guest.console(0);
  text.resize(std::min<std::size_t>(text.size(), context.snapshot.console_bytes));
  lines.show(text);
  return lines.lines();
}

}  // namespace gv
