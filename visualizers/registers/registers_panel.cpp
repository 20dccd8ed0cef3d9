// SPDX-License-Identifier: MIT
//
// registers_panel.cpp - draws a register view.

#include "visualizers/registers/registers_panel.h"

#include <algorithm>

namespace gv {
namespace {

// A changed value is amber and has a dot before it.
void draw_change_dot(Canvas& canvas, Point at, FontRole role) {
  canvas.circle({at.x, at.y + canvas.line_height(role) / 2}, canvas.space(0.8F),
                canvas.color(Ink::Changed));
}

float heading(Canvas& canvas, Point at, std::string_view text) {
  canvas.text(at, text, Ink::MutedText, FontRole::Small);
  return canvas.line_height(FontRole::Small) + canvas.space(1);
}

}  // namespace

void RegistersPanel::draw(PanelContext& context) {
  Canvas canvas(context);
  const Box area = canvas.area();
  const RegisterView view = make_register_view(context.snapshot);
  const bool bare = context.snapshot.technique == TechniqueKind::BareMetal;
  const std::string_view part = context.highlighted_part;
  const float gap = canvas.space(3);
  float y = area.low.y;
  y += draw_believed(canvas, {{area.low.x, y}, area.high}, view, bare) + gap;
  y += heading(canvas, {area.low.x, y}, "General");
  y += draw_rows(canvas, {{area.low.x, y}, area.high}, view.general, 2, part) + canvas.space(1);
  y +=
      draw_flags(canvas, {{area.low.x, y}, area.high}, view, part == "eflags" || part == "rflags") +
      gap;
  y += heading(canvas, {area.low.x, y}, "Control");
  y += draw_rows(canvas, {{area.low.x, y}, area.high}, view.control, 1, part) + gap;
  y += heading(canvas, {area.low.x, y}, "Segments");
  y += draw_rows(canvas, {{area.low.x, y}, area.high}, view.segments, 4, part);
  canvas.reserve({area.low, {area.high.x, y}});
}

float RegistersPanel::draw_believed(Canvas& canvas, Box area, const RegisterView& view, bool bare) {
  const float line = canvas.line_height(FontRole::Mono) + canvas.space(1);
  const float small = canvas.line_height(FontRole::Small);
  const float pad = canvas.space(2);
  const std::string_view left_title = "guest believes",
                         right_title = bare ? "CPU: the same" : "CPU holds";
  const float name_width = canvas.width_of(FontRole::Small, "GDTR") + canvas.space(4);
  float longest = canvas.width_of(FontRole::Small, left_title);
  for (const BelievedRow& row : view.believed) {
    longest = std::max({longest, canvas.width_of(FontRole::Mono, row.believed),
                        canvas.width_of(FontRole::MonoStrong, row.real)});
  }
  const float sign = canvas.width_of(FontRole::MonoStrong, "≠") + canvas.space(3);
  // Side by side when both values fit, else the CPU's value under the guest's.
  const bool beside = name_width + 2 * longest + sign + 2 * pad <= area.width();
  const float column =
      beside ? std::max((area.width() - 2 * pad - name_width) / 2, longest + sign) : 0;
  const float row_height = beside ? line : 2 * line - canvas.space(1);
  const float titles = (beside ? 1.0F : 2.0F) * small + canvas.space(1.5F);
  const float height = titles + static_cast<float>(view.believed.size()) * row_height + 2 * pad;
  const Box card{area.low, {area.high.x, area.low.y + height}};
  canvas.fill(card, canvas.color(Ink::Raised), canvas.style().corner());
  const float left = card.low.x + pad, first = left + name_width;
  const float second = beside ? first + column : first + sign;
  float y = card.low.y + pad;
  canvas.text({first, y}, left_title, Ink::GuestKernel, FontRole::Small);
  canvas.text({second, beside ? y : y + small}, right_title, Ink::Hardware, FontRole::Small);
  y += titles;
  for (const BelievedRow& row : view.believed) {
    const Box box{{card.low.x, y}, {card.high.x, y + row_height}};
    if (canvas.hovering(box)) {
      canvas.fill(box, canvas.color(Ink::Hovered));
      canvas.tooltip(row.why);
    }
    const float text_y = y + canvas.space(0.5F);
    canvas.text({left, text_y + (canvas.line_height(FontRole::Mono) - small) / 2}, row.name,
                Ink::MutedText, FontRole::Small);
    canvas.text({first, text_y}, row.believed, Ink::Text, FontRole::Mono);
    const float real_y = beside ? text_y : text_y + line - canvas.space(1);
    const Point mark{second - canvas.space(1.5F), real_y};
    canvas.text_right(mark, row.differs ? "≠" : "=", row.differs ? Ink::Hypervisor : Ink::MutedText,
                      row.differs ? FontRole::MonoStrong : FontRole::Mono);
    canvas.text({second, real_y}, row.real, row.differs ? Ink::Hypervisor : Ink::MutedText,
                row.differs ? FontRole::MonoStrong : FontRole::Mono);
    y += row_height;
  }
  return height;
}

float RegistersPanel::draw_flags(Canvas& canvas, Box area, const RegisterView& view,
                                 bool highlighted) {
  const float height = canvas.line_height(FontRole::Small) + canvas.space(1.5F);
  const float gap = canvas.space(1);
  const float cell = canvas.width_of(FontRole::Small, "NT") + canvas.space(3);
  float x = area.low.x, y = area.low.y;
  const auto place = [&](float width) {
    if (x + width > area.high.x && x > area.low.x) {
      x = area.low.x;
      y += height + gap;
    }
    const Box box{{x, y}, {x + width, y + height}};
    x += width + gap;
    return box;
  };
  // Set is filled, clear is an outline: readable without colour.
  for (const FlagCell& flag : view.flags) {
    const Box box = place(cell);
    const Ink ink = flag.changed ? Ink::Changed : Ink::Hardware;
    if (flag.set)
      canvas.fill(box, canvas.style().tint(ink), canvas.style().corner() / 2);
    canvas.outline(box, canvas.color(flag.set ? ink : Ink::Border),
                   flag.set ? canvas.style().hairline() * 1.5F : canvas.style().hairline(),
                   canvas.style().corner() / 2);
    canvas.text_centred(box, flag.name, flag.set ? Ink::Text : Ink::MutedText, FontRole::Small);
    if (flag.changed)
      canvas.circle({box.high.x, box.low.y}, canvas.space(0.9F), canvas.color(Ink::Changed));
    if (canvas.hovering(box)) {
      canvas.tooltip(std::string(flag.name) + ": " + std::string(flag.meaning) +
                     (flag.set ? ", set" : ", clear") +
                     (flag.changed ? ", changed since the last stop" : ""));
    }
  }
  const std::string iopl = "IOPL " + std::to_string(view.iopl);
  const Box box = place(canvas.width_of(FontRole::Small, iopl) + canvas.space(3));
  canvas.outline(box, canvas.color(Ink::Border), canvas.style().hairline(),
                 canvas.style().corner() / 2);
  canvas.text_centred(box, iopl, Ink::MutedText, FontRole::Small);
  const float used = y + height - area.low.y;
  if (highlighted) {
    canvas.outline({{area.low.x - gap, area.low.y - gap}, {area.high.x, area.low.y + used + gap}},
                   canvas.color(Ink::Accent), canvas.style().stroke(), canvas.style().corner());
  }
  return used;
}

float RegistersPanel::draw_rows(Canvas& canvas, Box area, const std::vector<RegisterRow>& rows,
                                int columns, std::string_view highlighted) {
  const float line = canvas.line_height(FontRole::Mono) + canvas.space(0.5F);
  float name_width = 0, value_width = 0;
  for (const RegisterRow& row : rows) {
    name_width = std::max(name_width, canvas.width_of(FontRole::Mono, row.name));
    value_width = std::max(value_width, canvas.width_of(FontRole::Mono, row.value));
  }
  name_width += canvas.space(4);
  // As many columns as fit, at most `columns`.
  while (columns > 1 &&
         static_cast<float>(columns) * (name_width + value_width + canvas.space(5)) > area.width())
    --columns;
  const float column = area.width() / static_cast<float>(columns);
  const int per_column = (static_cast<int>(rows.size()) + columns - 1) / columns;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RegisterRow& row = rows[i];
    const int at = static_cast<int>(i);
    const float x = area.low.x + static_cast<float>(at / per_column) * column + canvas.space(2);
    const float y = area.low.y + static_cast<float>(at % per_column) * line;
    const Box box{{x - canvas.space(2), y}, {x - canvas.space(2) + column, y + line}};
    if (canvas.hovering(box) && row.changed)
      canvas.tooltip(row.name + " was " + row.before + " at the last stop.");
    if (row.changed)
      draw_change_dot(canvas, {x - canvas.space(1.2F), y}, FontRole::Mono);
    canvas.text({x, y}, row.name, Ink::MutedText, FontRole::Mono);
    canvas.text({x + name_width, y}, row.value, row.changed ? Ink::Changed : Ink::Text,
                row.changed ? FontRole::MonoStrong : FontRole::Mono);
    if (!row.meaning.empty()) {
      const float after = x + name_width + value_width + canvas.space(3);
      const float small_y =
          y + (canvas.line_height(FontRole::Mono) - canvas.line_height(FontRole::Small)) / 2;
      canvas.text_fitted({after, small_y}, box.high.x - after, row.meaning, Ink::MutedText,
                         FontRole::Small);
    }
    if (row.name == highlighted)
      canvas.outline(box, canvas.color(Ink::Accent), canvas.style().stroke(),
                     canvas.style().corner());
  }
  return static_cast<float>(per_column) * line;
}

std::vector<std::string> RegistersPanel::as_text(const PanelContext& context) const {
  const RegisterView view = make_register_view(context.snapshot);
  std::vector<std::string> lines;
  for (const BelievedRow& row : view.believed) {
    if (row.differs)
      lines.push_back(row.name + ": the guest believes " + row.believed + ", the CPU holds " +
                      row.real);
  }
  for (const auto* rows : {&view.general, &view.control, &view.segments}) {
    for (const RegisterRow& row : *rows) {
      lines.push_back(row.name + " " + row.value +
                      (row.changed ? " (was " + row.before + ")" : ""));
    }
  }
  std::string flags = "flags:";
  for (const FlagCell& flag : view.flags) {
    if (flag.set)
      flags += " " + std::string(flag.name);
  }
  lines.push_back(flags);
  return lines;
}

}  // namespace gv
