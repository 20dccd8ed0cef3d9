// SPDX-License-Identifier: MIT
//
// vmcs_panel.cpp - controls on top, exits left, the structure's areas right.

#include "visualizers/vmcs/vmcs_panel.h"

#include "visualizers/meaning/quantity.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::size_t kLastExits = 5;

float heading(Canvas& canvas, Box area, std::string_view text, std::string_view right = {}) {
  const float small = canvas.line_height(FontRole::Small);
  canvas.text(area.low, text, Ink::MutedText, FontRole::Small);
  if (!right.empty())
    canvas.text_right({area.high.x, area.low.y}, right, Ink::MutedText, FontRole::Small);
  const float y = area.low.y + small + canvas.space(0.5F);
  canvas.line({area.low.x, y}, {area.high.x, y}, canvas.color(Ink::Border),
              canvas.style().hairline());
  return small + canvas.space(1.5F);
}

// A lesson points here.
void frame(Canvas& canvas, Box box, std::string_view parts, std::string_view part) {
  if (parts.find(part) == std::string_view::npos)
    return;
  const float gap = canvas.space(1);
  canvas.outline({{box.low.x - gap, box.low.y - gap}, {box.high.x + gap, box.high.y + gap}},
                 canvas.color(Ink::Accent), canvas.style().stroke(), canvas.style().corner());
}

std::string number_text(int number) { return number < 0 ? "–" : std::to_string(number); }

}  // namespace

void VmcsPanel::draw(PanelContext& context) {
  Canvas canvas(context);
  // Room at the sides for the frame that a lesson draws around a part.
  Box area = canvas.area();
  area = {{area.low.x + canvas.space(1.5F), area.low.y},
          {area.high.x - canvas.space(1.5F), area.high.y}};
  const VmcsView view = make_vmcs_view(context.snapshot, context.events, kLastExits);
  if (!view.why_nothing.empty()) {
    canvas.paragraph(area.low, area.width(), view.why_nothing, Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  const std::string_view part = context.highlighted_part;
  const float gap = canvas.space(3);
  float y = area.low.y;
  canvas.text({area.low.x, y}, view.headline, Ink::Text, FontRole::Strong);
  y += canvas.line_height(FontRole::Strong) + canvas.space(2);
  const float controls = draw_controls(canvas, {{area.low.x, y}, area.high}, context, view);
  frame(canvas, {{area.low.x, y}, {area.high.x, y + controls}}, part, "controls");
  y += controls + gap;

  // Two columns: what was counted left, the areas of the last exit right.
  const float column_gap = canvas.space(5);
  const float right_width = std::clamp(area.width() * 0.42F, canvas.space(48), canvas.space(80));
  const float left_high = area.high.x - right_width - column_gap;
  const float right_low = area.high.x - right_width;
  float left = y, right = y;
  const auto in_column = [&](float& at, float low, float high, std::string_view name,
                             const auto& draw_part) {
    const float height = draw_part(Box{{low, at}, {high, area.high.y}});
    frame(canvas, {{low, at}, {high, at + height}}, part, name);
    at += height + gap;
  };
  in_column(left, area.low.x, left_high, "reasons",
            [&](Box box) { return draw_reasons(canvas, box, view); });
  in_column(right, right_low, area.high.x, "exit-information", [&](Box box) {
    const float head = heading(canvas, box, "Exit information");
    return head +
           draw_rows(canvas, {{box.low.x, box.low.y + head}, box.high}, view.exit_information, 1);
  });
  in_column(left, area.low.x, left_high, "last-exits",
            [&](Box box) { return draw_last(canvas, box, context, view); });
  in_column(right, right_low, area.high.x, "host-state", [&](Box box) {
    const float head = heading(canvas, box, "Host state");
    return head + canvas.paragraph({box.low.x, box.low.y + head}, box.width(), view.host_state,
                                   Ink::MutedText, FontRole::Small);
  });
  y = std::max(left, right);
  in_column(y, area.low.x, area.high.x, "guest-state", [&](Box box) {
    const float head = heading(canvas, box, "Guest state", view.guest_state_when);
    float widest = 0;
    for (const VmcsRow& row : view.guest_state)
      widest = std::max(widest, canvas.width_of(FontRole::Small, row.name) +
                                    canvas.width_of(FontRole::Mono, "≠" + row.value));
    const int columns =
        std::clamp(static_cast<int>(box.width() / (widest + canvas.space(6))), 1, 5);
    return head +
           draw_rows(canvas, {{box.low.x, box.low.y + head}, box.high}, view.guest_state, columns);
  });
  y += canvas.paragraph({area.low.x, y}, area.width(), view.only_here, Ink::MutedText,
                        FontRole::Small);
  canvas.reserve({area.low, {area.high.x, y}});
}

float VmcsPanel::draw_controls(Canvas& canvas, Box area, PanelContext& context,
                               const VmcsView& view) {
  const float gap = canvas.space(1.5F), height = canvas.chip_height();
  const float small = canvas.line_height(FontRole::Small);
  float y = area.low.y;
  y += heading(canvas, area, "What exits: execution controls");
  if (!view.readable) {
    y += canvas.paragraph({area.low.x, y}, area.width(), view.controls_note, Ink::MutedText,
                          FontRole::Small);
    return y - area.low.y;
  }
  float x = area.low.x;
  bool exceptions = false;
  const auto place = [&](float width) {
    if (x + width > area.high.x && x > area.low.x) {
      x = area.low.x;
      y += height + gap;
    }
  };
  for (const ControlChip& chip : view.controls) {
    const bool group = (chip.which == ControlSwitch::Exception && !exceptions) ||
                       chip.which == ControlSwitch::NestedPaging;
    if (group) {
      exceptions = chip.which == ControlSwitch::Exception;
      const std::string_view name = exceptions ? "exceptions" : "memory";
      place(canvas.width_of(FontRole::Small, name) + gap + canvas.chip_width(chip.label));
      x += canvas.text({x, y + (height - small) / 2}, name, Ink::MutedText, FontRole::Small) + gap;
    }
    place(canvas.chip_width(chip.label));
    Box box;
    const std::string id = "control." + std::to_string(static_cast<int>(chip.which)) + "." +
                           std::to_string(chip.vector);
    const Ink ink = chip.held                                   ? Ink::ShadowWork
                    : chip.which == ControlSwitch::NestedPaging ? Ink::Hardware
                                                                : Ink::Trapped;
    const bool pressed = canvas.chip(id, {x, y}, chip.label, chip.on, ink, &box);
    if (pressed && context.controls_may_change && !chip.held)
      context.commands.submit(
          SetExecutionControls{toggled(context.snapshot.control_structure->controls, chip)});
    if (canvas.hovering(box))
      canvas.tooltip(chip.meaning);
    x = box.high.x + gap;
  }
  y += height + canvas.space(1.5F);
  y += canvas.paragraph(
      {area.low.x, y}, area.width(),
      context.controls_may_change
          ? "A press holds from now on; going back takes it back. CPUID always exits."
          : "The lesson sets them for now. CPUID always exits.",
      Ink::MutedText, FontRole::Small);
  return y - area.low.y;
}

float VmcsPanel::draw_reasons(Canvas& canvas, Box area, const VmcsView& view) {
  const float small = canvas.line_height(FontRole::Small);
  const float row = std::max(canvas.line_height(FontRole::Mono), small) + canvas.space(1);
  const float number = canvas.width_of(FontRole::Mono, "00") + canvas.space(3);
  const float count = canvas.width_of(FontRole::Mono, "00.0k") + canvas.space(2);
  const float cycles_right = area.high.x, count_right = cycles_right - count;
  float y = area.low.y;
  canvas.text_right({count_right, y}, "exits", Ink::MutedText, FontRole::Small);
  y += heading(canvas, area, "Exit reasons", view.measured ? "ns" : "cycles");
  if (view.reasons.empty()) {
    canvas.text({area.low.x, y}, "No exit yet.", Ink::MutedText, FontRole::Small);
    return y + row - area.low.y;
  }
  for (const ReasonRow& reason : view.reasons) {
    const Box box{{area.low.x, y}, {area.high.x, y + row}};
    if (canvas.hovering(box)) {
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
      canvas.tooltip(
          number_text(reason.number) + " " + reason.full_name + ": " + count_text(reason.count) +
          " exits, " + share_text(reason.share) + " of all, " +
          (view.measured
               ? "each about " + time_text(reason.cycles / reason.count) + ", measured."
               : count_text(reason.cycles / reason.count) + " cycles each, by the cost model."));
    }
    const float text_y = y + (row - small) / 2, mono_y = y + canvas.space(0.5F);
    // Its share of all exits is the ground: the eye ranks before it reads.
    canvas.fill({box.low,
                 {area.low.x +
                      std::max(canvas.space(0.5F), area.width() * static_cast<float>(reason.share)),
                  box.high.y - canvas.space(0.5F)}},
                canvas.style().tint(Ink::Trapped), canvas.space(0.75F));
    canvas.text_right({area.low.x + number - canvas.space(2), mono_y}, number_text(reason.number),
                      Ink::Trapped, reason.latest ? FontRole::MonoStrong : FontRole::Mono);
    canvas.text_fitted({area.low.x + number, text_y}, count_right - count - area.low.x - number,
                       reason.name, Ink::Text, FontRole::Small);
    canvas.text_right({count_right, mono_y}, short_count_text(reason.count), Ink::Text,
                      FontRole::Mono);
    canvas.text_right({cycles_right, mono_y}, short_count_text(reason.cycles), Ink::MutedText,
                      FontRole::Mono);
    y += row;
  }
  return y - area.low.y;
}

float VmcsPanel::draw_last(Canvas& canvas, Box area, PanelContext& context, const VmcsView& view) {
  const float row = canvas.line_height(FontRole::Mono) + canvas.space(0.5F);
  const float number = canvas.width_of(FontRole::Mono, "00") + canvas.space(3);
  float y = area.low.y;
  y += heading(canvas, area, "Last exits, newest first", view.measured ? "at" : "after");
  if (view.last.empty()) {
    canvas.text({area.low.x, y}, "None is recorded.", Ink::MutedText, FontRole::Small);
    return y + row - area.low.y;
  }
  for (const PastExit& exit : view.last) {
    const Box box{{area.low.x, y}, {area.high.x, y + row}};
    const Canvas::Touch touch = canvas.touch("exit." + std::to_string(exit.sequence), box);
    if (context.selection.event == exit.sequence)
      canvas.fill(box, canvas.color(Ink::Selected), canvas.style().corner() / 2);
    else if (touch.hovered)
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
    if (touch.hovered)
      context.selection.hovered_next = exit.rip;
    if (touch.pressed)
      context.selection.event = exit.sequence;
    const std::string after = view.measured ? time_text(exit.cycles) : count_text(exit.retired);
    const float after_width = canvas.width_of(FontRole::Mono, after) + canvas.space(2);
    canvas.text_right({area.low.x + number - canvas.space(2), y}, number_text(exit.number),
                      Ink::Trapped, FontRole::Mono);
    canvas.text_fitted({area.low.x + number, y}, area.width() - number - after_width, exit.what,
                       Ink::Text, FontRole::Mono);
    canvas.text_right({area.high.x, y}, after, Ink::MutedText, FontRole::Mono);
    y += row;
  }
  return y - area.low.y;
}

float VmcsPanel::draw_rows(Canvas& canvas, Box area, const std::vector<VmcsRow>& rows,
                           int columns) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::Mono);
  const float row = mono + canvas.space(0.5F), between = canvas.space(5);
  if (rows.empty()) {
    canvas.text(area.low, "Nothing yet.", Ink::MutedText, FontRole::Small);
    return row;
  }
  const auto across = static_cast<std::size_t>(columns);
  const std::size_t down = (rows.size() + across - 1) / across;
  const float width =
      (area.width() - between * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const VmcsRow& entry = rows[i];
    const float x = area.low.x + static_cast<float>(i / down) * (width + between);
    const float y = area.low.y + static_cast<float>(i % down) * row;
    const Box box{{x, y}, {x + width, y + row}};
    if ((!entry.meaning.empty() || entry.differs) && canvas.hovering(box)) {
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
      canvas.tooltip(entry.meaning + (entry.differs && !entry.meaning.empty() ? "\n" : "") +
                     (entry.differs ? "The guest has run on: the CPU holds another value." : ""));
    }
    const float name =
        canvas.text({x, y + (mono - small) / 2}, entry.name, Ink::MutedText, FontRole::Small);
    const float room = width - name - canvas.space(2);
    const FontRole role =
        canvas.width_of(FontRole::Mono, entry.value) <= room ? FontRole::Mono : FontRole::Small;
    const float text = std::min(canvas.width_of(role, entry.value), room);
    canvas.text_fitted({box.high.x - text, y + (mono - canvas.line_height(role)) / 2}, room,
                       entry.value, Ink::Text, role);
    if (entry.differs)
      canvas.text_right({box.high.x - text - canvas.space(0.5F), y}, "≠", Ink::Changed,
                        FontRole::Mono);
  }
  return static_cast<float>(down) * row;
}

std::vector<std::string> VmcsPanel::as_text(const PanelContext& context) const {
  const VmcsView view = make_vmcs_view(context.snapshot, context.events, kLastExits);
  if (!view.why_nothing.empty())
    return {view.why_nothing};
  std::vector<std::string> lines = {view.headline, view.only_here};
  std::string on;
  for (const ControlChip& chip : view.controls) {
    if (chip.on)
      on += (on.empty() ? "" : ", ") + chip.label;
  }
  lines.push_back(view.readable ? "exits by control: " + (on.empty() ? "nothing" : on)
                                : view.controls_note);
  for (const VmcsRow& row : view.exit_information)
    lines.push_back("exit information, " + row.name + ": " + row.value);
  for (const VmcsRow& row : view.guest_state)
    lines.push_back("guest state, " + row.name + ": " + row.value);
  lines.push_back("host state: " + view.host_state);
  for (const ReasonRow& row : view.reasons)
    lines.push_back("reason " + number_text(row.number) + " " + row.full_name + ": " +
                    count_text(row.count) + ", " + count_text(row.cycles) +
                    (view.measured ? " ns" : " cycles"));
  for (const PastExit& exit : view.last)
    lines.push_back(
        "exit " + number_text(exit.number) +
        (view.measured ? " at " + time_text(exit.cycles) : " after " + count_text(exit.retired)) +
        ": " + exit.what);
  return lines;
}

}  // namespace gv
