// SPDX-License-Identifier: MIT
//
// race_panel.h - one guest under several techniques, side by side at equal progress.
//
// Before the start: which techniques run. Then: a bar of cycles for each, by what
// they were spent on, and below the causes with their counts. The race itself is
// the workbench's (RaceSetup in visualizers/panel.h); this draws its pictures.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"
#include "visualizers/race/race_table.h"

namespace gv {

bool is_hatched(RaceCost cost);
void draw_swatch(Canvas& canvas, Box box, RaceCost cost);

class RacePanel : public Panel {
 public:
  std::string_view id() const override { return "race"; }
  std::string_view title() const override { return "Race"; }
  std::string_view purpose() const override {
    return "The same guest under several techniques at equal progress: exits and cycles side by "
           "side.";
  }
  Size least_size() const override { return {560, 420}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  float draw_head(Canvas& canvas, RaceSetup& setup, Box area);
  float draw_choices(Canvas& canvas, RaceSetup& setup, Box area);
  float draw_bars(Canvas& canvas, const RaceView& race, const RaceTable& table, Box area);
  float draw_legend(Canvas& canvas, const RaceTable& table, Box area);
  // race_causes.cpp
  void draw_table(Canvas& canvas, const RaceView& race, const RaceTable& table, Box area);

  float scroll_ = 0;
  std::uint64_t seen_generation_ = ~std::uint64_t{0};
  RaceTable table_;  // of that picture
};

}  // namespace gv
