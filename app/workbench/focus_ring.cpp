// SPDX-License-Identifier: MIT
//
// focus_ring.cpp - the list of controls.

#include "workbench/focus_ring.h"

#include <algorithm>

namespace gv {

void FocusRing::begin_frame() {
  items_ = std::move(drawing_);
  drawing_.clear();
  // A control that was not drawn cannot keep the keyboard.
  const bool there = std::any_of(items_.begin(), items_.end(),
                                 [this](const FocusItem& item) { return item.id == focused_; });
  if (!there)
    focused_.clear();
}

bool FocusRing::add(std::string_view id, ImVec2 low, ImVec2 high, bool enabled) {
  drawing_.push_back({std::string(id), low, high, enabled});
  if (!enabled || pressed_ != id)
    return false;
  pressed_.clear();
  return true;
}

void FocusRing::move(int direction) {
  if (items_.empty())
    return;
  const int count = static_cast<int>(items_.size());
  int at = direction > 0 ? -1 : count;
  for (int i = 0; i < count; ++i) {
    if (items_[static_cast<std::size_t>(i)].id == focused_)
      at = i;
  }
  for (int tried = 0; tried < count; ++tried) {
    at = (at + direction + count) % count;
    if (items_[static_cast<std::size_t>(at)].enabled) {
      focused_ = items_[static_cast<std::size_t>(at)].id;
      return;
    }
  }
}

bool FocusRing::press_focused() {
  if (focused_.empty())
    return false;
  pressed_ = focused_;
  return true;
}

bool FocusRing::press(std::string_view id) {
  for (const FocusItem& item : items_) {
    if (item.id == id && item.enabled) {
      pressed_ = item.id;
      return true;
    }
  }
  return false;
}

}  // namespace gv
