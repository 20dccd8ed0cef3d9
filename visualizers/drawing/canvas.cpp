// SPDX-License-Identifier: MIT
//
// canvas.cpp - shapes into an ImDrawList, and into an SVG when one is asked for.

#include "visualizers/drawing/canvas.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace gv {
namespace {

ImU32 packed(Color c) { return IM_COL32(c.red, c.green, c.blue, c.alpha); }
ImVec2 vec(Point p) { return {p.x, p.y}; }

// ImGui draws outlines on pixel centres; snapping keeps hairlines sharp.
Point snapped(Point p) { return {std::floor(p.x) + 0.5F, std::floor(p.y) + 0.5F}; }

}  // namespace

Canvas::Canvas(PanelContext& context)
    : context_(context),
      style_(context.style),
      list_(ImGui::GetWindowDrawList()),
      svg_(context.svg) {}

Box Canvas::area() const {
  const ImVec2 at = ImGui::GetCursorScreenPos(), size = ImGui::GetContentRegionAvail();
  return {{std::floor(at.x), std::floor(at.y)},
          {std::floor(at.x + std::max(size.x, 1.0F)), std::floor(at.y + std::max(size.y, 1.0F))}};
}

void Canvas::reserve(Box box) {
  ImGui::SetCursorScreenPos(vec(box.low));
  ImGui::Dummy({std::max(box.width(), 1.0F), std::max(box.height(), 1.0F)});
}

void Canvas::line(Point from, Point to, Color color, float width) {
  list_->AddLine(vec(from), vec(to), packed(color), width);
  if (svg_)
    svg_->line(from, to, color, width, false);
}

void Canvas::dashed_line(Point from, Point to, Color color, float width) {
  const float dx = to.x - from.x, dy = to.y - from.y, length = std::hypot(dx, dy);
  const float dash = std::max(space(1.5F), 1.0F);
  for (float at = 0; at < length; at += 2 * dash) {
    const float end = std::min(at + dash, length);
    list_->AddLine({from.x + dx * at / length, from.y + dy * at / length},
                   {from.x + dx * end / length, from.y + dy * end / length}, packed(color), width);
  }
  if (svg_)
    svg_->line(from, to, color, width, true);
}

void Canvas::polyline(std::span<const Point> points, Color color, float width, bool closed) {
  for (const Point p : points)
    list_->PathLineTo(vec(p));
  list_->PathStroke(packed(color), closed ? ImDrawFlags_Closed : ImDrawFlags_None, width);
  if (svg_)
    svg_->polyline(points, color, width, closed);
}

void Canvas::polygon(std::span<const Point> convex, Color fill) {
  for (const Point p : convex)
    list_->PathLineTo(vec(p));
  list_->PathFillConvex(packed(fill));
  if (svg_)
    svg_->polygon(convex, fill);
}

void Canvas::fill(Box box, Color color, float corner) {
  list_->AddRectFilled(vec(box.low), vec(box.high), packed(color), corner);
  if (svg_)
    svg_->rectangle(box, color, corner);
}

void Canvas::outline(Box box, Color color, float width, float corner) {
  list_->AddRect(vec(box.low), vec(box.high), packed(color), corner, ImDrawFlags_None, width);
  if (svg_)
    svg_->rectangle_outline(box, color, width, corner);
}

void Canvas::dashed_outline(Box box, Color color, float width) {
  const Point low = snapped(box.low), high = snapped(box.high);
  dashed_line(low, {high.x, low.y}, color, width);
  dashed_line({high.x, low.y}, high, color, width);
  dashed_line(high, {low.x, high.y}, color, width);
  dashed_line({low.x, high.y}, low, color, width);
}

void Canvas::circle(Point centre, float radius, Color color) {
  list_->AddCircleFilled(vec(centre), radius, packed(color));
  if (svg_)
    svg_->circle(centre, radius, color);
}

void Canvas::ring(Point centre, float radius, Color color, float width) {
  list_->AddCircle(vec(centre), radius, packed(color), 0, width);
  if (svg_)
    svg_->circle_outline(centre, radius, color, width);
}

void Canvas::arrow(Point from, Point to, Color color, float width) {
  const float dx = to.x - from.x, dy = to.y - from.y, length = std::hypot(dx, dy);
  if (length < 0.5F)
    return;
  const float head =
      std::min(std::max(std::min(width * 4.5F, width * 1.5F + space(2.5F)), space(2)), length);
  const float ux = dx / length, uy = dy / length, half = std::max(head * 0.5F, width);
  const Point neck{to.x - ux * head, to.y - uy * head};
  line(from, neck, color, width);
  const Point corners[] = {
      to, {neck.x - uy * half, neck.y + ux * half}, {neck.x + uy * half, neck.y - ux * half}};
  polygon(corners, color);
}

void Canvas::hatch(Box box, Color color, float gap) {
  push_clip(box);
  for (float x = box.low.x - box.height(); x < box.high.x; x += gap) {
    line({x, box.high.y}, {x + box.height(), box.low.y}, color, style_.hairline());
  }
  pop_clip();
}

Canvas::FontUse Canvas::font(FontRole role) const {
  if (ImFont* own = style_.font(role))
    return {own, own->FontSize};
  return {ImGui::GetFont(), Style::font_pixels(role, style_.scale())};
}

float Canvas::line_height(FontRole role) const { return std::ceil(font(role).pixels * 1.25F); }

float Canvas::width_of(FontRole role, std::string_view text) const {
  const FontUse use = font(role);
  return use.font->CalcTextSizeA(use.pixels, 1e9F, 0, text.data(), text.data() + text.size()).x;
}

float Canvas::text(Point at, std::string_view text, Ink ink, FontRole role) {
  if (text.empty())
    return 0;
  const FontUse use = font(role);
  const Color c = style_.color(ink);
  // The glyphs stand in the middle of a line of 1.25 font heights.
  const Point top{std::floor(at.x), std::floor(at.y + use.pixels * 0.125F)};
  list_->AddText(use.font, use.pixels, vec(top), packed(c), text.data(), text.data() + text.size());
  if (svg_)
    svg_->text(top, text, c, role, use.pixels);
  const float width = width_of(role, text);
  if (context_.audit) {
    const ImVec2 low = list_->GetClipRectMin(), high = list_->GetClipRectMax();
    // Rows scrolled out above or below are not cut; a text that crosses a side is.
    if (at.y < high.y && at.y + use.pixels > low.y &&
        (at.x + width > high.x + 1.5F || at.x < low.x - 1.5F)) {
      context_.audit->cut.emplace_back(text);
    }
  }
  return width;
}

float Canvas::text_right(Point top_right, std::string_view value, Ink ink, FontRole role) {
  const float width = width_of(role, value);
  text({top_right.x - width, top_right.y}, value, ink, role);
  return width;
}

void Canvas::text_centred(Box box, std::string_view value, Ink ink, FontRole role) {
  text({box.low.x + (box.width() - width_of(role, value)) / 2,
        box.low.y + (box.height() - line_height(role)) / 2},
       value, ink, role);
}

float Canvas::text_fitted(Point at, float width, std::string_view value, Ink ink, FontRole role) {
  if (width_of(role, value) <= width)
    return text(at, value, ink, role);
  if (context_.audit)
    context_.audit->cut.emplace_back(value);
  static constexpr std::string_view kEllipsis = "…";
  const float room = width - width_of(role, kEllipsis);
  std::size_t keep = value.size();
  while (keep > 0 && width_of(role, value.substr(0, keep)) > room) {
    do {
      --keep;  // never inside a UTF-8 character
    } while (keep > 0 && (static_cast<unsigned char>(value[keep]) & 0xc0) == 0x80);
  }
  TextAudit* audit = std::exchange(context_.audit, nullptr);
  const float drawn =
      text(at, std::string(value.substr(0, keep)) + std::string(kEllipsis), ink, role);
  context_.audit = audit;
  if (hovering({at, {at.x + width, at.y + line_height(role)}}))
    tooltip(value);
  return drawn;
}

void Canvas::cell_text(Point at, float width, std::string_view glyph, Color color) {
  const FontUse use = font(FontRole::Mono);
  const float advance = width_of(FontRole::Mono, "M");
  const float pixels = use.pixels * width / std::max(advance, 1.0F);
  const Point top{at.x, at.y + (2 * width - pixels) / 2};
  list_->AddText(use.font, pixels, vec(top), packed(color), glyph.data(),
                 glyph.data() + glyph.size());
  if (svg_)
    svg_->text(top, glyph, color, FontRole::Mono, pixels);
}

float Canvas::paragraph(Point at, float width, std::string_view value, Ink ink, FontRole role) {
  const FontUse use = font(role);
  const float step = line_height(role);
  float height = 0;
  const char* from = value.data();
  const char* const end = value.data() + value.size();
  while (from < end) {
    const char* stop = use.font->CalcWordWrapPositionA(use.pixels / use.font->FontSize, from, end,
                                                       std::max(width, use.pixels * 2));
    if (stop == from)
      ++stop;
    text({at.x, at.y + height}, std::string_view(from, static_cast<std::size_t>(stop - from)), ink,
         role);
    height += step;
    from = stop;
    while (from < end && (*from == ' ' || *from == '\n'))
      ++from;
  }
  return height;
}

float Canvas::paragraph_height(float width, std::string_view value, FontRole role) const {
  const FontUse use = font(role);
  int lines = 0;
  const char* from = value.data();
  const char* const end = value.data() + value.size();
  while (from < end) {
    const char* stop = use.font->CalcWordWrapPositionA(use.pixels / use.font->FontSize, from, end,
                                                       std::max(width, use.pixels * 2));
    if (stop == from)
      ++stop;
    ++lines;
    from = stop;
    while (from < end && (*from == ' ' || *from == '\n'))
      ++from;
  }
  return static_cast<float>(lines) * line_height(role);
}

void Canvas::push_clip(Box box) {
  list_->PushClipRect(vec(box.low), vec(box.high), true);
  if (svg_)
    svg_->push_clip(box);
}

void Canvas::pop_clip() {
  list_->PopClipRect();
  if (svg_)
    svg_->pop_clip();
}

Canvas::Touch Canvas::touch(std::string_view id, Box box, bool ring) {
  const ImVec2 cursor = ImGui::GetCursorScreenPos();
  ImGui::PushID(id.data(), id.data() + id.size());
  ImGui::SetCursorScreenPos(vec(box.low));
  Touch out;
  out.pressed = ImGui::InvisibleButton("##touch",
                                       {std::max(box.width(), 1.0F), std::max(box.height(), 1.0F)});
  out.hovered = ImGui::IsItemHovered();
  out.focused = ImGui::IsItemFocused();
  out.held = ImGui::IsItemActive();
  if (ring && out.focused && ImGui::GetIO().NavVisible) {
    list_->AddRect(vec(box.low), vec(box.high), packed(style_.color(Ink::Accent)),
                   style_.corner() / 2, ImDrawFlags_None, style_.stroke());
  }
  ImGui::PopID();
  ImGui::SetCursorScreenPos(cursor);
  return out;
}

float Canvas::chip_width(std::string_view label) const {
  return width_of(FontRole::Small, label) + space(9);
}

float Canvas::chip_height() const { return line_height(FontRole::Small) + space(1.5F); }

bool Canvas::chip(std::string_view id, Point at, std::string_view label, bool on, Ink ink,
                  Box* out) {
  const Box box{at, {at.x + chip_width(label), at.y + chip_height()}};
  const float corner = box.height() / 2;
  const Touch t = touch(id, box);
  fill(box, on ? style_.tint(ink) : color(t.hovered ? Ink::Hovered : Ink::Raised), corner);
  outline(box, on ? color(ink) : color(Ink::Border), style_.hairline(), corner);
  // On is a filled dot, off an open one: the state does not hang on the colour.
  const Point dot{box.low.x + space(3), (box.low.y + box.high.y) / 2};
  if (on) {
    circle(dot, space(1), color(ink));
  } else {
    ring(dot, space(1), color(Ink::MutedText), style_.hairline());
  }
  text({box.low.x + space(5.5F), box.low.y + space(0.75F)}, label, on ? Ink::Text : Ink::MutedText,
       FontRole::Small);
  if (out)
    *out = box;
  return t.pressed;
}

void Canvas::tooltip(std::string_view value) {
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(space(90));
  ImGui::TextUnformatted(value.data(), value.data() + value.size());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

bool Canvas::hovering(Box box) const {
  return ImGui::IsWindowHovered(ImGuiHoveredFlags_ChildWindows) &&
         ImGui::IsMouseHoveringRect(vec(box.low), vec(box.high));
}

}  // namespace gv
