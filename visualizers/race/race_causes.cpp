// SPDX-License-Identifier: MIT
//
// race_causes.cpp - the panel's table: why each lane was left, how often, and what that cost.

#include "visualizers/meaning/quantity.h"
#include "visualizers/race/race_panel.h"

#include <imgui.h>

#include <algorithm>

namespace gv {

// Its ink is that of the instructions; stripes tell the two apart.
bool is_hatched(RaceCost cost) { return cost == RaceCost::Translator; }

void draw_swatch(Canvas& canvas, Box box, RaceCost cost) {
  const Color color = canvas.color(ink_of(cost));
  if (!is_hatched(cost))
    return canvas.fill(box, color, canvas.space(0.4F));
  canvas.hatch(box, color, canvas.space(0.9F));
  canvas.outline(box, color, canvas.style().hairline());
}

void RacePanel::draw_table(Canvas& canvas, const RaceView& race, const RaceTable& table, Box area) {
  const float small = canvas.line_height(FontRole::Small);
  if (area.height() < 3 * small)
    return;
  const std::size_t lanes = race.lanes.size();
  float names = canvas.width_of(FontRole::Small, "by instruction");
  for (const auto* rows : {&table.causes, &table.instructions}) {
    for (const RaceRow& row : *rows)
      names = std::max(names, canvas.width_of(FontRole::Small, row.name) + canvas.space(5));
  }
  names += canvas.space(3);
  const float column = (area.width() - names) / static_cast<float>(lanes);
  // A lane's name where all of them fit, else the number that it has beside its bar.
  const bool named =
      std::all_of(race.lanes.begin(), race.lanes.end(), [&](const RaceLaneView& lane) {
        return canvas.width_of(FontRole::Small, lane.lane.name) + canvas.space(3) < column;
      });
  const auto right_of = [&](std::size_t lane) {
    return area.low.x + names + column * static_cast<float>(lane + 1);
  };
  const float row_height = small + canvas.space(1.75F);
  const Box list{{area.low.x, area.low.y + small + canvas.space(1)}, area.high};
  canvas.text(area.low, "exits by cause", Ink::MutedText, FontRole::Small);
  for (std::size_t i = 0; i < lanes; ++i) {
    canvas.text_right({right_of(i), area.low.y},
                      named ? race.lanes[i].lane.name : std::to_string(i + 1), Ink::MutedText,
                      FontRole::Small);
  }
  canvas.line({list.low.x, list.low.y}, {list.high.x, list.low.y}, canvas.color(Ink::Border),
              canvas.style().hairline());
  if (table.causes.empty()) {
    canvas.text({list.low.x, list.low.y + canvas.space(1)}, "no lane has taken an exit yet",
                Ink::MutedText, FontRole::Small);
    return;
  }
  const float between = table.instructions.empty() ? 0 : small + canvas.space(2);
  const float total =
      static_cast<float>(table.causes.size() + table.instructions.size()) * row_height + between;
  const auto pane = canvas.touch("table", list, true);
  const float furthest = std::max(0.0F, total - list.height());
  if (pane.hovered && ImGui::GetIO().MouseWheel != 0)
    scroll_ -= 2 * row_height * ImGui::GetIO().MouseWheel;
  if (ImGui::IsWindowFocused()) {
    for (const ImWchar c : ImGui::GetIO().InputQueueCharacters)
      scroll_ += c == 'j' ? row_height : c == 'k' ? -row_height : 0;
  }
  scroll_ = std::clamp(scroll_, 0.0F, furthest);

  canvas.push_clip(list);
  float y = list.low.y + canvas.space(0.5F) - scroll_;
  const auto draw_row = [&](const RaceRow& row) {
    const Box box{{list.low.x, y}, {list.high.x, y + row_height}};
    y += row_height;
    if (box.high.y < list.low.y || box.low.y > list.high.y)
      return;
    if (canvas.hovering(box) && pane.hovered) {
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
      std::string tip = row.name;
      for (std::size_t i = 0; i < lanes; ++i) {
        const RaceCell& cell = row.cells[i];
        if (cell.count > 0) {
          tip += "\n" + race.lanes[i].lane.name + ": " + count_text(cell.count) + ", " +
                 count_text(cell.cycles / cell.count) + (cell.host_time ? " ns" : " cycles") +
                 " each";
        }
      }
      canvas.tooltip(tip);
    }
    const float r = small * 0.22F, middle = box.low.y + small / 2;
    draw_swatch(canvas, {{box.low.x, middle - r}, {box.low.x + 2 * r, middle + r}}, row.cost);
    canvas.text({box.low.x + canvas.space(4), box.low.y}, row.name, Ink::Text, FontRole::Small);
    for (std::size_t i = 0; i < lanes; ++i) {
      const RaceCell& cell = row.cells[i];
      canvas.text_right({right_of(i), box.low.y},
                        cell.count > 0 ? short_count_text(cell.count) : std::string("–"),
                        cell.count > 0 ? Ink::Text : Ink::MutedText, FontRole::Small);
      if (cell.cycles > 0 && !cell.host_time && table.dearest > 0) {
        const float width = std::max((column - canvas.space(3)) * static_cast<float>(cell.cycles) /
                                         static_cast<float>(table.dearest),
                                     canvas.style().hairline());
        canvas.fill({{right_of(i) - width, box.low.y + small},
                     {right_of(i), box.low.y + small + canvas.space(0.6F)}},
                    canvas.color(ink_of(row.cost)));
      }
    }
  };
  for (const RaceRow& row : table.causes)
    draw_row(row);
  if (!table.instructions.empty()) {
    canvas.text({list.low.x, y + canvas.space(1)}, "by instruction", Ink::MutedText,
                FontRole::Small);
    y += between;
    for (const RaceRow& row : table.instructions)
      draw_row(row);
  }
  canvas.pop_clip();
  if (furthest > 0) {
    const float bar = std::max(list.height() * list.height() / total, canvas.space(4));
    const float at = list.low.y + (list.height() - bar) * scroll_ / furthest;
    canvas.fill(
        {{list.high.x + canvas.space(0.5F), at}, {list.high.x + canvas.space(1.25F), at + bar}},
        canvas.style().faded(Ink::MutedText, 0.6F), canvas.space(0.4F));
  }
}

}  // namespace gv
