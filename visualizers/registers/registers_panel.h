// SPDX-License-Identifier: MIT
//
// registers_panel.h - what the guest believes beside what the CPU holds.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"
#include "visualizers/registers/register_view.h"

namespace gv {

class RegistersPanel : public Panel {
 public:
  std::string_view id() const override { return "registers"; }
  std::string_view title() const override { return "Registers"; }
  std::string_view purpose() const override {
    return "The guest's registers, what changed, and where the physical CPU holds something else.";
  }
  Size least_size() const override { return {330, 640}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  float draw_believed(Canvas& canvas, Box area, const RegisterView& view, bool bare);
  float draw_flags(Canvas& canvas, Box area, const RegisterView& view, bool highlighted);
  float draw_rows(Canvas& canvas, Box area, const std::vector<RegisterRow>& rows, int columns,
                  std::string_view highlighted);
};

}  // namespace gv
