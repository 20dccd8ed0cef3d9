// SPDX-License-Identifier: MIT
//
// screen_panel.h - the monitor of the machine, and its keyboard.
//
// While the screen has been clicked, what is typed goes to the guest as scan
// codes, and the workbench's own keys rest. Arrows, space and the like stay
// down as long as they are held. Escape goes to the guest too; a
// click elsewhere gives the keyboard back.

#pragma once

#include "visualizers/panel.h"
#include "visualizers/screen/vga_picture.h"

#include <bitset>

namespace gv {

class ScreenPanel : public Panel {
 public:
  std::string_view id() const override { return "screen"; }
  std::string_view title() const override { return "Screen"; }
  std::string_view purpose() const override {
    return "The guest's VGA text screen; click it to type on the guest's keyboard.";
  }
  Size least_size() const override { return {480, 330}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  void send_keys(PanelContext& context);

  static constexpr std::size_t kHeldKeys = 8;  // those that games hold: arrows, space, ...

  bool typing_ = false;
  std::bitset<kHeldKeys> held_;  // pressed in the guest, and to be released there
};

}  // namespace gv
