// SPDX-License-Identifier: MIT
//
// translation_cache_panel.cpp - draws units, their chains and their instructions.

#include "visualizers/translation_cache/translation_cache_panel.h"

#include "visualizers/meaning/quantity.h"

#include <imgui.h>

#include <algorithm>
#include <cstdio>

namespace gv {
namespace {

// Why there is no cache to draw, and the mend.
std::string nothing_here(const Snapshot& now) {
  if (now.technique != TechniqueKind::BinaryTranslation) {
    return "No guest code is translated under " + std::string(name_of(now.technique)) +
           ". Choose binary translation to see a cache of translations: --technique "
           "binary-translation.";
  }
  return "The cache is empty: a unit is made when the guest kernel first gets there. Run or step.";
}

std::string outside_text(const Snapshot& now) {
  return now.registers.cpl() == 3 ? "now outside the cache: a process runs directly"
                                  : "now outside the cache: in the hypervisor";
}

}  // namespace

std::string place_of(const PanelContext& context, Gva guest) {
  const std::string place = context.guest.symbolize(guest);
  return place.empty() ? address_text(guest.value) : place;
}

std::string kib_text(std::uint32_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f KiB", bytes / 1024.0);
  return text;
}

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
