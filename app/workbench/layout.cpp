// SPDX-License-Identifier: MIT
//
// layout.cpp - the geometry of rooms and tiles.

#include "workbench/layout.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gv {
namespace {

// At scale 1. A stage below this shows no picture worth the name.
constexpr float kTopBar = 48, kTimeBar = 92, kSlimTimeBar = 52, kGap = 8, kLeastStage = 420;
constexpr float kLeastLesson = 280, kLeastInspector = 240;

// Below this share of its least size a panel is no longer legible.
constexpr float kLegible = 0.72F;

struct Row {
  std::vector<std::size_t> members;
  float least_height = 0;
};

// How legible the worst-off panel is: the least of size / least size.
float legibility(const std::vector<Area>& areas, const std::vector<LeastSize>& least) {
  float worst = std::numeric_limits<float>::max();
  for (std::size_t i = 0; i < areas.size(); ++i) {
    worst = std::min({worst, areas[i].width / std::max(1.0F, least[i].width),
                      areas[i].height / std::max(1.0F, least[i].height)});
  }
  return worst;
}

std::vector<Area> place_rows(const Area& area, const std::vector<Row>& rows,
                             const std::vector<LeastSize>& least, std::size_t focus, float gap) {
  std::vector<Area> out(least.size());
  float total = 0;
  for (const Row& row : rows)
    total += row.least_height;
  const float room = area.height - gap * static_cast<float>(rows.size() - 1);
  float y = area.y;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Row& row = rows[r];
    const bool last = r + 1 == rows.size();
    const float height = last ? area.bottom() - y : std::floor(room * row.least_height / total);
    float widths = 0;
    for (const std::size_t i : row.members)
      widths += least[i].width * (i == focus ? 1.2F : 1.0F);
    const float across = area.width - gap * static_cast<float>(row.members.size() - 1);
    float x = area.x;
    for (std::size_t m = 0; m < row.members.size(); ++m) {
      const std::size_t i = row.members[m];
      const float share = least[i].width * (i == focus ? 1.2F : 1.0F) / widths;
      const float width =
          m + 1 == row.members.size() ? area.right() - x : std::floor(across * share);
      out[i] = {x, y, width, height};
      x += width + gap;
    }
    y += height + gap;
  }
  return out;
}

}  // namespace

Rooms lay_out_rooms(float width, float height, const LayoutWishes& w) {
  Rooms rooms;
  const float s = w.scale, gap = std::round(kGap * s);
  const bool low = height < 420 * s;
  const float bar = std::round((low ? 40.0F : kTopBar) * s);
  const float time = std::round((low ? kSlimTimeBar : kTimeBar) * s);
  rooms.top_bar = {0, 0, width, std::min(bar, height)};
  const float time_height = std::min(time, std::max(0.0F, height - bar));
  rooms.time_bar = {0, height - time_height, width, time_height};
  const Area body = {gap, bar, width - 2 * gap, std::max(0.0F, height - bar - time_height)};

  float lesson = 0, inspector = 0;
  if (w.has_lesson) {
    const float most = width * (w.presenting ? 0.42F : 0.34F);
    const float wish = w.lesson_width * s * (w.presenting ? 1.15F : 1.0F);
    lesson = std::round(std::max(std::min(wish, most), kLeastLesson * s));
  }
  if (!w.presenting) {
    inspector =
        std::round(std::max(std::min(w.inspector_width * s, width * 0.26F), kLeastInspector * s));
  }
  const auto left_for_stage = [&] {
    return body.width - (lesson > 0 ? lesson + gap : 0) - (inspector > 0 ? inspector + gap : 0);
  };
  if (left_for_stage() < kLeastStage * s)
    inspector = 0;
  if (left_for_stage() < kLeastStage * s * 0.8F && lesson > 0) {
    rooms.one_room = true;
    const Room only = w.has_lesson || w.only != Room::Lesson ? w.only : Room::Stage;
    (only == Room::Lesson  ? rooms.lesson
     : only == Room::Stage ? rooms.stage
                           : rooms.inspector) = body;
    return rooms;
  }
  float x = body.x;
  if (lesson > 0) {
    rooms.lesson = {x, body.y, lesson, body.height};
    x += lesson + gap;
    rooms.lesson_splitter = x - gap * 0.5F;
  }
  const float stage = left_for_stage();
  rooms.stage = {x, body.y, std::max(0.0F, stage), body.height};
  x += stage + gap;
  if (inspector > 0) {
    rooms.inspector = {x, body.y, inspector, body.height};
    rooms.inspector_splitter = x - gap * 0.5F;
  }
  return rooms;
}

std::vector<Area> tile(const Area& area, const std::vector<LeastSize>& least, std::size_t focus,
                       float gap) {
  if (least.empty())
    return {};
  if (least.size() == 1)
    return {area};
  focus = std::min(focus, least.size() - 1);

  // The focus first, the others in their order.
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < least.size(); ++i) {
    if (i != focus)
      others.push_back(i);
  }
  const auto row_of = [&](std::vector<std::size_t> members, float weight) {
    Row row;
    for (const std::size_t i : members)
      row.least_height = std::max(row.least_height, least[i].height * weight);
    row.members = std::move(members);
    return row;
  };

  std::vector<Area> best;
  float best_score = 0;
  const auto consider = [&](std::vector<Area> areas, float taste) {
    const float score = legibility(areas, least) * taste;
    if (score > best_score) {
      best_score = score;
      best = std::move(areas);
    }
  };

  // The focus across the top, the others below it, `per_row` side by side.
  for (std::size_t per_row = 1; per_row <= others.size(); ++per_row) {
    std::vector<Row> rows = {row_of({focus}, 1.15F)};
    for (std::size_t i = 0; i < others.size(); i += per_row) {
      const auto end = std::min(others.size(), i + per_row);
      rows.push_back(row_of({others.begin() + static_cast<std::ptrdiff_t>(i),
                             others.begin() + static_cast<std::ptrdiff_t>(end)},
                            1.0F));
    }
    consider(place_rows(area, rows, least, focus, gap), 1.1F);
  }
  // The focus as a column on the left, the others stacked on the right.
  {
    float widest = 0;
    for (const std::size_t i : others)
      widest = std::max(widest, least[i].width);
    const float left = std::floor((area.width - gap) * least[focus].width * 1.15F /
                                  (least[focus].width * 1.15F + widest));
    const Area right = {area.x + left + gap, area.y, area.width - left - gap, area.height};
    std::vector<Row> rows;
    for (const std::size_t i : others)
      rows.push_back(row_of({i}, 1.0F));
    std::vector<Area> areas = place_rows(right, rows, least, focus, gap);
    areas[focus] = {area.x, area.y, left, area.height};
    consider(std::move(areas), 1.0F);
  }
  // A grid, for many.
  for (std::size_t per_row = 2; per_row <= 3 && least.size() > 3; ++per_row) {
    std::vector<std::size_t> order = {focus};
    order.insert(order.end(), others.begin(), others.end());
    std::vector<Row> rows;
    for (std::size_t i = 0; i < order.size(); i += per_row) {
      const auto end = std::min(order.size(), i + per_row);
      rows.push_back(row_of({order.begin() + static_cast<std::ptrdiff_t>(i),
                             order.begin() + static_cast<std::ptrdiff_t>(end)},
                            1.0F));
    }
    consider(place_rows(area, rows, least, focus, gap), 1.0F);
  }
  if (best_score < kLegible)
    return {};
  return best;
}

}  // namespace gv
