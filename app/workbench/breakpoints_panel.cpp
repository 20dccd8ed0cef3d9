// SPDX-License-Identifier: MIT
//
// breakpoints_panel.cpp - a row for each, and a field for the next.

#include "workbench/breakpoints_panel.h"

#include "workbench/breakpoint_words.h"

#include <imgui_stdlib.h>

#include <algorithm>

namespace gv {

std::string BreakpointsPanel::problem_of(std::uint32_t id) const {
  const auto found = conditions_.find(id);
  if (found == conditions_.end())
    return {};
  if (!found->second.refused.empty())
    return found->second.refused;
  return found->second.running ? found->second.running->text() : std::string();
}

bool BreakpointsPanel::field(Controls& controls, const std::string& id, const char* hint,
                             std::string& text, float width) {
  const std::string name = "breakpoint." + id;
  ImGui::PushFont(controls.font(FontRole::Mono));
  if (focus_ == id) {
    Controls::focus_next_item();
    focus_.clear();
  }
  ImGui::SetNextItemWidth(width);
  const bool entered = ImGui::InputTextWithHint(("##" + name).c_str(), hint, &text,
                                                ImGuiInputTextFlags_EnterReturnsTrue);
  // Leaving the field by Tab or by a click takes the text as Enter does.
  const bool done = entered || ImGui::IsItemDeactivatedAfterEdit();
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  ImGui::PopFont();
  if (controls.ring().add(name, low, high, true))
    focus_ = id;
  if (controls.ring().has_focus(name))
    controls.focus_ring(ImGui::GetWindowDrawList(), low, high);
  return done;
}

void BreakpointsPanel::apply(Breakpoint& breakpoint, Condition& condition) {
  if (condition.typed == breakpoint.condition_text && condition.refused.empty())
    return;
  condition.refused.clear();
  if (condition.typed.empty()) {
    breakpoint.condition = {};
    breakpoint.condition_text.clear();
    condition.running.reset();
    list_.changed = true;
    return;
  }
  auto compiled = compile_condition(condition.typed);
  if (!compiled) {
    condition.refused = compiled.error().message;
    return;  // the breakpoint keeps the condition that it had
  }
  breakpoint.condition = compiled->condition;
  breakpoint.condition_text = condition.typed;
  condition.running = compiled->problem;
  list_.changed = true;
}

bool BreakpointsPanel::draw_breakpoint(Controls& controls, Breakpoint& breakpoint) {
  const Style& style = controls.style();
  const std::string number = std::to_string(breakpoint.id);
  const auto known = conditions_.try_emplace(breakpoint.id);
  Condition& condition = known.first->second;
  if (known.second)
    condition.typed = breakpoint.condition_text;

  const float gap = style.space(2), full = ImGui::GetContentRegionAvail().x;
  const float square = style.space(8), toggle = style.space(17);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ButtonLook look;
  look.emphasis = Emphasis::Quiet;
  look.chosen = breakpoint.enabled;
  look.width = toggle;
  look.tooltip = breakpoint.enabled ? "It stops the run; press to let the run pass"
                                    : "The run passes it; press to make it stop again";
  if (controls.button("breakpoint.enabled." + number, breakpoint.enabled ? "on" : "off", look)) {
    breakpoint.enabled = !breakpoint.enabled;
    list_.changed = true;
  }
  const float height = ImGui::GetItemRectSize().y;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const std::string place =
      words_of_place(breakpoint, [this](Gva address) { return guest_.symbolize(address); });
  const float mono = controls.font(FontRole::Mono)->FontSize;
  controls.fitted_at(draw, {at.x + toggle + gap, at.y + (height - mono) * 0.5F},
                     full - toggle - square - 2 * gap, place, FontRole::Mono,
                     ink(style, breakpoint.enabled ? Ink::Text : Ink::MutedText));
  ImGui::SetCursorScreenPos({at.x + full - square, at.y});
  ButtonLook bin;
  bin.emphasis = Emphasis::Quiet;
  bin.icon = Icon::Close;
  bin.width = square;
  bin.tooltip = "Remove this breakpoint";
  const bool keep = !controls.button("breakpoint.delete." + number, "", bin);

  const float label = controls.measure("only when", FontRole::Small).x + gap;
  const ImVec2 second = ImGui::GetCursorScreenPos();
  controls.text_at(
      draw,
      {second.x + toggle + gap,
       second.y + (ImGui::GetFrameHeight() - controls.font(FontRole::Small)->FontSize) * 0.5F},
      "only when", FontRole::Small, ink(style, Ink::MutedText));
  ImGui::SetCursorScreenPos({second.x + toggle + gap + label, second.y});
  if (field(controls, "condition." + number, "always; or Lua, as eax == 4 and cpl == 0",
            condition.typed, full - toggle - gap - label)) {
    apply(breakpoint, condition);
  }
  if (const std::string problem = problem_of(breakpoint.id); !problem.empty()) {
    ImGui::Dummy({0, style.space(0.5F)});
    ImGui::Indent(toggle + gap);
    controls.paragraph(problem, FontRole::Small, Ink::Error);
    ImGui::Unindent(toggle + gap);
  }
  ImGui::Dummy({0, style.space(1.5F)});
  return keep;
}

void BreakpointsPanel::add() {
  if (new_text_.find_first_not_of(" \t") == std::string::npos) {
    new_problem_.clear();
    return;
  }
  auto place = breakpoint_place_from(new_text_, guest_.symbols());
  if (!place) {
    new_problem_ = place.error().message;
    return;
  }
  new_problem_.clear();
  new_text_.clear();
  if (const auto* at = std::get_if<AtAddress>(&*place);
      at != nullptr && list_.at(at->address) != nullptr)
    return;  // it is there
  Breakpoint breakpoint;
  breakpoint.id = list_.next_id++;
  breakpoint.where = *place;
  list_.all.push_back(std::move(breakpoint));
  list_.changed = true;
}

void BreakpointsPanel::draw(Controls& controls) {
  const Style& style = controls.style();
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{style.space(1), style.space(1)});
  if (list_.all.empty()) {
    controls.paragraph(
        "No breakpoints. F9 sets one at the selected line of the disassembly; or name an address, "
        "a symbol, an exit reason or a privileged instruction here.",
        FontRole::Body, Ink::MutedText);
    ImGui::Dummy({0, style.space(1)});
  }
  for (std::size_t i = 0; i < list_.all.size();) {
    if (draw_breakpoint(controls, list_.all[i])) {
      ++i;
      continue;
    }
    list_.all.erase(list_.all.begin() + static_cast<std::ptrdiff_t>(i));
    list_.changed = true;
  }
  std::erase_if(conditions_, [this](const auto& entry) {
    return std::none_of(list_.all.begin(), list_.all.end(),
                        [&](const Breakpoint& b) { return b.id == entry.first; });
  });
  const float button = style.space(17);
  const float width = ImGui::GetContentRegionAvail().x - button - style.space(2);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (field(controls, "new", "0x100010, system_call, page-fault, cli, any", new_text_, width))
    add();
  ImGui::SetCursorScreenPos({at.x + width + style.space(2), at.y});
  ButtonLook look;
  look.width = button;
  look.enabled = !new_text_.empty();
  if (controls.button("breakpoint.add", "Add", look))
    add();
  if (!new_problem_.empty())
    controls.paragraph(new_problem_, FontRole::Small, Ink::Error);
  ImGui::PopStyleVar();
}

}  // namespace gv
