// SPDX-License-Identifier: MIT
//
// command_palette.cpp - the two overlays over the action table.

#include "workbench/command_palette.h"

#include <imgui_stdlib.h>

#include <algorithm>
#include <cmath>

namespace gv {
namespace {

// An overlay over the dimmed window; false when it is not to be filled.
bool begin_overlay(const char* name, Controls& controls, float width, float height, float top) {
  const Style& style = controls.style();
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  width = std::min(width, screen.x - style.space(4));
  height = std::min(height, screen.y - style.space(4));
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(screen);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
  ImGui::PushStyleColor(ImGuiCol_WindowBg, vec4(style.faded(Ink::Background, 0.72F)));
  constexpr ImGuiWindowFlags kBare = ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav;
  ImGui::Begin(name, nullptr, kBare);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar();
  const ImVec2 low = {std::round((screen.x - width) * 0.5F),
                      std::max(style.space(2), std::min(std::round(screen.y * top),
                                                        screen.y - height - style.space(2)))};
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, {low.x + width, low.y + height}, ink(style, Ink::Surface),
                      style.corner());
  draw->AddRect(low, {low.x + width, low.y + height}, ink(style, Ink::Border), style.corner(),
                ImDrawFlags_None, style.hairline());
  const float pad = style.space(4);
  ImGui::SetCursorScreenPos({low.x + pad, low.y + pad});
  ImGui::BeginChild("##inside", {width - 2 * pad, height - 2 * pad}, false, ImGuiWindowFlags_None);
  return true;
}

void end_overlay() {
  ImGui::EndChild();
  ImGui::End();
}

}  // namespace

void CommandPalette::open() {
  open_ = true;
  focus_field_ = true;
  query_.clear();
  chosen_ = 0;
}

std::vector<const Action*> CommandPalette::matches(const ActionTable& actions) const {
  std::vector<std::pair<int, const Action*>> scored;
  for (const Action& action : actions.all()) {
    if (!action.listed)
      continue;
    const int score = std::max(fuzzy_score(query_, action.title),
                               fuzzy_score(query_, action.group + " " + action.title) * 3 / 4);
    if (score > 0)
      scored.emplace_back(score + (action.is_enabled() ? 1 : 0), &action);
  }
  std::stable_sort(scored.begin(), scored.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<const Action*> out;
  for (const auto& [score, action] : scored)
    out.push_back(action);
  return out;
}

bool CommandPalette::take_key(const KeyChord& chord, const ActionTable& actions) {
  if (!open_)
    return false;
  const auto found = matches(actions);
  const int count = static_cast<int>(found.size());
  if (chord.key == "escape") {
    close();
  } else if (chord.key == "down" || chord.key == "tab") {
    chosen_ = count > 0 ? (chosen_ + 1) % count : 0;
  } else if (chord.key == "up") {
    chosen_ = count > 0 ? (chosen_ + count - 1) % count : 0;
  } else if (chord.key == "enter" && count > 0) {
    const Action* action = found[static_cast<std::size_t>(std::min(chosen_, count - 1))];
    if (action->is_enabled()) {
      close();
      actions.run(action->id);
    }
  } else {
    return !chord.ctrl;  // typing goes to the field alone; Ctrl+K still closes
  }
  return true;
}

void CommandPalette::draw(Controls& controls, const ActionTable& actions) {
  if (!open_)
    return;
  const Style& style = controls.style();
  // Once: from ImGui 1.87 on, focusing the window takes a pending focus from its field.
  if (focus_field_)
    ImGui::SetNextWindowFocus();
  begin_overlay("##palette", controls, style.space(150), style.space(110), 0.14F);
  if (focus_field_) {
    Controls::focus_next_item();
    focus_field_ = false;
  }
  ImGui::SetNextItemWidth(-1);
  const std::string before = query_;
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, ImVec2{style.space(3), style.space(2.5F)});
  ImGui::InputTextWithHint("##query", "What would you like to do?", &query_);
  ImGui::PopStyleVar();
  if (query_ != before)
    chosen_ = 0;
  ImGui::Dummy({0, style.space(0.5F)});

  ImGui::BeginChild("##found", {0, 0}, false, ImGuiWindowFlags_None);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const auto found = matches(actions);
  chosen_ = std::clamp(chosen_, 0, std::max(0, static_cast<int>(found.size()) - 1));
  if (found.empty())
    controls.line("Nothing has that name.", FontRole::Body, Ink::MutedText);
  const float height = controls.font(FontRole::Body)->FontSize + style.space(4);
  const std::string* run = nullptr;
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Action& action = *found[i];
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const bool here = static_cast<int>(i) == chosen_, enabled = action.is_enabled();
    ImGui::PushID(action.id.c_str());
    const bool clicked = ImGui::InvisibleButton("##row", {width, height});
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopID();
    if (here) {
      draw->AddRectFilled(at, {at.x + width, at.y + height}, ink(style, Ink::Selected),
                          style.corner());
      draw->AddRectFilled(at, {at.x + style.stroke(), at.y + height}, ink(style, Ink::Accent));
      ImGui::SetScrollHereY(0.5F);
    } else if (hovered) {
      draw->AddRectFilled(at, {at.x + width, at.y + height}, ink(style, Ink::Hovered),
                          style.corner());
    }
    const std::string key = action.key_label();
    const ImVec2 key_size = controls.measure(key, FontRole::Small);
    const ImVec2 group = controls.measure(action.group, FontRole::Small);
    const float x = at.x + style.space(3), y = at.y + style.space(2);
    const float room = width - style.space(8) - key_size.x - group.x - style.space(4);
    controls.fitted_at(
        draw, {x, y}, room, action.title, FontRole::Body,
        enabled ? ink(style, Ink::Text) : packed(style.faded(Ink::MutedText, 0.75F)));
    const float text_end = x + std::min(room, controls.measure(action.title, FontRole::Body).x);
    controls.text_at(draw, {text_end + style.space(2.5F), y + style.space(0.5F)},
                     enabled ? action.group : action.group + ", not now", FontRole::Small,
                     ink(style, Ink::MutedText));
    controls.text_at(draw, {at.x + width - key_size.x - style.space(3), y + style.space(0.5F)}, key,
                     FontRole::Small, ink(style, Ink::MutedText));
    if (clicked && enabled)
      run = &action.id;
  }
  ImGui::EndChild();
  end_overlay();
  if (run != nullptr) {
    close();
    const std::string id = *run;
    actions.run(id);
  }
}

void HelpPage::draw(Controls& controls, const ActionTable& actions) {
  if (!open_)
    return;
  const Style& style = controls.style();
  ImGui::SetNextWindowFocus();
  begin_overlay("##help", controls, style.space(250), style.space(185), 0.06F);
  controls.line("Keys", FontRole::Title, Ink::Text);
  controls.paragraph(
      "Everything works without a mouse. Ctrl+K finds any action by name; Esc closes this page.",
      FontRole::Body, Ink::MutedText);
  ImGui::Dummy({0, style.space(1)});

  std::vector<std::string> groups;
  for (const Action& action : actions.all()) {
    if (action.helped && !action.keys.empty() &&
        std::find(groups.begin(), groups.end(), action.group) == groups.end()) {
      groups.push_back(action.group);
    }
  }
  // Columns are filled one after the other, each group whole.
  const float row = controls.font(FontRole::Body)->FontSize + style.space(1.5F);
  const float full = ImGui::GetContentRegionAvail().x, gap = style.space(8);
  const int columns = std::max(1, static_cast<int>(full / style.space(72)));
  const float width = (full - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  std::vector<float> filled(static_cast<std::size_t>(columns), 0.0F);
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  for (const std::string& group : groups) {
    const auto column = std::min_element(filled.begin(), filled.end());
    const auto index = static_cast<float>(column - filled.begin());
    const float x = origin.x + index * (width + gap);
    float y = origin.y + *column;
    controls.text_at(draw, {x, y}, group, FontRole::Strong, ink(style, Ink::Text));
    y += row + style.space(0.5F);
    for (const Action& action : actions.all()) {
      if (action.group != group || action.keys.empty() || !action.helped)
        continue;
      std::string keys;
      for (const KeyChord& chord : action.keys)
        keys += (keys.empty() ? "" : "  or  ") + label_of(chord);
      const float key_width = controls.measure(keys, FontRole::Small).x;
      controls.fitted_at(draw, {x, y}, width - key_width - style.space(3), action.title,
                         FontRole::Body, ink(style, Ink::Text));
      controls.text_at(draw, {x + width - key_width, y + style.space(0.5F)}, keys, FontRole::Small,
                       ink(style, Ink::Accent));
      y += row;
      draw->AddLine({x, y - style.space(0.75F)}, {x + width, y - style.space(0.75F)},
                    ink(style, Ink::Border), style.hairline());
    }
    *column = y - origin.y + style.space(4);
  }
  ImGui::Dummy({full, *std::max_element(filled.begin(), filled.end())});
  end_overlay();
}

}  // namespace gv
