// SPDX-License-Identifier: MIT
//
// canvas.h - the pen that panels draw with.
//
// Shapes and texts by meaning (Ink, FontRole), drawn into the current ImGui
// window and, while a picture is exported, into an SVG too. Also the few
// things a drawn picture needs to be used by mouse and keyboard: an invisible
// button with a focus ring, a chip and a tooltip.
//
// Lives for one draw() of one panel. Units: screen pixels. GUI thread only.

#pragma once

#include "visualizers/drawing/svg_recorder.h"
#include "visualizers/panel.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ImDrawList;

namespace gv {

class Canvas {
 public:
  explicit Canvas(PanelContext& context);

  const Style& style() const { return style_; }
  float space(float steps) const { return style_.space(steps); }
  // What is left of the window's content region.
  Box area() const;
  // Tells ImGui that the picture reaches to `box.high`, so that the window can scroll.
  void reserve(Box box);

  Color color(Ink ink) const { return style_.color(ink); }
  void line(Point from, Point to, Color color, float width);
  void dashed_line(Point from, Point to, Color color, float width);
  void polyline(std::span<const Point> points, Color color, float width, bool closed = false);
  void polygon(std::span<const Point> convex, Color fill);
  void fill(Box box, Color color, float corner = 0);
  void outline(Box box, Color color, float width, float corner = 0);
  void dashed_outline(Box box, Color color, float width);
  void circle(Point centre, float radius, Color color);
  void ring(Point centre, float radius, Color color, float width);
  // A line with a filled head at `to`.
  void arrow(Point from, Point to, Color color, float width);
  void hatch(Box box, Color color, float gap);

  float line_height(FontRole role) const;
  float width_of(FontRole role, std::string_view text) const;
  // Draws at the top left corner; returns the width.
  float text(Point at, std::string_view text, Ink ink, FontRole role = FontRole::Body);
  float text_right(Point top_right, std::string_view text, Ink ink, FontRole role = FontRole::Body);
  // In the middle of the box, both ways.
  void text_centred(Box box, std::string_view text, Ink ink, FontRole role = FontRole::Body);
  // Shortened with an ellipsis when wider than `width`; the whole text is in the tooltip of its
  // box.
  float text_fitted(Point at, float width, std::string_view text, Ink ink,
                    FontRole role = FontRole::Body);
  // One monospaced glyph in a cell of `width` by two widths, whatever size the font has.
  void cell_text(Point at, float width, std::string_view glyph, Color color);
  // Broken at spaces; returns the height.
  float paragraph(Point at, float width, std::string_view text, Ink ink,
                  FontRole role = FontRole::Body);
  float paragraph_height(float width, std::string_view text, FontRole role) const;

  void push_clip(Box box);
  void pop_clip();

  // A place that can be pressed by mouse, or by keyboard when it has the focus.
  struct Touch {
    bool pressed = false, hovered = false, focused = false, held = false;
  };
  Touch touch(std::string_view id, Box box, bool ring = true);
  // A rounded toggle with a label, at its top left corner; `next` is moved past it.
  bool chip(std::string_view id, Point at, std::string_view label, bool on, Ink ink, Box* box);
  float chip_width(std::string_view label) const;
  float chip_height() const;
  // Plain text at the mouse, wrapped.
  void tooltip(std::string_view text);
  bool hovering(Box box) const;

 private:
  struct FontUse {
    struct ImFont* font;
    float pixels;
  };
  FontUse font(FontRole role) const;

  PanelContext& context_;
  const Style& style_;
  ImDrawList* list_;
  SvgRecorder* svg_;
};

}  // namespace gv
