// SPDX-License-Identifier: MIT
//
// translation_cache_panel.h - guest code beside what is executed in its place.
//
// Above, the cache as a row of units with their chains; in the middle, the ways
// into and out of one unit; below, that unit instruction by instruction. The unit
// is the one being executed, until another is picked; then that one stays.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"
#include "visualizers/translation_cache/cache_graph.h"

namespace gv {

// "timer_interrupt+0x1c", or the address.
std::string place_of(const PanelContext& context, Gva guest);
std::string kib_text(std::uint32_t bytes);  // "6.6 KiB"

class TranslationCachePanel : public Panel {
 public:
  std::string_view id() const override { return "translation-cache"; }
  std::string_view title() const override { return "Translation cache"; }
  std::string_view purpose() const override {
    return "Guest kernel code beside its translation, and how the translations are chained.";
  }
  Size least_size() const override { return {560, 420}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  // A unit by what it translates and where it stands; indices change from stop to stop.
  struct UnitName {
    Gva guest, entry;
    bool operator==(const UnitName&) const = default;
  };
  std::optional<std::size_t> find(const TranslationCacheView& cache, const UnitName& name) const;
  std::size_t shown_unit(const TranslationCacheView& cache, const CacheGraph& graph) const;
  void pick(const TranslationCacheView& cache, std::size_t unit);
  void use_keys(const TranslationCacheView& cache, std::size_t shown);

  float draw_head(Canvas& canvas, PanelContext& context, Box area, const TranslationUnit& unit,
                  bool executing);
  float draw_counters(Canvas& canvas, PanelContext& context, Box area);
  // cache_map.cpp
  float draw_map(Canvas& canvas, PanelContext& context, Box area, std::size_t shown);
  float draw_ways(Canvas& canvas, PanelContext& context, Box area, std::size_t shown);
  void draw_events(Canvas& canvas, PanelContext& context, Box area);
  // unit_listing.cpp
  void draw_rows(Canvas& canvas, PanelContext& context, Box area, const TranslationUnit& unit);
  void draw_legend(Canvas& canvas, Box area);

  bool following_ = true;
  UnitName last_executed_, picked_, drawn_;
  float scroll_ = 0;
  std::uint64_t seen_generation_ = ~std::uint64_t{0};
  CacheGraph graph_;  // of that snapshot
};

}  // namespace gv
