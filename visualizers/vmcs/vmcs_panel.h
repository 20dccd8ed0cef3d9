// SPDX-License-Identifier: MIT
//
// vmcs_panel.h - what makes a guest exit, why it did, and how often.
//
// A control that is pressed becomes a command to the session: it holds from
// that instant on, and going back in time takes it back.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"
#include "visualizers/vmcs/vmcs_view.h"

namespace gv {

class VmcsPanel : public Panel {
 public:
  std::string_view id() const override { return "vmcs"; }
  std::string_view title() const override { return "VMCS and exit reasons"; }
  std::string_view purpose() const override {
    return "What makes the guest exit under hardware assistance, why it did, and how often.";
  }
  Size least_size() const override { return {480, 560}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  float draw_controls(Canvas& canvas, Box area, PanelContext& context, const VmcsView& view);
  float draw_reasons(Canvas& canvas, Box area, const VmcsView& view);
  float draw_last(Canvas& canvas, Box area, PanelContext& context, const VmcsView& view);
  float draw_rows(Canvas& canvas, Box area, const std::vector<VmcsRow>& rows, int columns);
};

}  // namespace gv
