// SPDX-License-Identifier: MIT
//
// disassembly_panel.h - the code around the next instruction.
//
// Sensitive instructions are marked before they run: that is where an exit
// will come from, or where one is missing. A click in the gutter or F9 toggles
// a breakpoint; a click on a line, or the arrows, choose its address everywhere.

#pragma once

#include "visualizers/disassembly/listing.h"
#include "visualizers/drawing/canvas.h"
#include "visualizers/panel.h"

namespace gv {

class DisassemblyPanel : public Panel {
 public:
  std::string_view id() const override { return "disassembly"; }
  std::string_view title() const override { return "Disassembly"; }
  std::string_view purpose() const override {
    return "The guest's code around the next instruction, with sensitive instructions marked.";
  }
  Size least_size() const override { return {400, 260}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  std::optional<Gva> seen_next_;
  float scroll_rows_ = 0;  // by the wheel, since the last stop
};

}  // namespace gv
