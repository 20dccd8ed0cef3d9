// SPDX-License-Identifier: MIT
//
// disassembly_panel.cpp - draws a listing.

#include "visualizers/disassembly/disassembly_panel.h"

#include "visualizers/drawing/exit_glyph.h"
#include "visualizers/meaning/quantity.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace gv {
namespace {

std::optional<Gva> selected_address(const PanelContext& context) {
  const auto event = context.selection.event;
  if (!event || *event < context.events.first() || *event >= context.events.end())
    return std::nullopt;
  return context.events[*event].rip;
}

// Lines down by arrows or by j and k, as this frame's keys ask.
int moved_by_keys() {
  int moved = 0;
  for (const ImWchar c : ImGui::GetIO().InputQueueCharacters)
    moved += c == 'j' ? 1 : c == 'k' ? -1 : 0;
  if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_DownArrow)))
    ++moved;
  if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_UpArrow)))
    --moved;
  return moved;
}

// Chooses the instruction that many lines from the chosen one, else from the next to run.
std::size_t choose_line(const Listing& listing, int moved, Selection& selection) {
  std::size_t row = listing.next_row.value_or(0);
  for (std::size_t i = 0; i < listing.rows.size(); ++i) {
    if (!listing.rows[i].is_symbol && selection.address == listing.rows[i].address)
      row = i;
  }
  std::size_t chosen = row;
  for (int left = std::abs(moved); left > 0;) {
    if (moved > 0 ? row + 1 >= listing.rows.size() : row == 0)
      break;
    row = moved > 0 ? row + 1 : row - 1;
    if (listing.rows[row].is_symbol)
      continue;
    chosen = row;
    --left;
  }
  selection.address = listing.rows[chosen].address;
  return chosen;
}

}  // namespace

void DisassemblyPanel::draw(PanelContext& context) {
  context.wanted.disassembly = true;
  Canvas canvas(context);
  const Box area = canvas.area();
  const Listing listing =
      make_listing(context.snapshot, context.breakpoints, selected_address(context));
  if (listing.rows.empty()) {
    canvas.paragraph(area.low, area.width(),
                     "No code to show: nothing is mapped at the instruction pointer.",
                     Ink::MutedText);
    canvas.reserve(area);
    return;
  }

  const float row = canvas.line_height(FontRole::Mono) + canvas.space(0.5F);
  const float legend = canvas.line_height(FontRole::Small) + canvas.space(2);
  // Where this is, also when the function's name has scrolled away.
  const std::string place = context.guest.symbolize(context.snapshot.next_instruction);
  const float head = canvas.line_height(FontRole::Small) + canvas.space(1);
  canvas.text_fitted(area.low, area.width(), place.empty() ? "next instruction" : "next: " + place,
                     Ink::MutedText, FontRole::Small);
  const Box code{{area.low.x, area.low.y + head}, {area.high.x, area.high.y - legend}};
  const float visible = std::max(1.0F, std::floor(code.height() / row));
  context.wanted.disassembly_lines = std::max(40, static_cast<int>(visible) + 8);

  if (seen_next_ != context.snapshot.next_instruction) {
    seen_next_ = context.snapshot.next_instruction;
    scroll_rows_ = 0;
  }
  const auto pane = canvas.touch("code", code, true);
  if (pane.hovered && ImGui::GetIO().MouseWheel != 0)
    scroll_rows_ -= 3 * ImGui::GetIO().MouseWheel;
  const float count = static_cast<float>(listing.rows.size());
  // F6 gives the keyboard to the panel, not yet to an item in it.
  const int moved = pane.focused || ImGui::IsWindowFocused() ? moved_by_keys() : 0;
  // The next instruction sits in the upper third, unless the user has scrolled.
  const float furthest = std::max(0.0F, count - visible);
  const float home = std::clamp(
      static_cast<float>(listing.next_row.value_or(0)) - std::floor(visible / 3), 0.0F, furthest);
  float first = std::clamp(std::round(home + scroll_rows_), 0.0F, furthest);
  if (moved != 0) {
    const auto row_chosen = static_cast<float>(choose_line(listing, moved, context.selection));
    first = std::clamp(first, row_chosen - visible + 1, std::max(0.0F, row_chosen - 1));
  }
  scroll_rows_ = first - home;

  // Columns: gutter, mark, address, bytes when there is room, operation, operands.
  const float gutter = canvas.space(5), mark = canvas.space(5);
  const float address_width = canvas.width_of(FontRole::Mono, "00000000") + canvas.space(3);
  float operation_width = canvas.width_of(FontRole::Mono, "invlpg ");
  float longest = 0, bytes_width = 0;
  for (const ListingRow& line : listing.rows) {
    operation_width =
        std::max(operation_width, canvas.width_of(FontRole::Mono, line.operation + " "));
    longest = std::max(longest, canvas.width_of(FontRole::Mono, line.operands));
    bytes_width = std::max(bytes_width, canvas.width_of(FontRole::Mono, line.bytes));
  }
  bytes_width += canvas.space(4);
  const bool shows_bytes =
      gutter + mark + address_width + bytes_width + operation_width + longest + canvas.space(2) <
      area.width();

  canvas.push_clip(code);
  const auto start = static_cast<std::size_t>(first);
  const std::size_t stop = std::min(listing.rows.size(), start + static_cast<std::size_t>(visible));
  for (std::size_t i = start; i < stop; ++i) {
    const ListingRow& line = listing.rows[i];
    const float y = code.low.y + static_cast<float>(i - start) * row;
    const Box box{{code.low.x, y}, {code.high.x, y + row}};
    float x = box.low.x;
    if (line.is_symbol) {
      canvas.text_fitted({x + gutter + mark, y + canvas.space(0.25F)},
                         box.high.x - x - gutter - mark, line.symbol + ":", Ink::GuestKernel,
                         FontRole::MonoStrong);
      continue;
    }
    const bool hovered = canvas.hovering(box);
    if (hovered)
      context.selection.hovered_next = line.address;
    if (line.selected || context.selection.address == line.address)
      canvas.fill(box, canvas.color(Ink::Selected), canvas.style().corner() / 2);
    else if (context.selection.hovered == line.address)
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
    if (line.next) {
      canvas.fill(box, canvas.style().tint(Ink::Accent), canvas.style().corner() / 2);
      canvas.outline(box, canvas.color(Ink::Accent), canvas.style().hairline(),
                     canvas.style().corner() / 2);
    }
    const float middle = y + row / 2;
    const Point dot{x + gutter / 2, middle};
    if (line.breakpoint && line.breakpoint_enabled)
      canvas.circle(dot, canvas.space(1.5F), canvas.color(Ink::Error));
    else if (line.breakpoint)
      canvas.ring(dot, canvas.space(1.3F), canvas.color(Ink::Error), canvas.style().stroke());
    else if (hovered && ImGui::GetIO().MousePos.x < x + gutter)
      canvas.ring(dot, canvas.space(1.3F), canvas.color(Ink::MutedText), canvas.style().hairline());
    if (line.next && !line.breakpoint) {
      const Point play[] = {{x + gutter * 0.3F, middle - canvas.space(1.5F)},
                            {x + gutter * 0.85F, middle},
                            {x + gutter * 0.3F, middle + canvas.space(1.5F)}};
      canvas.polygon(play, canvas.color(Ink::Accent));
    }
    x += gutter;
    draw_glyph(canvas, line.kind, {x + mark / 2 - canvas.space(0.5F), middle}, canvas.space(1.5F));
    x += mark;
    const float text_y = y + canvas.space(0.25F);
    canvas.text({x, text_y}, address_text(line.address.value), Ink::MutedText, FontRole::Mono);
    x += address_width;
    if (shows_bytes) {
      canvas.text({x, text_y}, line.bytes, Ink::MutedText, FontRole::Mono);
      x += bytes_width;
    }
    const Ink ink = line.kind == SensitiveKind::Privileged              ? Ink::Privileged
                    : line.kind == SensitiveKind::SensitiveUnprivileged ? Ink::Unprivileged
                                                                        : Ink::Text;
    canvas.text({x, text_y}, line.operation, ink,
                line.kind == SensitiveKind::Innocuous ? FontRole::Mono : FontRole::MonoStrong);
    x += operation_width;
    canvas.text_fitted({x, text_y}, code.high.x - x, line.operands, Ink::Text, FontRole::Mono);
    if (hovered) {
      if (pane.pressed) {
        if (ImGui::GetIO().MousePos.x < code.low.x + gutter)
          context.breakpoints.toggle(line.address);
        else
          context.selection.address = line.address;
      }
      if (line.kind != SensitiveKind::Innocuous)
        canvas.tooltip(explanation_of(line.kind));
    }
  }
  canvas.pop_clip();
  // Legend.
  float x = area.low.x + gutter;
  const float y = area.high.y - canvas.line_height(FontRole::Small);
  const float middle = y + canvas.line_height(FontRole::Small) / 2;
  const auto entry = [&](SensitiveKind kind, std::string_view label) {
    const float begin = x;
    draw_glyph(canvas, kind, {x + canvas.space(1), middle}, canvas.space(1.4F));
    x += canvas.space(4);
    x += canvas.text({x, y}, label, Ink::MutedText, FontRole::Small) + canvas.space(4);
    if (canvas.hovering({{begin, y}, {x, area.high.y}}))
      canvas.tooltip(explanation_of(kind));
  };
  entry(SensitiveKind::Privileged, "privileged: traps");
  entry(SensitiveKind::SensitiveUnprivileged, "sensitive, does not trap");
  canvas.reserve(area);
}

std::vector<std::string> DisassemblyPanel::as_text(const PanelContext& context) const {
  std::vector<std::string> lines;
  for (const ListingRow& row :
       make_listing(context.snapshot, context.breakpoints, selected_address(context)).rows) {
    if (row.is_symbol) {
      lines.push_back(row.symbol + ":");
      continue;
    }
    std::string line = (row.next ? "> " : "  ") + address_text(row.address.value) + " " +
                       row.operation + " " + row.operands;
    if (row.kind == SensitiveKind::Privileged)
      line += "  (privileged)";
    if (row.kind == SensitiveKind::SensitiveUnprivileged)
      line += "  (sensitive, does not trap)";
    if (row.breakpoint)
      line += "  (breakpoint)";
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace gv
