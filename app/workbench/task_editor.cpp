// SPDX-License-Identifier: MIT
//
// task_editor.cpp - ImGui's field of several lines, with a coder's Tab, Enter and Escape.

#include "workbench/task_editor.h"

#include <imgui_stdlib.h>

#include <algorithm>
#include <cstring>

namespace gv {
namespace {

constexpr int kLeastLines = 8, kMostLines = 20;
constexpr const char* kIndent = "  ";

}  // namespace

void TaskEditor::begin(const std::string& name, const std::string& text) {
  if (name_ == name)
    return;
  name_ = name;
  text_ = text;
  active_ = false;
}

void TaskEditor::replace(const std::string& text) {
  if (text_ == text)
    return;
  text_ = text;
  ++edits_;
}

// Tab indents by two spaces, and a new line starts below its predecessor's first letter.
int TaskEditor::edited(ImGuiInputTextCallbackData* data) {
  auto& self = *static_cast<TaskEditor*>(data->UserData);
  if (data->EventFlag == ImGuiInputTextFlags_CallbackCompletion) {
    data->InsertChars(data->CursorPos, kIndent);
  } else if (data->EventFlag == ImGuiInputTextFlags_CallbackEdit) {
    const int at = data->CursorPos;
    const bool new_line =
        data->BufTextLen == self.length_before_ + 1 && at > 0 && data->Buf[at - 1] == '\n';
    if (new_line) {
      int start = at - 1;
      while (start > 0 && data->Buf[start - 1] != '\n')
        --start;
      int end = start;
      while (end < at - 1 && (data->Buf[end] == ' ' || data->Buf[end] == '\t'))
        ++end;
      const std::string indent(data->Buf + start, data->Buf + end);
      if (!indent.empty())
        data->InsertChars(at, indent.c_str());
    }
  }
  self.length_before_ = data->BufTextLen;
  return 0;
}

void TaskEditor::resume_after_check() {
  if (left_with_ctrl_)
    focus_wanted_ = true;
  left_with_ctrl_ = false;
}

void TaskEditor::draw(Controls& controls, bool enabled) {
  const Style& style = controls.style();
  const ImFont* mono = controls.font(FontRole::Mono);
  const auto lines = static_cast<int>(std::count(text_.begin(), text_.end(), '\n')) + 2;
  const float height =
      static_cast<float>(std::clamp(lines, kLeastLines, kMostLines)) * mono->FontSize +
      style.space(6);
  ImGui::PushFont(controls.font(FontRole::Mono));
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{style.space(2.5F), style.space(2)});
  if (!enabled)
    ImGui::BeginDisabled();
  if (focus_wanted_ && enabled && !active_) {
    Controls::focus_next_item();
    focus_wanted_ = false;
  }
  constexpr ImGuiInputTextFlags kFlags =
      ImGuiInputTextFlags_CallbackCompletion | ImGuiInputTextFlags_CallbackEdit;
  std::string shown = text_;
  length_before_ = static_cast<int>(text_.size());
  ImGui::InputTextMultiline("##code", &shown, {ImGui::GetContentRegionAvail().x, height}, kFlags,
                            edited, this);
  const bool activated = ImGui::IsItemActivated(), left = ImGui::IsItemDeactivated();
  active_ = ImGui::IsItemActive();
  if (activated)
    at_activation_ = text_;
  if (activated || left)
    left_with_ctrl_ = left && ImGui::GetIO().KeyCtrl;
  // Escape makes ImGui put back what was there when the field was entered. It was the learner's.
  const bool put_back = left && shown == at_activation_;
  if (shown != text_ && !put_back) {
    text_ = shown;
    ++edits_;
  }
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  if (!enabled)
    ImGui::EndDisabled();
  ImGui::PopStyleVar();
  ImGui::PopFont();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRect(low, high, ink(style, active_ ? Ink::Accent : Ink::Border), style.corner(),
                ImDrawFlags_None, active_ ? style.stroke() : style.hairline());
  if (controls.ring().add("task.code", low, high, enabled))
    focus_wanted_ = true;
  if (controls.ring().has_focus("task.code") && !active_)
    controls.focus_ring(draw, low, high);
}

}  // namespace gv
