// SPDX-License-Identifier: MIT
//
// translation_cache_panel.cpp - draws units, their chains and their instructions.

#include "visualizers/translation_cache/translation_cache_panel.h"

#include "visualizers/meaning/quantity.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace gv {
namespace {

constexpr std::size_t kWaysShown = 3;      // a side
constexpr std::size_t kMostArcPoints = 9;  // of one chain in the map

constexpr std::string_view kMapTip = "A unit of the cache. Click to look at it.";

// Why there is no cache to draw, and the mend.
std::string nothing_here(const Snapshot& now) {
  if (now.technique != TechniqueKind::BinaryTranslation) {
    return "No guest code is translated under " + std::string(name_of(now.technique)) +
           ". Choose binary translation to see a cache of translations: --technique "
           "binary-translation.";
  }
  return "The cache is empty: a unit is made when the guest kernel first gets there. Run or step.";
}

std::string place_of(const PanelContext& context, Gva guest) {
  const std::string place = context.guest.symbolize(guest);
  return place.empty() ? address_text(guest.value) : place;
}

// The symbol where it fits, else the address, which always does.
std::string fitting_place(const Canvas& canvas, const PanelContext& context, Gva guest,
                          float room) {
  std::string place = place_of(context, guest);
  return canvas.width_of(FontRole::Small, place) <= room ? place : address_text(guest.value);
}

std::string kib_text(std::uint32_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f KiB", bytes / 1024.0);
  return text;
}

std::string outside_text(const Snapshot& now) {
  return now.registers.cpl() == 3 ? "now outside the cache: a process runs directly"
                                  : "now outside the cache: in the hypervisor";
}

// A square is a copy, a diamond something else in its place, an arrow head a call that leaves.
void draw_treatment(Canvas& canvas, Treatment treatment, Point centre, float radius) {
  const Color color = canvas.color(ink_of(treatment));
  const auto [x, y] = centre;
  if (treatment == Treatment::Ident) {
    const float r = radius * 0.8F;
    canvas.fill({{x - r, y - r}, {x + r, y + r}}, color, r * 0.3F);
  } else if (treatment == Treatment::Rewritten) {
    const Point corners[] = {{x, y - radius}, {x + radius, y}, {x, y + radius}, {x - radius, y}};
    canvas.polygon(corners, color);
  } else {
    const Point corners[] = {
        {x - radius * 0.7F, y - radius}, {x + radius, y}, {x - radius * 0.7F, y + radius}};
    canvas.polygon(corners, color);
  }
}

}  // namespace

std::optional<std::size_t> TranslationCachePanel::find(const TranslationCacheView& cache,
                                                       const UnitName& name) const {
  for (std::size_t i = 0; i < cache.units.size(); ++i) {
    if (UnitName{cache.units[i].guest, cache.units[i].entry} == name)
      return i;
  }
  return std::nullopt;
}

std::size_t TranslationCachePanel::shown_unit(const TranslationCacheView& cache,
                                              const CacheGraph& graph) const {
  if (!following_) {
    if (const auto picked = find(cache, picked_))
      return *picked;
  }
  if (graph.executing)
    return *graph.executing;
  return find(cache, last_executed_).value_or(cache.units.size() - 1);
}

void TranslationCachePanel::pick(const TranslationCacheView& cache, std::size_t unit) {
  following_ = false;
  picked_ = {cache.units[unit].guest, cache.units[unit].entry};
}

// j and k go through the units in the order of the cache, o follows execution again.
void TranslationCachePanel::use_keys(const TranslationCacheView& cache, std::size_t shown) {
  if (!ImGui::IsWindowFocused())
    return;
  for (const ImWchar c : ImGui::GetIO().InputQueueCharacters) {
    if (c == 'j' && shown + 1 < cache.units.size())
      pick(cache, shown + 1);
    if (c == 'k' && shown > 0)
      pick(cache, shown - 1);
    if (c == 'o')
      following_ = !following_;
    if (c == 'o' && !following_)
      pick(cache, shown);
  }
}

void TranslationCachePanel::draw(PanelContext& context) {
  const Snapshot& now = context.snapshot;
  Canvas canvas(context);
  const Box area = canvas.area();
  context.wanted.translation_cache = now.technique == TechniqueKind::BinaryTranslation;
  if (!now.translation_cache || now.translation_cache->units.empty()) {
    canvas.paragraph(area.low, area.width(), nothing_here(now), Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  const TranslationCacheView& cache = *now.translation_cache;
  if (seen_generation_ != now.generation) {
    seen_generation_ = now.generation;
    graph_ = make_cache_graph(cache);
    if (graph_.executing)
      last_executed_ = {cache.units[*graph_.executing].guest, cache.units[*graph_.executing].entry};
  }
  use_keys(cache, shown_unit(cache, graph_));
  if (!following_ && !find(cache, picked_))
    following_ = true;  // the picked one was dropped with the cache
  const std::size_t shown = shown_unit(cache, graph_);
  const TranslationUnit& unit = cache.units[shown];
  if (drawn_ != UnitName{unit.guest, unit.entry}) {
    drawn_ = {unit.guest, unit.entry};
    scroll_ = 0;
  }

  const float legend = canvas.line_height(FontRole::Small) + canvas.space(1.5F);
  const float gap = canvas.space(3);
  // Room to spare: the unit on the left, the cache around it on the right.
  const bool wide = area.width() >= canvas.space(215);
  if (wide) {
    const float split = area.low.x + area.width() * 0.56F;
    const Box left{area.low, {split - gap, area.high.y}};
    const Box right{{split + gap, area.low.y}, area.high};
    float y = left.low.y + draw_head(canvas, context, left, unit, graph_.executing == shown);
    draw_rows(canvas, context, {{left.low.x, y}, {left.high.x, left.high.y - legend}}, unit);
    draw_legend(canvas, {{left.low.x, left.high.y - legend}, left.high});
    y = right.low.y + draw_counters(canvas, context, right) + gap;
    y += draw_map(canvas, context, {{right.low.x, y}, right.high}, shown) + gap;
    y += draw_ways(canvas, context, {{right.low.x, y}, right.high}, shown) + gap;
    draw_events(canvas, context, {{right.low.x, y}, right.high});
  } else {
    float y = area.low.y + draw_counters(canvas, context, area) + canvas.space(1.5F);
    y += draw_map(canvas, context, {{area.low.x, y}, area.high}, shown) + canvas.space(2);
    y += draw_head(canvas, context, {{area.low.x, y}, area.high}, unit, graph_.executing == shown);
    y += draw_ways(canvas, context, {{area.low.x, y}, area.high}, shown) + canvas.space(1.5F);
    draw_rows(canvas, context, {{area.low.x, y}, {area.high.x, area.high.y - legend}}, unit);
    draw_legend(canvas, {{area.low.x, area.high.y - legend}, area.high});
  }
  canvas.reserve(area);
}

float TranslationCachePanel::draw_head(Canvas& canvas, PanelContext& context, Box area,
                                       const TranslationUnit& unit, bool executing) {
  constexpr std::string_view kFollow = "follow execution";
  const float height = std::max(canvas.chip_height(), canvas.line_height(FontRole::Strong));
  const float chip = canvas.chip_width(kFollow);
  if (canvas.chip("follow", {area.high.x - chip, area.low.y}, kFollow, following_, Ink::Accent,
                  nullptr)) {
    following_ = !following_;
    picked_ = drawn_;
  }
  const float y = area.low.y + (height - canvas.line_height(FontRole::Strong)) / 2;
  float x = area.low.x;
  if (executing) {
    const float middle = area.low.y + height / 2, r = canvas.space(1.5F);
    const Point play[] = {{x, middle - r}, {x + r * 1.6F, middle}, {x, middle + r}};
    canvas.polygon(play, canvas.color(Ink::Accent));
    x += canvas.space(4);
  }
  // What is true of the unit, in words; the name yields to it, not the other way round.
  std::string state = !unit.live     ? "void: its guest code has changed"
                      : executing    ? "executed now"
                      : unit.checked ? "checks its guest bytes at each entry"
                                     : "";
  if (state.empty() && following_ && !graph_.executing)
    state = outside_text(context.snapshot);
  const float room = area.high.x - chip - canvas.space(3) - x;
  const std::string place = place_of(context, unit.guest);
  const float used = canvas.text_fitted({x, y}, room, place, Ink::Text, FontRole::Strong);
  const float left = x + used + canvas.space(3);
  const float drop =
      (canvas.line_height(FontRole::Strong) - canvas.line_height(FontRole::Small)) / 2;
  const Ink ink = !unit.live ? Ink::Error : executing ? Ink::Accent : Ink::MutedText;
  if (left + canvas.width_of(FontRole::Small, state) <= area.high.x - chip - canvas.space(2)) {
    canvas.text({left, y + drop}, state, ink, FontRole::Small);
    return height + canvas.space(1.5F);
  }
  canvas.text({x, y + canvas.line_height(FontRole::Strong)}, state, ink, FontRole::Small);
  return height + canvas.line_height(FontRole::Small) + canvas.space(1.5F);
}

float TranslationCachePanel::draw_counters(Canvas& canvas, PanelContext& context, Box area) {
  const auto counters = cache_counters(context.snapshot.ledger.translation);
  const float cell = area.width() / static_cast<float>(counters.size());
  const float strong = canvas.line_height(FontRole::Strong);
  const float height = strong + canvas.line_height(FontRole::Small);
  float x = area.low.x;
  for (const CacheCounter& counter : counters) {
    const Box box{{x, area.low.y}, {x + cell - canvas.space(1), area.low.y + height}};
    canvas.text(box.low, short_count_text(counter.value),
                counter.value ? Ink::Text : Ink::MutedText, FontRole::Strong);
    canvas.text({x, area.low.y + strong}, counter.label, Ink::MutedText, FontRole::Small);
    if (canvas.hovering(box))
      canvas.tooltip(count_text(counter.value) + ". " + std::string(counter.explanation));
    x += cell;
  }
  return height;
}

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

void TranslationCachePanel::draw_rows(Canvas& canvas, PanelContext& context, Box area,
                                      const TranslationUnit& unit) {
  const auto rows = translation_rows(unit, context.snapshot.translation_cache->executing);
  const float small = canvas.line_height(FontRole::Small),
              line = canvas.line_height(FontRole::Mono);
  const float gutter = canvas.space(5), middle_gap = canvas.space(6.5F);
  // Addresses only where there is room for both texts beside them.
  float guest_text = canvas.width_of(FontRole::Small, "guest code"), cache_text = 0;
  for (const TranslationRow& row : rows) {
    guest_text = std::max(guest_text, canvas.width_of(FontRole::Mono, row.text));
    for (const CacheLine& each : row.cache)
      cache_text = std::max(cache_text, canvas.width_of(FontRole::Mono, each.text));
  }
  const float address = canvas.width_of(FontRole::Mono, "00000000") + canvas.space(2);
  const float texts = gutter + guest_text + middle_gap + cache_text + canvas.space(2);
  const bool addresses = texts + 2 * address <= area.width();
  const float guest_x = area.low.x + gutter;
  const float guest_width =
      std::min(guest_text + (addresses ? address : 0), area.width() * 0.44F - gutter);
  const float cache_x = guest_x + guest_width + middle_gap;
  const float cache_width = area.high.x - cache_x - canvas.space(1);

  canvas.text({guest_x, area.low.y}, "guest code", Ink::MutedText, FontRole::Small);
  canvas.text({cache_x, area.low.y}, "in the cache", Ink::MutedText, FontRole::Small);
  const float top = area.low.y + small + canvas.space(0.5F);
  canvas.line({area.low.x, top}, {area.high.x, top}, canvas.color(Ink::Border),
              canvas.style().hairline());
  const Box list{{area.low.x, top + canvas.space(0.5F)}, area.high};
  if (list.height() < line)
    return;

  const auto guest_height = [&](const TranslationRow& row) {
    return addresses ? line
                     : canvas.paragraph_height(guest_width + canvas.space(0.5F), row.text,
                                               FontRole::MonoStrong);
  };
  const auto line_height = [&](const CacheLine& each) {
    return addresses ? line : canvas.paragraph_height(cache_width, each.text, FontRole::Mono);
  };
  float total = 0, executing_at = -1, executing_height = 0;
  std::vector<float> heights;
  for (const TranslationRow& row : rows) {
    float height = 0;
    for (const CacheLine& each : row.cache)
      height += line_height(each);
    height = std::max(height, guest_height(row)) + canvas.space(1);
    if (row.executing) {
      executing_at = total;
      executing_height = height;
    }
    heights.push_back(height);
    total += height;
  }
  const auto pane = canvas.touch("rows", list, true);
  const float furthest = std::max(0.0F, total - list.height());
  if (pane.hovered && ImGui::GetIO().MouseWheel != 0)
    scroll_ -= 3 * line * ImGui::GetIO().MouseWheel;
  else if (following_ && executing_at >= 0)
    scroll_ = std::clamp(scroll_, executing_at + executing_height - list.height(), executing_at);
  scroll_ = std::clamp(scroll_, 0.0F, furthest);

  canvas.push_clip(list);
  float y = list.low.y - scroll_;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TranslationRow& row = rows[i];
    const Box box{{list.low.x, y}, {list.high.x, y + heights[i]}};
    y += heights[i];
    if (box.high.y < list.low.y || box.low.y > list.high.y)
      continue;
    const bool hovered = canvas.hovering(box) && pane.hovered;
    if (row.executing)
      canvas.fill(box, canvas.style().tint(Ink::Accent), canvas.style().corner() / 2);
    else if (context.selection.address == row.guest)
      canvas.fill(box, canvas.color(Ink::Selected), canvas.style().corner() / 2);
    else if (hovered || context.selection.hovered == row.guest)
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
    if (hovered) {
      context.selection.hovered_next = row.guest;
      if (pane.pressed)
        context.selection.address = row.guest;
      canvas.tooltip(std::string(title_of(row.treatment)) + ". " +
                     std::string(explanation_of(row.treatment)));
    }
    const float text_y = box.low.y + canvas.space(0.5F);
    draw_treatment(canvas, row.treatment, {area.low.x + gutter * 0.45F, text_y + line / 2},
                   canvas.space(1.4F));
    float x = guest_x;
    if (addresses) {
      canvas.text({x, text_y}, address_text(row.guest.value), Ink::MutedText, FontRole::Mono);
      x += address;
    }
    const FontRole face = row.treatment == Treatment::Ident ? FontRole::Mono : FontRole::MonoStrong;
    canvas.paragraph({x, text_y}, guest_x + guest_width - x + canvas.space(0.5F), row.text,
                     Ink::Text, face);
    // What stands for it: joined by a bar in the treatment's ink.
    canvas.fill({{cache_x - canvas.space(4), box.low.y + canvas.space(0.5F)},
                 {cache_x - canvas.space(3.25F), box.high.y - canvas.space(0.5F)}},
                canvas.color(ink_of(row.treatment)), canvas.space(0.3F));
    float cache_y = text_y;
    for (const CacheLine& each : row.cache) {
      float cx = cache_x;
      if (addresses) {
        canvas.text({cx, cache_y}, address_text(each.address.value), Ink::MutedText,
                    FontRole::Mono);
        cx += address;
      }
      if (each.executing) {
        const float middle = cache_y + line / 2, r = canvas.space(1.2F);
        const float tip = cache_x - canvas.space(0.5F);
        const Point play[] = {
            {tip - r * 1.5F, middle - r}, {tip, middle}, {tip - r * 1.5F, middle + r}};
        canvas.polygon(play, canvas.color(Ink::Accent));
      }
      canvas.paragraph({cx, cache_y}, list.high.x - cx, each.text,
                       each.executing                      ? Ink::Text
                       : row.treatment == Treatment::Ident ? Ink::MutedText
                                                           : ink_of(row.treatment),
                       each.executing ? FontRole::MonoStrong : FontRole::Mono);
      cache_y += line_height(each);
    }
  }
  canvas.pop_clip();
  // More below or above: a bar says how much.
  if (furthest > 0) {
    const float bar = std::max(list.height() * list.height() / total, canvas.space(4));
    const float at = list.low.y + (list.height() - bar) * scroll_ / furthest;
    canvas.fill({{list.high.x - canvas.space(0.75F), at}, {list.high.x, at + bar}},
                canvas.style().faded(Ink::MutedText, 0.6F), canvas.space(0.4F));
  }
}

void TranslationCachePanel::draw_legend(Canvas& canvas, Box area) {
  const float small = canvas.line_height(FontRole::Small);
  const float y = area.high.y - small;
  float x = area.low.x;
  for (const Treatment treatment : {Treatment::Ident, Treatment::Rewritten, Treatment::Callout}) {
    const float begin = x;
    draw_treatment(canvas, treatment, {x + canvas.space(1.5F), y + small / 2}, canvas.space(1.4F));
    x += canvas.space(4);
    x +=
        canvas.text({x, y}, title_of(treatment), Ink::MutedText, FontRole::Small) + canvas.space(5);
    if (canvas.hovering({{begin, y}, {x, area.high.y}}))
      canvas.tooltip(explanation_of(treatment));
  }
}

std::vector<std::string> TranslationCachePanel::as_text(const PanelContext& context) const {
  const Snapshot& now = context.snapshot;
  if (!now.translation_cache || now.translation_cache->units.empty())
    return {nothing_here(now)};
  const TranslationCacheView& cache = *now.translation_cache;
  const CacheGraph graph = make_cache_graph(cache);
  std::vector<std::string> lines = {
      count_text(cache.units.size()) + " units, " + kib_text(cache.used) + " of " +
      kib_text(cache.size) + "; " + count_text(graph.chained) + " branches chained, " +
      count_text(graph.stubs) + " to the translator, " + count_text(graph.indirect) + " by lookup"};
  std::string counted = "counted:";
  for (const CacheCounter& counter : cache_counters(now.ledger.translation))
    counted += " " + std::string(counter.label) + " " + count_text(counter.value) + ",";
  counted.back() = ';';
  const auto latest = latest_cache_events(context.events, now.position.events, 1);
  lines.push_back(counted +
                  (latest.empty() ? "" : " newest: " + describe(context.events[latest[0]])));
  const std::size_t shown = shown_unit(cache, graph);
  const TranslationUnit& unit = cache.units[shown];
  lines.push_back("unit at " + place_of(context, unit.guest) +
                  (graph.executing == shown ? ", executed now" : "") + (unit.live ? "" : ", void") +
                  (unit.checked ? ", checks its guest bytes" : ""));
  for (const TranslationRow& row : translation_rows(unit, cache.executing)) {
    std::string line = (row.executing ? "> " : "  ") + row.text + " | " +
                       std::string(name_of(row.treatment)) + " |";
    for (const CacheLine& each : row.cache)
      line += " " + each.text + ";";
    lines.push_back(std::move(line));
  }
  for (const WayOut& way : graph.out_of(shown)) {
    lines.push_back(way.to == WayTo::Unit
                        ? "chained to " + place_of(context, cache.units[way.unit].guest)
                    : way.to == WayTo::Lookup
                        ? "leaves by the lookup table"
                        : "calls the translator for " + place_of(context, way.guest_target));
  }
  return lines;
}

}  // namespace gv
