// SPDX-License-Identifier: MIT
//
// cache_graph.cpp - reads nodes and ways out of a cache view.

#include "visualizers/translation_cache/cache_graph.h"

#include <algorithm>
#include <array>
#include <variant>

namespace gv {
namespace {

bool begins_with_any(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [text](std::string_view word) { return text.starts_with(word); });
}

// A branch whose target is known when it is executed. Direct ones are among the unit's exits; a
// far transfer or IRET is a callout.
bool leaves_by_lookup(const TranslationUnit& unit) {
  if (unit.instructions.empty() || !unit.exits.empty())
    return false;
  const TranslatedInstruction& last = unit.instructions.back();
  return last.treatment == Treatment::Rewritten &&
         begins_with_any(last.text, {"ret", "jmp", "call"});
}

}  // namespace

std::vector<WayOut> CacheGraph::out_of(std::size_t unit) const {
  std::vector<WayOut> out;
  std::copy_if(ways.begin(), ways.end(), std::back_inserter(out),
               [unit](const WayOut& way) { return way.from == unit; });
  return out;
}

std::vector<std::size_t> CacheGraph::into(std::size_t unit) const {
  std::vector<std::size_t> from;
  for (const WayOut& way : ways) {
    if (way.to == WayTo::Unit && way.unit == unit && (from.empty() || from.back() != way.from))
      from.push_back(way.from);
  }
  return from;
}

std::optional<std::size_t> unit_at(const TranslationCacheView& cache, Gva cache_address) {
  // In the order of their addresses in the cache.
  const auto after = std::upper_bound(
      cache.units.begin(), cache.units.end(), cache_address,
      [](Gva address, const TranslationUnit& unit) { return address < unit.entry; });
  if (cache_address == Gva(0) || after == cache.units.begin())
    return std::nullopt;
  const auto index = static_cast<std::size_t>(after - cache.units.begin()) - 1;
  const TranslationUnit& unit = cache.units[index];
  if (cache_address - unit.entry >= std::max<std::uint64_t>(1, unit.cache_bytes))
    return std::nullopt;
  return index;
}

std::optional<std::size_t> unit_of(const TranslationCacheView& cache, Gva guest_address) {
  std::optional<std::size_t> holds;
  for (std::size_t i = 0; i < cache.units.size(); ++i) {
    const TranslationUnit& unit = cache.units[i];
    if (!unit.live)
      continue;
    if (unit.guest == guest_address)
      return i;
    for (const TranslatedInstruction& instruction : unit.instructions) {
      if (instruction.address == guest_address)
        holds = i;
    }
  }
  return holds;
}

CacheGraph make_cache_graph(const TranslationCacheView& cache) {
  CacheGraph graph;
  graph.nodes.resize(cache.units.size());
  for (std::size_t i = 0; i < cache.units.size(); ++i) {
    const TranslationUnit& unit = cache.units[i];
    UnitNode& node = graph.nodes[i];
    for (const TranslatedInstruction& instruction : unit.instructions) {
      ++(instruction.treatment == Treatment::Ident       ? node.ident
         : instruction.treatment == Treatment::Rewritten ? node.rewritten
                                                         : node.callouts);
    }
    for (const UnitExit& exit : unit.exits) {
      WayOut way{i, WayTo::Translator, 0, exit.guest_target};
      if (const auto to = unit_at(cache, exit.leads_to); exit.chained && to) {
        way.to = WayTo::Unit;
        way.unit = *to;
      }
      graph.ways.push_back(way);
    }
    if (leaves_by_lookup(unit))
      graph.ways.push_back({i, WayTo::Lookup, 0, Gva(0)});
  }
  for (const WayOut& way : graph.ways) {
    switch (way.to) {
      case WayTo::Unit:
        ++graph.chained;
        ++graph.nodes[way.unit].ways_in;
        break;
      case WayTo::Translator:
        ++graph.stubs;
        break;
      case WayTo::Lookup:
        ++graph.indirect;
        break;
    }
  }
  graph.executing = unit_at(cache, cache.executing);
  return graph;
}

std::vector<TranslationRow> translation_rows(const TranslationUnit& unit, Gva executing) {
  std::vector<TranslationRow> rows;
  for (const TranslatedInstruction& instruction : unit.instructions) {
    TranslationRow row;
    row.guest = instruction.address;
    row.text = instruction.text;
    row.treatment = instruction.treatment;
    for (const CacheInstruction& line : instruction.cache) {
      const bool here = line.address == executing && executing != Gva(0);
      row.executing |= here;
      row.cache.push_back({line.address, line.text, here});
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<CacheCounter> cache_counters(const TranslationCounts& counts) {
  return {
      {"translated", "Units that the translator made, those made again included.", counts.units},
      {"chained", "Branches that were set to lead straight to another unit.", counts.chains},
      {"hits", "Indirect branches that found their target in the lookup table, in the cache.",
       counts.lookup_hits},
      {"misses", "Indirect branches that had to ask the translator for their target.",
       counts.lookup_misses},
      {"voided", "Units that became void because their guest code or its mapping changed.",
       counts.units_invalidated},
      {"evictions", "Times that the whole cache was emptied.", counts.evictions},
  };
}

std::vector<std::uint64_t> latest_cache_events(const EventView& events, std::uint64_t end,
                                               std::size_t count, std::uint64_t reach) {
  std::vector<std::uint64_t> out;
  end = std::min(end, events.end());
  const std::uint64_t stop = std::max(events.first(), end - std::min(end, reach));
  for (std::uint64_t at = end; at-- > stop && out.size() < count;) {
    const EventBody& body = events[at].body;
    if (std::holds_alternative<UnitTranslated>(body) ||
        std::holds_alternative<UnitsChained>(body) ||
        std::holds_alternative<UnitsInvalidated>(body) ||
        std::holds_alternative<CacheEvicted>(body)) {
      out.push_back(at);
    }
  }
  return out;
}

Ink ink_of(Treatment treatment) {
  switch (treatment) {
    case Treatment::Ident:
      return Ink::GuestKernel;
    case Treatment::Rewritten:
      return Ink::Emulated;
    case Treatment::Callout:
      return Ink::Trapped;
  }
  return Ink::Text;
}

std::string_view title_of(Treatment treatment) {
  switch (treatment) {
    case Treatment::Ident:
      return "ident: copied";
    case Treatment::Rewritten:
      return "rewritten";
    case Treatment::Callout:
      return "callout";
  }
  return "";
}

std::string_view explanation_of(Treatment treatment) {
  switch (treatment) {
    case Treatment::Ident:
      return "Harmless in ring 1, with the same result: the instruction was copied.";
    case Treatment::Rewritten:
      return "Other instructions do its work in the cache, without the hypervisor: on the virtual "
             "CPU's state, or towards the translation of a branch's target.";
    case Treatment::Callout:
      return "A call of the hypervisor stands for it. A call is cheaper than a trap.";
  }
  return "";
}

}  // namespace gv
