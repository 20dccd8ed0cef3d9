// SPDX-License-Identifier: MIT
//
// ledger_panel.h - what the run did and what that cost, by cause.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/ledger/ledger_view.h"
#include "visualizers/panel.h"

namespace gv {

class LedgerPanel : public Panel {
 public:
  std::string_view id() const override { return "ledger"; }
  std::string_view title() const override { return "Ledger"; }
  std::string_view purpose() const override {
    return "Counts and virtual-time costs by cause: how much ran directly, and what the exits "
           "cost.";
  }
  Size least_size() const override { return {420, 380}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  float draw_time(Canvas& canvas, Box area, std::string_view name, const LedgerView& view,
                  std::uint64_t longest);
  float draw_lines(Canvas& canvas, Box area, const LedgerView& view, const ComparedLedger* compared,
                   std::string_view name);
};

}  // namespace gv
