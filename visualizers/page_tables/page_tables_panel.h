// SPDX-License-Identifier: MIT
//
// page_tables_panel.h - the walk of one address through the guest's tables and
// the shadow, side by side, over maps of all that is present.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/page_tables/walk_view.h"
#include "visualizers/panel.h"

#include <array>

namespace gv {

class PageTablesPanel : public Panel {
 public:
  std::string_view id() const override { return "page-tables"; }
  std::string_view title() const override { return "Page tables"; }
  std::string_view purpose() const override {
    return "How an address is translated: by the guest's own tables, and by the shadow that the "
           "CPU really walks.";
  }
  Size least_size() const override { return {480, 480}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  Gva address_of(const PanelContext& context) const;
  float draw_slices(Canvas& canvas, Box area, const WalkView& view);
  float draw_column(Canvas& canvas, Box area, const WalkColumn& column, Ink ink);
  float draw_maps(Canvas& canvas, PanelContext& context, Box area, Gva address);
  void draw_strips(Canvas& canvas, PanelContext& context, Box box, const std::vector<Strip>& strips,
                   Ink ink, Gva address);

  std::array<char, 24> typed_{};
  bool refused_ = false;
};

}  // namespace gv
