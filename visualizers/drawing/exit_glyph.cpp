// SPDX-License-Identifier: MIT
//
// exit_glyph.cpp - shapes from polygons.

#include "visualizers/drawing/exit_glyph.h"

namespace gv {

void draw_glyph(Canvas& canvas, ExitClass exit_class, Point c, float r) {
  const Color color = canvas.color(ink_of(exit_class));
  switch (exit_class) {
    case ExitClass::Trap: {
      const Point wedge[] = {{c.x - r, c.y - r * 0.8F}, {c.x + r, c.y - r * 0.8F}, {c.x, c.y + r}};
      canvas.polygon(wedge, color);
      break;
    }
    case ExitClass::SystemCall: {
      const Point diamond[] = {{c.x, c.y - r}, {c.x + r, c.y}, {c.x, c.y + r}, {c.x - r, c.y}};
      canvas.polygon(diamond, color);
      break;
    }
    case ExitClass::Interrupt: {
      const Point upper[] = {{c.x + r * 0.35F, c.y - r},
                             {c.x + r * 0.15F, c.y + r * 0.2F},
                             {c.x - r * 0.8F, c.y + r * 0.2F}};
      const Point lower[] = {{c.x - r * 0.35F, c.y + r},
                             {c.x - r * 0.15F, c.y - r * 0.2F},
                             {c.x + r * 0.8F, c.y - r * 0.2F}};
      canvas.polygon(upper, color);
      canvas.polygon(lower, color);
      break;
    }
    case ExitClass::Hidden:
      canvas.ring(c, r * 0.8F, color, canvas.style().stroke());
      canvas.circle(c, r * 0.25F, color);
      break;
  }
}

void draw_glyph(Canvas& canvas, SensitiveKind kind, Point c, float r) {
  switch (kind) {
    case SensitiveKind::Innocuous:
      break;
    case SensitiveKind::Privileged:
      canvas.fill({{c.x - r * 0.8F, c.y - r * 0.8F}, {c.x + r * 0.8F, c.y + r * 0.8F}},
                  canvas.color(Ink::Privileged), r * 0.3F);
      break;
    case SensitiveKind::SensitiveUnprivileged: {
      const Point triangle[] = {
          {c.x, c.y - r * 0.9F}, {c.x + r, c.y + r * 0.8F}, {c.x - r, c.y + r * 0.8F}};
      canvas.polyline(triangle, canvas.color(Ink::Unprivileged), canvas.style().stroke(), true);
      break;
    }
  }
}

float draw_exit_legend(Canvas& canvas, Point at) {
  float x = at.x;
  const float middle = at.y + canvas.line_height(FontRole::Small) / 2;
  for (int i = 0; i < kExitClassCount; ++i) {
    const auto exit_class = static_cast<ExitClass>(i);
    const float start = x;
    draw_glyph(canvas, exit_class, {x + canvas.space(1.5F), middle}, canvas.space(1.4F));
    x += canvas.space(4);
    x += canvas.text({x, at.y}, title_of(exit_class), Ink::MutedText, FontRole::Small);
    if (canvas.hovering({{start, at.y}, {x, at.y + canvas.line_height(FontRole::Small)}})) {
      canvas.tooltip(explanation_of(exit_class));
    }
    x += canvas.space(4);
  }
  return x - at.x - canvas.space(4);
}

float exit_legend_width(const Canvas& canvas) {
  float width = 0;
  for (int i = 0; i < kExitClassCount; ++i) {
    width +=
        canvas.space(8) + canvas.width_of(FontRole::Small, title_of(static_cast<ExitClass>(i)));
  }
  return width - canvas.space(4);
}

}  // namespace gv
