// SPDX-License-Identifier: MIT
//
// controls.h - the workbench's own buttons, chips and text, all by Style.
//
// Each control is drawn, clicked, focused and named in one call. Text that does
// not fit is cut with an ellipsis and counted, so that a test at every scale can
// ask whether anything was cut.
//
// Threads: GUI thread, between NewFrame and Render.

#pragma once

#include "visualizers/style.h"
#include "workbench/focus_ring.h"
#include "workbench/theme.h"

#include <string>
#include <string_view>

namespace gv {

enum class Emphasis : std::uint8_t { Primary, Normal, Quiet };
enum class Icon : std::uint8_t {
  None,
  StepForward,
  StepBack,
  Run,
  Pause,
  NextExit,
  PreviousExit,
  RunBack,
  ToStart,
  ToEnd,
  Menu,
  Check,
  Cross,
  Maximize,
  Close,
  Search,
};

struct ButtonLook {
  Emphasis emphasis = Emphasis::Normal;
  Icon icon = Icon::None;
  std::string_view key;  // drawn after the label
  std::string_view tooltip;
  bool enabled = true;
  bool chosen = false;  // pressed in, as the current tab
  float width = 0;      // 0: as wide as its content
};

class Controls {
 public:
  Controls(const Style& style, FocusRing& ring) : style_(style), ring_(ring) {}

  // `id` is global and stable; `label` is what people see.
  bool button(std::string_view id, std::string_view label, const ButtonLook& look = {});
  // A choice of a prediction: key number, text over several lines, and a mark that is
  // shape and word, never colour alone.
  struct CardLook {
    std::string_view badge;  // "1"
    std::string_view note;   // "your prediction", "measured"; in small text below
    Ink mark = Ink::Border;
    Icon icon = Icon::None;
    bool chosen = false;
    bool enabled = true;
  };
  bool card(std::string_view id, std::string_view text, const CardLook& look);
  // A small label with a ground of its own.
  void chip(std::string_view text, Ink which, Icon icon = Icon::None);
  float chip_width(std::string_view text, Icon icon = Icon::None) const;

  // One line, cut to `width`.
  void line(std::string_view text, FontRole role, Ink which, float width = 0);
  void paragraph(std::string_view text, FontRole role, Ink which);

  ImFont* font(FontRole role) const;
  ImVec2 measure(std::string_view text, FontRole role, float wrap = 0) const;
  void text_at(ImDrawList* draw, ImVec2 at, std::string_view text, FontRole role, ImU32 color,
               float wrap = 0) const;
  // Draws at most `width`, with an ellipsis when it is cut.
  void fitted_at(ImDrawList* draw, ImVec2 at, float width, std::string_view text, FontRole role,
                 ImU32 color);
  void icon_at(ImDrawList* draw, ImVec2 centre, float size, Icon icon, ImU32 color) const;
  void focus_ring(ImDrawList* draw, ImVec2 low, ImVec2 high) const;
  // The item drawn next, a text field, takes the keyboard.
  static void focus_next_item();

  // Cut in the latest finished frame.
  int cut_texts() const { return cut_before_; }
  void begin_frame() {
    cut_before_ = cut_texts_;
    cut_texts_ = 0;
  }
  const Style& style() const { return style_; }
  FocusRing& ring() { return ring_; }

 private:
  const Style& style_;
  FocusRing& ring_;
  int cut_texts_ = 0, cut_before_ = 0;
};

}  // namespace gv
