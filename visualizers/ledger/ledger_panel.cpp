// SPDX-License-Identifier: MIT
//
// ledger_panel.cpp - draws a ledger as bars of virtual time and rows by cause.

#include "visualizers/ledger/ledger_panel.h"

#include "visualizers/meaning/quantity.h"

#include <algorithm>

namespace gv {

void LedgerPanel::draw(PanelContext& context) {
  Canvas canvas(context);
  const Box area = canvas.area();
  const ComparedLedger* compared = context.compared;
  const LedgerView view =
      make_ledger_view(context.snapshot.ledger, compared ? &compared->ledger : nullptr);
  const std::string name(name_of(context.snapshot.technique));
  float y = area.low.y;

  // The headline: one sentence with the two numbers that matter.
  const std::string headline = share_text(view.direct_share) + " of " +
                               short_count_text(view.retired) + " instructions ran directly";
  canvas.text_fitted({area.low.x, y}, area.width(), headline, Ink::Text, FontRole::Strong);
  y += canvas.line_height(FontRole::Strong);
  const std::string second =
      view.exits == 0 ? std::string("no exit was taken")
                      : count_text(view.exits) + (view.exits == 1 ? " exit" : " exits") + " took " +
                            share_text(view.total ? static_cast<double>(view.exit_cycles) /
                                                        static_cast<double>(view.total)
                                                  : 0) +
                            " of the virtual time";
  canvas.text_fitted({area.low.x, y}, area.width(), second, Ink::MutedText, FontRole::Body);
  y += canvas.line_height(FontRole::Body) + canvas.space(2);

  std::uint64_t longest = view.total;
  if (compared) {
    const LedgerView other = make_ledger_view(compared->ledger);
    longest = std::max(longest, other.total);
    y += draw_time(canvas, {{area.low.x, y}, area.high}, compared->name, other, longest) +
         canvas.space(1.5F);
  }
  y += draw_time(canvas, {{area.low.x, y}, area.high}, name, view, longest) + canvas.space(2);

  // The key of the bar.
  float x = area.low.x;
  const float small = canvas.line_height(FontRole::Small);
  const auto key = [&](std::string_view label, Ink ink, int pattern) {
    const Box box{{x, y + small * 0.2F}, {x + small * 0.6F, y + small * 0.8F}};
    if (pattern == 2) {
      canvas.outline(box, canvas.color(ink), canvas.style().hairline());
    } else {
      canvas.fill(box, canvas.color(ink));
      if (pattern == 1)
        canvas.hatch(box, canvas.color(Ink::Surface), canvas.space(1.2F));
    }
    x += small * 0.6F + canvas.space(1.5F);
    x += canvas.text({x, y}, label, Ink::MutedText, FontRole::Small) + canvas.space(4);
  };
  key("guest runs directly", Ink::GuestKernel, 0);
  key("hypervisor at work", Ink::Hypervisor, 1);
  key("idle", Ink::Hardware, 2);
  y += small + canvas.space(3);
  y += draw_lines(canvas, {{area.low.x, y}, area.high}, view, compared, name);
  canvas.reserve({area.low, {area.high.x, y}});
}

float LedgerPanel::draw_time(Canvas& canvas, Box area, std::string_view name,
                             const LedgerView& view, std::uint64_t longest) {
  const float bar_height = canvas.space(5);
  const float small = canvas.line_height(FontRole::Small);
  canvas.text(area.low, name, Ink::Text, FontRole::Small);
  canvas.text_right({area.high.x, area.low.y}, time_text(view.total) + " virtual", Ink::MutedText,
                    FontRole::Small);
  const float y = area.low.y + small;
  const Box rail{{area.low.x, y}, {area.high.x, y + bar_height}};
  canvas.fill(rail, canvas.color(Ink::Raised), canvas.space(0.75F));
  if (longest == 0)
    return small + bar_height;
  const float scale = area.width() / static_cast<float>(longest);
  float x = area.low.x;
  const auto part = [&](std::uint64_t cycles, Ink ink, int pattern, std::string_view what) {
    if (cycles == 0)
      return;
    const float width = static_cast<float>(cycles) * scale;
    const Box box{{x, y}, {std::min(x + std::max(width, 1.0F), area.high.x), y + bar_height}};
    if (pattern == 2) {
      canvas.outline(box, canvas.color(ink), canvas.style().hairline());
    } else {
      canvas.fill(box, canvas.color(ink));
      if (pattern == 1)
        canvas.hatch(box, canvas.style().faded(Ink::Surface, 0.5F), canvas.space(2));
    }
    if (canvas.hovering(box))
      canvas.tooltip(std::string(what) + ": " + count_text(cycles) + " cycles, " +
                     share_text(static_cast<double>(cycles) / static_cast<double>(view.total)));
    x += width;
  };
  part(view.guest_cycles, Ink::GuestKernel, 0, "the guest runs directly");
  part(view.hypervisor_cycles, Ink::Hypervisor, 1, "the hypervisor is at work");
  part(view.idle, Ink::Hardware, 2, "idle: the guest waits in HLT");
  return small + bar_height;
}

float LedgerPanel::draw_lines(Canvas& canvas, Box area, const LedgerView& view,
                              const ComparedLedger* compared, std::string_view name) {
  float row = canvas.line_height(FontRole::Body) + canvas.space(1);
  // Numbers stand on the names' base line, though they are in a smaller face.
  const float drop =
      (canvas.line_height(FontRole::Body) - canvas.line_height(FontRole::Mono)) * 0.75F;
  const float small = canvas.line_height(FontRole::Small);
  const float shift = canvas.space(0.5F);
  const float number =
      std::max({canvas.width_of(FontRole::Mono, "99,999,999"),
                canvas.width_of(FontRole::Small, name),
                compared ? canvas.width_of(FontRole::Small, compared->name) : 0.0F}) +
      canvas.space(3);
  float y = area.low.y;
  const float right = area.high.x;
  float names = 0;
  for (const auto* lines : {&view.causes, &view.counters}) {
    for (const LedgerLine& line : *lines) {
      names = std::max(names,
                       canvas.width_of(line.detail ? FontRole::Mono : FontRole::Body, line.name) +
                           (line.detail ? canvas.space(4) : 0));
    }
  }
  names += canvas.space(3);
  const float bar_left = area.low.x + names;
  const float count_right = compared ? right - number : right - number;
  const float bar_right = count_right - number;
  const float bar_room = bar_right - bar_left - canvas.space(3);
  // No room for a bar beside the name: it is drawn under the row, clear of the letters' tails.
  const bool bar_below = bar_room <= canvas.space(6);
  if (bar_below)
    row += canvas.space(1.25F);

  if (view.causes.empty() && view.counters.empty()) {
    canvas.text({area.low.x, y}, "Nothing is counted yet: run or step.", Ink::MutedText);
    return row;
  }
  if (!view.causes.empty()) {
    canvas.text({area.low.x, y}, "Exits by cause", Ink::MutedText, FontRole::Small);
    canvas.text_right({count_right, y}, compared ? name : std::string_view("count"), Ink::MutedText,
                      FontRole::Small);
    canvas.text_right({right, y},
                      compared ? std::string_view(compared->name) : std::string_view("cycles"),
                      Ink::MutedText, FontRole::Small);
    y += small + canvas.space(0.5F);
    canvas.line({area.low.x, y}, {right, y}, canvas.color(Ink::Border), canvas.style().hairline());
    y += canvas.space(0.5F);
  }
  std::uint64_t most = 1;
  for (const LedgerLine& line : view.causes)
    most = std::max(most, line.cycles);
  const auto draw_line = [&](const LedgerLine& line, bool is_cause) {
    const Box box{{area.low.x, y}, {right, y + row}};
    if (canvas.hovering(box)) {
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
      std::string tip = line.explanation;
      if (line.count && line.cycles)
        tip += (tip.empty() ? "" : "\n") + count_text(line.cycles / line.count) + " cycles each, " +
               share_text(line.share) + " of the run.";
      if (!tip.empty())
        canvas.tooltip(tip);
    }
    if (is_cause && bar_below && line.cycles > 0) {
      const float width =
          std::max(2.0F, area.width() * static_cast<float>(line.cycles) / static_cast<float>(most));
      canvas.fill({{area.low.x, y + row - canvas.space(1)},
                   {area.low.x + width, y + row - canvas.space(0.5F)}},
                  canvas.color(Ink::Hypervisor));
    }
    if (line.detail)
      canvas.text({area.low.x + canvas.space(4), y + shift + drop}, line.name, Ink::MutedText,
                  FontRole::Mono);
    else
      canvas.text({area.low.x, y + shift}, line.name, Ink::Text);
    if (is_cause && !bar_below && line.cycles > 0) {
      const float width =
          std::max(2.0F, bar_room * static_cast<float>(line.cycles) / static_cast<float>(most));
      const float thick = line.detail ? canvas.space(1.25F) : canvas.space(2.5F);
      const float middle = y + row / 2;
      canvas.fill({{bar_left, middle - thick / 2}, {bar_left + width, middle + thick / 2}},
                  line.detail ? canvas.style().faded(Ink::Hypervisor, 0.55F)
                              : canvas.color(Ink::Hypervisor),
                  canvas.space(0.5F));
    }
    const Ink ink = line.detail ? Ink::MutedText : Ink::Text;
    if (compared || is_cause) {
      canvas.text_right({count_right, y + shift + drop}, count_text(line.count), ink,
                        FontRole::Mono);
      canvas.text_right({right, y + shift + drop},
                        compared ? count_text(line.other_count) : short_count_text(line.cycles),
                        ink, FontRole::Mono);
    } else {
      canvas.text_right({count_right, y + shift + drop}, count_text(line.count), ink,
                        FontRole::Mono);
    }
    y += row;
  };
  for (const LedgerLine& line : view.causes)
    draw_line(line, true);
  if (!view.counters.empty()) {
    y += canvas.space(2);
    canvas.text({area.low.x, y}, "Also counted", Ink::MutedText, FontRole::Small);
    y += small + canvas.space(0.5F);
    canvas.line({area.low.x, y}, {right, y}, canvas.color(Ink::Border), canvas.style().hairline());
    y += canvas.space(0.5F);
    for (const LedgerLine& line : view.counters)
      draw_line(line, false);
  }
  return y - area.low.y;
}

std::vector<std::string> LedgerPanel::as_text(const PanelContext& context) const {
  const LedgerView view = make_ledger_view(context.snapshot.ledger,
                                           context.compared ? &context.compared->ledger : nullptr);
  std::vector<std::string> lines = {
      count_text(view.retired) + " instructions, " + count_text(view.direct) +
      " of them directly; " + count_text(view.exits) + " exits cost " +
      count_text(view.exit_cycles) + " cycles of " + count_text(view.total)};
  for (const auto* rows : {&view.causes, &view.counters}) {
    for (const LedgerLine& line : *rows) {
      std::string text = (line.detail ? "  " : "") + line.name + ": " + count_text(line.count);
      if (line.cycles)
        text += ", " + count_text(line.cycles) + " cycles";
      if (context.compared)
        text += " (" + context.compared->name + ": " + count_text(line.other_count) + ")";
      lines.push_back(std::move(text));
    }
  }
  return lines;
}

}  // namespace gv
