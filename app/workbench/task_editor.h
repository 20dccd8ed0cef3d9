// SPDX-License-Identifier: MIT
//
// task_editor.h - the learner's code of a task, in a field of several lines.
//
// Holds the text; whoever owns it keeps the draft and hands the text in. Escape
// leaves the field and keeps what was written, which ImGui's own field does not.
//
// Threads: GUI thread.

#pragma once

#include "workbench/controls.h"

#include <cstdint>
#include <string>

struct ImGuiInputTextCallbackData;

namespace gv {

class TaskEditor {
 public:
  // Starts with `text` when `name` is another task than the one that is being edited.
  void begin(const std::string& name, const std::string& text);
  bool is_editing(const std::string& name) const { return name_ == name; }
  void replace(const std::string& text);
  const std::string& text() const { return text_; }
  // Grows with every change by the learner.
  std::uint64_t edits() const { return edits_; }

  void focus() { focus_wanted_ = true; }
  bool has_keyboard() const { return active_; }
  // Whoever left the field by Ctrl+Enter goes on writing.
  void resume_after_check();
  void draw(Controls& controls, bool enabled);

 private:
  static int edited(ImGuiInputTextCallbackData* data);

  std::string name_, text_;
  std::string at_activation_;  // what ImGui puts back when Escape ends the field
  int length_before_ = 0;
  std::uint64_t edits_ = 0;
  bool focus_wanted_ = false, active_ = false, left_with_ctrl_ = false;
};

}  // namespace gv
