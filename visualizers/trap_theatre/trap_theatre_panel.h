// SPDX-License-Identifier: MIT
//
// trap_theatre_panel.h - the storeys of a machine and the exits that travel between them.
//
// Four storeys, each with the ring it really runs in. One exit at a time goes
// down to its handler and back; when the guest runs too fast to see single
// ones, the flow is drawn instead. Motion only when the position moves.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"
#include "visualizers/trap_theatre/round_trips.h"

namespace gv {

class TrapTheatrePanel : public Panel {
 public:
  std::string_view id() const override { return "trap-theatre"; }
  std::string_view title() const override { return "Trap theatre"; }
  std::string_view purpose() const override {
    return "Every exit on its way from the guest down to its handler and back, with reason and "
           "cost.";
  }
  Size least_size() const override { return {560, 470}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  struct Stage {
    std::array<Box, 4> storey;  // by Storey
    float label_width = 0;
  };
  void observe(PanelContext& context);
  void draw_storeys(Canvas& canvas, PanelContext& context, const Stage& stage);
  void draw_trip(Canvas& canvas, PanelContext& context, const Stage& stage, const RoundTrip& trip);
  void draw_flow(Canvas& canvas, const Stage& stage);
  void draw_list(Canvas& canvas, PanelContext& context, Box box, const RoundTrip* shown);

  std::vector<RoundTrip> latest_;
  std::uint64_t seen_generation_ = 0, seen_events_ = 0, seen_end_ = 0;
  std::optional<std::uint64_t> moving_trip_;
  double moving_since_ = 0;
  bool fast_ = false;
  TrapFlow flow_;
  std::array<std::optional<int>, 4> real_ring_;  // by the ring the guest believes in
  TechniqueKind technique_ = TechniqueKind::BareMetal;
};

}  // namespace gv
