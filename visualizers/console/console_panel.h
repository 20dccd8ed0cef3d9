// SPDX-License-Identifier: MIT
//
// console_panel.h - what the guest wrote to its serial line, and a line to type back.

#pragma once

#include "visualizers/console/console_lines.h"
#include "visualizers/panel.h"

#include <array>

namespace gv {

class ConsolePanel : public Panel {
 public:
  std::string_view id() const override { return "console"; }
  std::string_view title() const override { return "Console"; }
  std::string_view purpose() const override {
    return "The text on the guest's serial line at this instant, and a line to type to it.";
  }
  Size least_size() const override { return {360, 200}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  ConsoleLines lines_;
  std::uint64_t seen_generation_ = ~std::uint64_t{0};
  float scroll_back_ = 0;  // rows above the newest
  std::array<char, 256> typed_{};
};

}  // namespace gv
