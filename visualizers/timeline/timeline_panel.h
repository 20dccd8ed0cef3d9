// SPDX-License-Identifier: MIT
//
// timeline_panel.h - the whole run on one axis of virtual time.
//
// A ribbon of who had the CPU, a lane for each kind of event, an overview of
// everything below. Wheel or + and - zoom, drag or comma and dot pan, n and p
// go from event to event; a click selects, a double click or a click on the
// ruler seeks there.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"
#include "visualizers/timeline/event_index.h"

namespace gv {

class TimelinePanel : public Panel {
 public:
  std::string_view id() const override { return "timeline"; }
  std::string_view title() const override { return "Timeline"; }
  std::string_view purpose() const override {
    return "All events of the run over virtual time, from the whole run down to single "
           "instructions.";
  }
  Size least_size() const override { return {420, 300}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  struct Picture {  // a query and its answer, kept while nothing changes
    double begin = 0, end = 0;
    int columns = 0;
    std::uint64_t size = 0, last_cycles = 0;
    LaneFilter filter;
    std::vector<TimelineColumn> answer;
  };
  const std::vector<TimelineColumn>& ask(Picture& picture, double begin, double end, int columns,
                                         const LaneFilter& filter);
  float draw_filters(Canvas& canvas, Box area, bool compact);
  void draw_ruler(Canvas& canvas, PanelContext& context, Box box);
  void draw_ribbon(Canvas& canvas, const PanelContext& context, Box box);
  void draw_lane(Canvas& canvas, PanelContext& context, Box box, Lane lane);
  void draw_marks(Canvas& canvas, PanelContext& context, Box plot);
  void draw_overview(Canvas& canvas, PanelContext& context, Box box);
  void draw_key(Canvas& canvas, Box box);
  void handle_input(Canvas& canvas, PanelContext& context, Box plot, Box ruler);
  void zoom(double factor, double around);
  void clamp_view();
  float x_of(Box plot, double cycles) const;

  EventIndex index_;
  LaneFilter filter_;
  Picture picture_, overview_;
  double begin_ = 0, end_ = 1;  // visible virtual time
  bool whole_ = true;           // show everything until the user zooms
  bool shows_filters_ = false, shows_reasons_ = false;
  bool dragging_ = false;
  std::optional<Lane> hovered_lane_;
};

}  // namespace gv
