// SPDX-License-Identifier: MIT
//
// focus_ring.h - every control by name: where it is, which one has the keyboard.
//
// Controls register while they are drawn, in reading order. Tab walks that
// order, Enter presses the one with the ring, UI scripts press by name, and the
// state file tells tests where a control is so that they click real pixels.
// It replaces ImGui's own navigation, which differs between Debian's versions
// and would compete with a lesson's keys.
//
// Units: framebuffer pixels. Threads: GUI thread.

#pragma once

#include <imgui.h>

#include <string>
#include <string_view>
#include <vector>

namespace gv {

struct FocusItem {
  std::string id;
  ImVec2 low, high;
  bool enabled = true;
};

class FocusRing {
 public:
  // Before the first control of a frame.
  void begin_frame();
  // Registers a control; true when the keyboard or a script pressed it.
  bool add(std::string_view id, ImVec2 low, ImVec2 high, bool enabled);
  bool has_focus(std::string_view id) const { return !focused_.empty() && focused_ == id; }

  void move(int direction);         // +1 the next enabled control, -1 the previous
  bool press_focused();             // false when nothing has the ring
  bool press(std::string_view id);  // by name; false when it is not there or not enabled
  void clear() { focused_.clear(); }
  bool any() const { return !focused_.empty(); }

  // Controls of the latest finished frame.
  const std::vector<FocusItem>& items() const { return items_; }

 private:
  std::vector<FocusItem> items_, drawing_;
  std::string focused_, pressed_;
};

}  // namespace gv
