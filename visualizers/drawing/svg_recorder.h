// SPDX-License-Identifier: MIT
//
// svg_recorder.h - collects a panel's picture as an SVG document.
//
// A Canvas writes each shape here as well as to the screen, so an exported
// picture is the one that was seen. Texts stay text: they can be searched,
// translated and edited in the SVG.
//
// Units: pixels, relative to the origin given to the constructor.
// Threads: plain value.

#pragma once

#include "visualizers/style.h"

#include <span>
#include <string>
#include <string_view>

namespace gv {

struct Point {
  float x = 0, y = 0;
  bool operator==(const Point&) const = default;
};
struct Box {
  Point low, high;
  float width() const { return high.x - low.x; }
  float height() const { return high.y - low.y; }
  bool contains(Point p) const {
    return p.x >= low.x && p.x < high.x && p.y >= low.y && p.y < high.y;
  }
};

class SvgRecorder {
 public:
  SvgRecorder(Point origin, float width, float height, Color ground);

  void line(Point from, Point to, Color color, float width, bool dashed);
  void polyline(std::span<const Point> points, Color color, float width, bool closed);
  void polygon(std::span<const Point> points, Color fill);
  void rectangle(Box box, Color fill, float corner);
  void rectangle_outline(Box box, Color color, float width, float corner);
  void circle(Point centre, float radius, Color fill);
  void circle_outline(Point centre, float radius, Color color, float width);
  // `position` is the top left corner, `pixels` the height of the font.
  void text(Point position, std::string_view text, Color color, FontRole role, float pixels);
  void push_clip(Box box);
  void pop_clip();

  // The whole document, with `title` as its accessible name.
  std::string document(std::string_view title) const;

 private:
  void paint(std::string_view attribute, Color color);

  Point origin_;
  float width_, height_;
  Color ground_;
  std::string body_;
  int clips_ = 0;
  int open_clips_ = 0;
};

}  // namespace gv
