// SPDX-License-Identifier: MIT
//
// cache_graph.h - translations as nodes, the ways between them as edges.
//
// The translation cache panel's model. A unit is left by direct branches, which
// lead to another unit once they are chained and to the translator before that,
// or by an indirect one, which looks its target up. All of it is read from the
// cache as the snapshot holds it.
//
// Pure: no ImGui.

#pragma once

#include "gv/event_log.h"
#include "gv/ledger.h"
#include "gv/translation_cache.h"
#include "visualizers/style.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// Where a way out of a unit leads.
enum class WayTo : std::uint8_t {
  Unit,        // chained: a jump inside the cache
  Translator,  // not chained yet, or void again: a stub calls the translator
  Lookup,      // indirect: a table in the cache is asked for the target
};

struct WayOut {
  std::size_t from = 0;  // index of the unit
  WayTo to = WayTo::Translator;
  std::size_t unit = 0;  // the unit that it leads to, for WayTo::Unit
  Gva guest_target;      // 0 for WayTo::Lookup: it is known when it is executed
};

struct UnitNode {
  std::uint32_t ident = 0, rewritten = 0, callouts = 0;  // guest instructions
  std::uint32_t ways_in = 0;                             // chained branches that lead here
};

struct CacheGraph {
  std::vector<UnitNode> nodes;  // by index in TranslationCacheView::units
  std::vector<WayOut> ways;     // by unit
  std::optional<std::size_t> executing;
  std::uint64_t chained = 0, stubs = 0, indirect = 0;

  std::vector<WayOut> out_of(std::size_t unit) const;
  std::vector<std::size_t> into(std::size_t unit) const;  // units, each once
};

CacheGraph make_cache_graph(const TranslationCacheView& cache);

// The unit that stands at this address of the cache.
std::optional<std::size_t> unit_at(const TranslationCacheView& cache, Gva cache_address);
// The live unit whose entry translates this guest address, else one that holds it.
std::optional<std::size_t> unit_of(const TranslationCacheView& cache, Gva guest_address);

// What is executed within one unit, line by line.
struct CacheLine {
  Gva address;
  std::string text;
  bool executing = false;
};
struct TranslationRow {
  Gva guest;
  std::string text;  // the guest's instruction; empty for what stands before the first
  Treatment treatment = Treatment::Ident;
  std::vector<CacheLine> cache;
  bool executing = false;
};
std::vector<TranslationRow> translation_rows(const TranslationUnit& unit, Gva executing);

struct CacheCounter {
  std::string_view label, explanation;
  std::uint64_t value = 0;
};
std::vector<CacheCounter> cache_counters(const TranslationCounts& counts);

// The newest `count` events that made, chained, voided or dropped translations, newest first, of
// the last `reach` events before `end`.
std::vector<std::uint64_t> latest_cache_events(const EventView& events, std::uint64_t end,
                                               std::size_t count, std::uint64_t reach = 4096);

Ink ink_of(Treatment treatment);
std::string_view title_of(Treatment treatment);  // "ident: copied"
std::string_view explanation_of(Treatment treatment);

}  // namespace gv
