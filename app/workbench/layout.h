// SPDX-License-Identifier: MIT
//
// layout.h - where the rooms of the window are, and how panels share the stage.
//
// Pure geometry, so that every window size and scale can be checked without a
// window: rooms never overlap, never leave the window and never get a negative
// size. Small windows lose the inspector first, then show one room at a time.
//
// Units: framebuffer pixels. Plain values.

#pragma once

#include <cstddef>
#include <vector>

namespace gv {

struct Area {
  float x = 0, y = 0, width = 0, height = 0;
  float right() const { return x + width; }
  float bottom() const { return y + height; }
  bool empty() const { return width <= 0 || height <= 0; }
  Area inset(float by) const { return {x + by, y + by, width - 2 * by, height - 2 * by}; }
};

enum class Room : unsigned char { Lesson, Stage, Inspector };

struct LayoutWishes {
  float scale = 1;
  float lesson_width = 400, inspector_width = 340;  // at scale 1
  bool has_lesson = true;
  bool presenting = false;  // no inspector, a wider lesson
  Room only = Room::Stage;  // which room is shown where there is space for one
};

struct Rooms {
  Area top_bar, lesson, stage, inspector, time_bar;
  bool one_room = false;  // the window is too small for more: tabs switch
  float lesson_splitter = 0, inspector_splitter = 0;  // x of the gap's middle; 0: none
};

Rooms lay_out_rooms(float width, float height, const LayoutWishes& wishes);

struct LeastSize {
  float width = 0, height = 0;
};
// Shares `area` among panels of these least sizes; the one at `focus` gets the most. Empty when
// they cannot all be shown legibly: then one is shown at a time, behind tabs.
std::vector<Area> tile(const Area& area, const std::vector<LeastSize>& least, std::size_t focus,
                       float gap);

}  // namespace gv
