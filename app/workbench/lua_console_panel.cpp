// SPDX-License-Identifier: MIT
//
// lua_console_panel.cpp - field, history, completion.

#include "workbench/lua_console_panel.h"

#include <imgui.h>
#include <imgui_stdlib.h>

#include <algorithm>

namespace gv {
namespace {

constexpr std::size_t kLinesKept = 2000;

}  // namespace

void LuaConsolePanel::set_machine(const std::shared_ptr<Session>& session) {
  if (session == session_)
    return;
  session_ = session;
  if (console_)
    console_->set_machine(session);
}

void LuaConsolePanel::submit(const std::string& line) {
  if (!allowed_ || line.empty())
    return;
  if (!console_) {
    console_ = std::make_unique<LuaConsole>();
    console_->set_machine(session_);
  }
  history_.push_back(line);
  history_at_ = -1;
  console_->submit(line);
}

bool LuaConsolePanel::refresh() {
  if (!console_)
    return false;
  std::vector<ConsoleLine> fresh = console_->take_lines();
  if (fresh.empty())
    return false;
  for (ConsoleLine& line : fresh)
    lines_.push_back(std::move(line));
  if (lines_.size() > kLinesKept) {
    lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(kLinesKept));
  }
  scroll_down_ = true;
  return true;
}

int LuaConsolePanel::edit(ImGuiInputTextCallbackData* data) {
  auto& self = *static_cast<LuaConsolePanel*>(data->UserData);
  if (data->EventFlag == ImGuiInputTextFlags_CallbackHistory) {
    const int count = static_cast<int>(self.history_.size());
    if (count == 0)
      return 0;
    if (data->EventKey == ImGuiKey_UpArrow)
      self.history_at_ = self.history_at_ < 0 ? count - 1 : std::max(0, self.history_at_ - 1);
    if (data->EventKey == ImGuiKey_DownArrow)
      self.history_at_ =
          self.history_at_ < 0 || self.history_at_ + 1 >= count ? -1 : self.history_at_ + 1;
    data->DeleteChars(0, data->BufTextLen);
    if (self.history_at_ >= 0)
      data->InsertChars(0, self.history_[static_cast<std::size_t>(self.history_at_)].c_str());
  } else if (data->EventFlag == ImGuiInputTextFlags_CallbackCompletion && self.console_) {
    int from = data->CursorPos;
    const auto part_of_name = [&](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '.' || c == ':';
    };
    while (from > 0 && part_of_name(data->Buf[from - 1]))
      --from;
    const std::string prefix(data->Buf + from, data->Buf + data->CursorPos);
    const std::vector<std::string> found = self.console_->completions(prefix);
    if (found.empty())
      return 0;
    // The longest beginning that all of them share.
    std::string shared = found.front();
    for (const std::string& name : found) {
      const auto [end, other] =
          std::mismatch(shared.begin(), shared.end(), name.begin(), name.end());
      static_cast<void>(other);
      shared.erase(end, shared.end());
    }
    if (shared.size() > prefix.size()) {
      data->DeleteChars(from, data->CursorPos - from);
      data->InsertChars(from, shared.c_str());
    } else {
      std::string list;
      for (const std::string& name : found)
        list += (list.empty() ? "" : "   ") + name;
      self.lines_.push_back({ConsoleLineKind::Output, list});
      self.scroll_down_ = true;
    }
  }
  return 0;
}

void LuaConsolePanel::draw(Controls& controls) {
  const Style& style = controls.style();
  const float field = controls.font(FontRole::Mono)->FontSize + style.space(5);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  ImGui::PushFont(controls.font(FontRole::Mono));
  ImGui::BeginChild("##lines", {room.x, std::max(1.0F, room.y - field)}, false,
                    ImGuiWindowFlags_HorizontalScrollbar);
  if (lines_.empty()) {
    controls.paragraph(
        "machine is the machine that you see; lab is as in a lesson. Tab completes, ↑ recalls.",
        FontRole::Small, Ink::MutedText);
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(lines_.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      const ConsoleLine& line = lines_[static_cast<std::size_t>(i)];
      const Ink which = line.kind == ConsoleLineKind::Error    ? Ink::Error
                        : line.kind == ConsoleLineKind::Input  ? Ink::MutedText
                        : line.kind == ConsoleLineKind::Result ? Ink::Accent
                                                               : Ink::Text;
      const char* mark = line.kind == ConsoleLineKind::Input    ? "> "
                         : line.kind == ConsoleLineKind::Error  ? "! "
                         : line.kind == ConsoleLineKind::Result ? "= "
                                                                : "  ";
      ImGui::PushStyleColor(ImGuiCol_Text, vec4(style.color(which)));
      ImGui::TextUnformatted((mark + line.text).c_str());
      ImGui::PopStyleColor();
    }
  }
  if (scroll_down_) {
    ImGui::SetScrollHereY(1.0F);
    scroll_down_ = false;
  }
  ImGui::EndChild();

  if (focus_field_ && allowed_) {
    Controls::focus_next_item();
    focus_field_ = false;
  }
  ImGui::SetNextItemWidth(room.x);
  constexpr ImGuiInputTextFlags kFlags = ImGuiInputTextFlags_EnterReturnsTrue |
                                         ImGuiInputTextFlags_CallbackHistory |
                                         ImGuiInputTextFlags_CallbackCompletion;
  const char* hint = !allowed_ ? "the lesson opens this later"
                     : busy()  ? "running; Esc stops it"
                               : "a line of Lua";
  const ImVec2 low = ImGui::GetCursorScreenPos();
  if (!allowed_)
    ImGui::BeginDisabled();
  if (ImGui::InputTextWithHint("##line", hint, &typed_, kFlags, edit, this)) {
    submit(typed_);
    typed_.clear();
    focus_field_ = true;
  }
  if (!allowed_)
    ImGui::EndDisabled();
  const ImVec2 high = ImGui::GetItemRectMax();
  if (controls.ring().add("lua.line", low, high, allowed_))
    focus_field_ = true;
  if (controls.ring().has_focus("lua.line"))
    controls.focus_ring(ImGui::GetWindowDrawList(), low, high);
  ImGui::PopFont();
}

}  // namespace gv
