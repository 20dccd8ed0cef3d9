// SPDX-License-Identifier: MIT
//
// cache_map.cpp - the panel's picture of the whole cache, and of the ways in and out of one unit.

#include "visualizers/meaning/quantity.h"
#include "visualizers/translation_cache/translation_cache_panel.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gv {
namespace {

constexpr std::size_t kWaysShown = 3;      // a side
constexpr std::size_t kMostArcPoints = 9;  // of one chain in the map

constexpr std::string_view kMapTip = "A unit of the cache. Click to look at it.";

// The symbol where it fits, else the address, which always does.
std::string fitting_place(const Canvas& canvas, const PanelContext& context, Gva guest,
                          float room) {
  std::string place = place_of(context, guest);
  return canvas.width_of(FontRole::Small, place) <= room ? place : address_text(guest.value);
}

}  // namespace

float TranslationCachePanel::draw_map(Canvas& canvas, PanelContext& context, Box area,
                                      std::size_t shown) {
  const TranslationCacheView& cache = *context.snapshot.translation_cache;
  const float small = canvas.line_height(FontRole::Small);
  // How full it is.
  const std::string fill = kib_text(cache.used) + " of " + kib_text(cache.size);
  const float text = canvas.text(area.low, fill, Ink::MutedText, FontRole::Small);
  const Box rail{{area.low.x + text + canvas.space(3), area.low.y + small * 0.32F},
                 {area.high.x, area.low.y + small * 0.72F}};
  canvas.fill(rail, canvas.color(Ink::Raised), rail.height() / 2);
  const float share =
      cache.size ? static_cast<float>(cache.used) / static_cast<float>(cache.size) : 0;
  canvas.fill(
      {rail.low,
       {rail.low.x + std::max(rail.width() * share, canvas.style().hairline()), rail.high.y}},
      canvas.color(Ink::Hypervisor), rail.height() / 2);
  if (canvas.hovering({area.low, {area.high.x, area.low.y + small}}))
    canvas.tooltip("Of the cache's room for code. When it is full, all of it is dropped.");

  // The units in the order of the cache, and each chained branch as an arc over them.
  const float arcs = canvas.space(9), bar = canvas.space(3);
  const Box row{{area.low.x, area.low.y + small + arcs},
                {area.high.x, area.low.y + small + arcs + bar}};
  const float each = row.width() / static_cast<float>(cache.units.size());
  const auto middle = [&](std::size_t unit) {
    return row.low.x + each * (static_cast<float>(unit) + 0.5F);
  };
  const auto arc = [&](const WayOut& way, Color color, float width) {
    const float from = middle(way.from), to = middle(way.unit),
                top = row.low.y - canvas.space(0.5F);
    if (way.from == way.unit) {
      canvas.ring({from, top - canvas.space(1.2F)}, canvas.space(1), color, width);
      return;
    }
    const float height =
        std::clamp(std::abs(to - from) * 0.5F, canvas.space(0.75F), arcs - canvas.space(1.5F));
    std::array<Point, kMostArcPoints> points;
    for (std::size_t i = 0; i < points.size(); ++i) {
      const float t = static_cast<float>(i) / static_cast<float>(points.size() - 1);
      points[i] = {from + (to - from) * t, top - std::sin(t * 3.14159265F) * height};
    }
    canvas.polyline(points, color, width);
  };
  const Color pale = canvas.style().faded(Ink::MutedText, 0.4F);
  for (const WayOut& way : graph_.ways) {
    if (way.to == WayTo::Unit && way.from != shown && way.unit != shown)
      arc(way, pale, canvas.style().hairline());
  }
  for (const WayOut& way : graph_.ways) {
    if (way.to == WayTo::Unit && way.from != shown && way.unit == shown)
      arc(way, canvas.color(Ink::GuestKernel), canvas.style().stroke() * 0.75F);
  }
  for (const WayOut& way : graph_.ways) {
    if (way.to == WayTo::Unit && way.from == shown)
      arc(way, canvas.color(Ink::Accent), canvas.style().stroke());
  }
  const float space = each > canvas.space(1) ? canvas.space(0.4F) : 0.0F;
  for (std::size_t i = 0; i < cache.units.size(); ++i) {
    const TranslationUnit& unit = cache.units[i];
    const float left = row.low.x + each * static_cast<float>(i);
    const Box box{{left, row.low.y}, {left + std::max(each - space, 1.0F), row.high.y}};
    if (i == shown || graph_.executing == i)
      continue;
    if (unit.live)
      canvas.fill(box, canvas.style().faded(Ink::GuestKernel, 0.55F));
    else
      canvas.outline(box, canvas.color(Ink::MutedText), canvas.style().hairline());
  }
  // The two that matter stand out also where a unit is a pixel wide.
  const auto mark = [&](std::size_t unit, Ink ink) {
    const float half = std::max(each / 2, canvas.space(0.75F));
    canvas.fill({{middle(unit) - half, row.low.y - canvas.space(0.5F)},
                 {middle(unit) + half, row.high.y + canvas.space(0.5F)}},
                canvas.color(ink), canvas.space(0.4F));
  };
  mark(shown, Ink::GuestKernel);
  if (graph_.executing)
    mark(*graph_.executing, Ink::Accent);

  const auto touch = canvas.touch("map", {{row.low.x, row.low.y - arcs}, row.high}, false);
  if (touch.hovered) {
    const float at = (ImGui::GetIO().MousePos.x - row.low.x) / each;
    const auto unit =
        std::min(static_cast<std::size_t>(std::max(at, 0.0F)), cache.units.size() - 1);
    context.selection.hovered_next = cache.units[unit].guest;
    canvas.tooltip(place_of(context, cache.units[unit].guest) +
                   (cache.units[unit].live ? "" : " (void)") + "\n" + std::string(kMapTip));
    if (touch.pressed)
      pick(cache, unit);
  }
  // What the arcs do not show, counted.
  const std::string counts = count_text(cache.units.size()) +
                             " units in the cache: " + count_text(graph_.chained) +
                             " branches chained, " + count_text(graph_.stubs) +
                             " to the translator, " + count_text(graph_.indirect) + " by lookup";
  const float y = row.high.y + canvas.space(1);
  return y +
         canvas.paragraph({area.low.x, y}, area.width(), counts, Ink::MutedText, FontRole::Small) -
         area.low.y;
}

float TranslationCachePanel::draw_ways(Canvas& canvas, PanelContext& context, Box area,
                                       std::size_t shown) {
  const TranslationCacheView& cache = *context.snapshot.translation_cache;
  const std::vector<std::size_t> in = graph_.into(shown);
  const std::vector<WayOut> out = graph_.out_of(shown);
  const float small = canvas.line_height(FontRole::Small);
  const float chip = small + canvas.space(1), step = chip + canvas.space(1);
  const std::size_t rows = std::max<std::size_t>(
      1, std::max(std::min(in.size(), kWaysShown), std::min(out.size(), kWaysShown)));
  const float head = small + canvas.space(0.5F);
  const float height = head + static_cast<float>(rows) * step;
  const float column = area.width() * 0.34F;
  const Box left{{area.low.x, area.low.y + head}, {area.low.x + column, area.low.y + height}};
  const Box right{{area.high.x - column, left.low.y}, {area.high.x, left.high.y}};
  const Box here{{left.high.x + canvas.space(9), left.low.y},
                 {right.low.x - canvas.space(9), left.high.y - canvas.space(1)}};
  canvas.text({left.low.x, area.low.y}, "chained from", Ink::MutedText, FontRole::Small);
  canvas.text({here.low.x, area.low.y}, "this unit", Ink::MutedText, FontRole::Small);
  canvas.text({right.low.x, area.low.y}, "leads to", Ink::MutedText, FontRole::Small);

  canvas.fill(here, canvas.style().tint(Ink::GuestKernel), canvas.style().corner() / 2);
  canvas.outline(here, canvas.color(graph_.executing == shown ? Ink::Accent : Ink::GuestKernel),
                 canvas.style().stroke(), canvas.style().corner() / 2);
  canvas.text_centred(
      here,
      fitting_place(canvas, context, cache.units[shown].guest, here.width() - canvas.space(2)),
      Ink::Text, FontRole::Small);

  const auto unit_box = [&](std::string_view id, Box box, std::size_t unit) {
    const auto touch = canvas.touch(id, box);
    canvas.fill(box, canvas.color(touch.hovered ? Ink::Hovered : Ink::Raised),
                canvas.style().corner() / 2);
    canvas.outline(box, canvas.color(Ink::Border), canvas.style().hairline(),
                   canvas.style().corner() / 2);
    canvas.text(
        {box.low.x + canvas.space(1.5F), box.low.y + canvas.space(0.5F)},
        fitting_place(canvas, context, cache.units[unit].guest, box.width() - canvas.space(3)),
        Ink::Text, FontRole::Small);
    if (touch.hovered) {
      context.selection.hovered_next = cache.units[unit].guest;
      canvas.tooltip(place_of(context, cache.units[unit].guest) + "\n" + std::string(kMapTip));
    }
    if (touch.pressed)
      pick(cache, unit);
  };

  const float width = canvas.style().stroke();
  if (in.empty())
    canvas.text({left.low.x, left.low.y + canvas.space(0.5F)}, "no chain leads here",
                Ink::MutedText, FontRole::Small);
  for (std::size_t i = 0; i < std::min(in.size(), kWaysShown); ++i) {
    const float y = left.low.y + static_cast<float>(i) * step;
    const Box box{{left.low.x, y}, {left.high.x, y + chip}};
    if (i + 1 == kWaysShown && in.size() > kWaysShown) {
      canvas.text({box.low.x + canvas.space(1.5F), y + canvas.space(0.5F)},
                  "and " + count_text(in.size() - i) + " more", Ink::MutedText, FontRole::Small);
      break;
    }
    unit_box("in" + std::to_string(i), box, in[i]);
    canvas.arrow({box.high.x + canvas.space(1), (box.low.y + box.high.y) / 2},
                 {here.low.x - canvas.space(0.5F), (box.low.y + box.high.y) / 2},
                 canvas.color(Ink::GuestKernel), width);
  }
  if (out.empty())
    canvas.text({right.low.x, right.low.y + canvas.space(0.5F)}, "the hypervisor", Ink::MutedText,
                FontRole::Small);
  for (std::size_t i = 0; i < std::min(out.size(), kWaysShown); ++i) {
    const WayOut& way = out[i];
    const float y = right.low.y + static_cast<float>(i) * step;
    const Box box{{right.low.x, y}, {right.high.x, y + chip}};
    const float middle = (box.low.y + box.high.y) / 2;
    const Point from{here.high.x + canvas.space(0.5F), middle};
    const Point to{box.low.x - canvas.space(1), middle};
    if (way.to == WayTo::Unit) {
      canvas.arrow(from, to, canvas.color(Ink::Accent), width);
      unit_box("out" + std::to_string(i), box, way.unit);
      continue;
    }
    // Not a unit: another shape and another line, and the word for it.
    const bool lookup = way.to == WayTo::Lookup;
    const Ink ink = lookup ? Ink::Emulated : Ink::Trapped;
    canvas.dashed_line(from, {to.x - canvas.space(2), to.y}, canvas.color(ink), width);
    canvas.arrow({to.x - canvas.space(2.5F), to.y}, to, canvas.color(ink), width);
    const float inset = canvas.style().hairline();
    canvas.dashed_outline({{box.low.x, box.low.y}, {box.high.x - inset, box.high.y - inset}},
                          canvas.color(ink), inset);
    const std::string_view word = lookup ? "lookup table" : "translator";
    float x = box.low.x + canvas.space(1.5F);
    x += canvas.text({x, y + canvas.space(0.5F)}, word, ink, FontRole::Small) + canvas.space(1.5F);
    if (!lookup) {
      const std::string target = "for " + fitting_place(canvas, context, way.guest_target,
                                                        box.high.x - x - canvas.space(8));
      if (x + canvas.width_of(FontRole::Small, target) < box.high.x)
        canvas.text({x, y + canvas.space(0.5F)}, target, Ink::MutedText, FontRole::Small);
    }
    if (canvas.hovering(box)) {
      canvas.tooltip(lookup ? "An indirect branch. A table in the cache is asked for the target's "
                              "translation; on a miss the translator is called."
                            : "A stub calls the translator for " +
                                  place_of(context, way.guest_target) +
                                  ". Then this branch is chained: it leads straight there.");
    }
  }
  return height;
}

// What has happened to the cache lately; a line selects its event in every panel.
void TranslationCachePanel::draw_events(Canvas& canvas, PanelContext& context, Box area) {
  const float small = canvas.line_height(FontRole::Small), step = small + canvas.space(1);
  if (area.height() < small + 2 * step)
    return;
  canvas.text(area.low, "newest first", Ink::MutedText, FontRole::Small);
  const auto room = static_cast<std::size_t>((area.height() - small - canvas.space(1)) / step);
  float y = area.low.y + small + canvas.space(1);
  for (const std::uint64_t at : latest_cache_events(
           context.events, context.snapshot.position.events, std::min<std::size_t>(room, 16))) {
    const Box line{{area.low.x, y}, {area.high.x, y + step}};
    const auto touch = canvas.touch("event" + std::to_string(at), line);
    if (touch.hovered || context.selection.event == at)
      canvas.fill(line, canvas.color(touch.hovered ? Ink::Hovered : Ink::Selected),
                  canvas.style().corner() / 2);
    if (touch.pressed)
      context.selection.event = at;
    if (touch.hovered)
      canvas.tooltip(narrate(context.events[at]));
    canvas.text({area.low.x + canvas.space(1), y + canvas.space(0.5F)},
                describe(context.events[at]), Ink::Text, FontRole::Small);
    y += step;
  }
}

}  // namespace gv
