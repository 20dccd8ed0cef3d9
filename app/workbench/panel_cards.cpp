// SPDX-License-Identifier: MIT
//
// panel_cards.cpp - arranging and framing.

#include "workbench/panel_cards.h"

#include "visualizers/drawing/svg_recorder.h"

#include <algorithm>
#include <array>

namespace gv {
namespace {

// Tall and narrow pictures that accompany every beat.
constexpr std::array<std::string_view, 3> kInspectorPanels = {"registers", "devices", "ledger"};

bool belongs_in_inspector(std::string_view id) {
  return std::find(kInspectorPanels.begin(), kInspectorPanels.end(), id) != kInspectorPanels.end();
}

ImVec2 low_of(const Area& a) { return {a.x, a.y}; }
ImVec2 high_of(const Area& a) { return {a.right(), a.bottom()}; }

}  // namespace

PanelCards::PanelCards(const std::vector<ExtraPanel*>& extras) : panels_(make_panels()) {
  for (const auto& panel : panels_) {
    const Panel::Size size = panel->least_size();
    entries_.push_back({std::string(panel->id()),
                        std::string(panel->title()),
                        std::string(panel->purpose()),
                        panel.get(),
                        nullptr,
                        {size.width, size.height}});
  }
  for (ExtraPanel* extra : extras) {
    const Panel::Size size = extra->least_size();
    entries_.push_back({std::string(extra->id()),
                        std::string(extra->title()),
                        std::string(extra->purpose()),
                        nullptr,
                        extra,
                        {size.width, size.height}});
  }
}

const PanelCards::Entry* PanelCards::find(std::string_view id) const {
  const auto it =
      std::find_if(entries_.begin(), entries_.end(), [id](const Entry& e) { return e.id == id; });
  return it == entries_.end() ? nullptr : &*it;
}

void PanelCards::arrange(const std::vector<std::string>& open, const std::string& focus,
                         const std::vector<std::string>& highlight) {
  stage_.clear();
  maximized_.clear();
  highlighted_ = highlight;
  wanted_focus_ = focus;
  bool inspector_taken = false;
  for (const std::string& id : open) {
    if (find(id) == nullptr || is_open(id))
      continue;
    // One panel of the inspector's kind goes there; a second one, or the focus itself, needs the
    // stage.
    if (belongs_in_inspector(id) && !inspector_taken && id != focus) {
      inspected_ = id;
      inspector_taken = true;
    } else {
      stage_.push_back(id);
    }
  }
  if (stage_.empty())
    stage_.push_back(find(focus) != nullptr ? focus : "trap-theatre");
}

bool PanelCards::is_open(std::string_view id) const {
  return std::find(stage_.begin(), stage_.end(), id) != stage_.end();
}

void PanelCards::toggle(std::string_view id) {
  const auto it = std::find(stage_.begin(), stage_.end(), id);
  if (it == stage_.end()) {
    stage_.emplace_back(id);
    stage_tab_ = id;
    maximized_.clear();
  } else {
    stage_.erase(it);
    if (maximized_ == id)
      maximized_.clear();
    if (focused_ == id)
      focused_.clear();
  }
}

void PanelCards::maximize(std::string_view id) {
  if (maximized_ == id || find(id) == nullptr) {
    maximized_.clear();
  } else {
    if (!is_open(id))
      stage_.emplace_back(id);
    maximized_ = id;
  }
}

void PanelCards::move_focus(int direction, bool inspector_shown) {
  std::vector<std::string> order = stage_;
  if (inspector_shown && !is_open(inspected_))
    order.push_back(inspected_);
  if (order.empty())
    return;
  const int count = static_cast<int>(order.size());
  int at = direction > 0 ? -1 : count;
  for (int i = 0; i < count; ++i) {
    if (order[static_cast<std::size_t>(i)] == focused_)
      at = i;
  }
  // One more stop than there are panels: the keyboard goes back to the lesson.
  const int next = at + direction;
  focused_ = next < 0 || next >= count ? std::string() : order[static_cast<std::size_t>(next)];
  if (!focused_.empty())
    stage_tab_ = focused_;
  focus_pending_ = !focused_.empty();
}

void PanelCards::begin_frame() {
  areas_ = std::move(drawing_areas_);
  drawing_areas_.clear();
}

std::optional<std::string> PanelCards::take_svg() { return std::exchange(svg_, std::nullopt); }

bool PanelCards::tabs(const std::vector<std::string>& ids, std::string& chosen, const Area& area,
                      Controls& controls, std::string_view prefix) {
  const Style& style = controls.style();
  ImGui::SetCursorScreenPos({area.x, area.y});
  const float each = (area.width - style.space(1) * static_cast<float>(ids.size() - 1)) /
                     static_cast<float>(std::max<std::size_t>(1, ids.size()));
  bool changed = false;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Entry* entry = find(ids[i]);
    if (entry == nullptr)
      continue;
    if (i > 0)
      ImGui::SameLine(0, style.space(1));
    ButtonLook look;
    look.emphasis = Emphasis::Quiet;
    look.chosen = ids[i] == chosen;
    look.tooltip = entry->purpose;
    look.width = each;
    if (controls.button(std::string(prefix) + ids[i], entry->title, look)) {
      chosen = ids[i];
      changed = true;
    }
  }
  return changed;
}

void PanelCards::draw_stage(const Area& area, Controls& controls, PanelContext* live) {
  if (area.empty())
    return;
  const Style& style = controls.style();
  std::vector<std::string> shown = stage_;
  if (!maximized_.empty() && is_open(maximized_))
    shown = {maximized_};
  if (shown.empty()) {
    controls.text_at(ImGui::GetWindowDrawList(), {area.x + style.space(4), area.y + style.space(4)},
                     "No panel is open. Ctrl+K lists them.", FontRole::Body,
                     ink(style, Ink::MutedText));
    return;
  }
  std::vector<LeastSize> least;
  std::size_t focus = 0;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const LeastSize size = find(shown[i])->least;
    // The card's own frame and title come on top of the picture.
    least.push_back({size.width * style.scale() + style.space(6),
                     size.height * style.scale() + style.space(14)});
    if (shown[i] == wanted_focus_)
      focus = i;
  }
  const std::vector<Area> areas = tile(area, least, focus, style.space(2));
  if (!areas.empty()) {
    for (std::size_t i = 0; i < shown.size(); ++i)
      draw_card(*find(shown[i]), areas[i], controls, live, false);
    return;
  }
  if (std::find(shown.begin(), shown.end(), stage_tab_) == shown.end())
    stage_tab_ = shown[focus];
  const float strip = style.space(9);
  tabs(shown, stage_tab_, {area.x, area.y, area.width, strip}, controls, "stage.tab.");
  draw_card(*find(stage_tab_), {area.x, area.y + strip, area.width, area.height - strip}, controls,
            live, true);
}

void PanelCards::draw_inspector(const Area& area, Controls& controls, PanelContext* live) {
  if (area.empty())
    return;
  const Style& style = controls.style();
  std::vector<std::string> ids;
  for (const auto id : kInspectorPanels) {
    if (!is_open(id) && find(id) != nullptr)
      ids.emplace_back(id);
  }
  if (ids.empty())
    return;
  if (std::find(ids.begin(), ids.end(), inspected_) == ids.end())
    inspected_ = ids.front();
  const float strip = style.space(9);
  if (tabs(ids, inspected_, {area.x, area.y, area.width, strip}, controls, "inspector.tab."))
    focused_.clear();
  draw_card(*find(inspected_), {area.x, area.y + strip, area.width, area.height - strip}, controls,
            live, true);
}

void PanelCards::draw_card(const Entry& entry, const Area& area, Controls& controls,
                           PanelContext* live, bool tabbed) {
  const Style& style = controls.style();
  drawing_areas_[entry.id] = area;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low_of(area), high_of(area), ink(style, Ink::Surface), style.corner());

  // "registers/eflags" highlights the card and names the part.
  bool highlighted = false;
  std::string part;
  for (const std::string& wish : highlighted_) {
    if (wish.compare(0, entry.id.size(), entry.id) != 0)
      continue;
    if (wish.size() == entry.id.size())
      highlighted = true;
    else if (wish[entry.id.size()] == '/') {
      highlighted = true;
      part += (part.empty() ? "" : ", ") + wish.substr(entry.id.size() + 1);
    }
  }
  const bool focused = focused_ == entry.id;
  draw->AddRect(low_of(area), high_of(area),
                ink(style, highlighted || focused ? Ink::Accent : Ink::Border), style.corner(),
                ImDrawFlags_None, highlighted || focused ? style.stroke() : style.hairline());

  const float pad = style.space(3), header = tabbed ? style.space(2) : style.space(9);
  if (!tabbed || highlighted) {
    const float text = controls.font(FontRole::Strong)->FontSize;
    const float y = area.y + (style.space(9.5F) - text) * 0.5F;
    float right = area.right() - style.space(1);
    if (!tabbed) {
      const float square = style.space(8);
      const auto corner_button = [&](const char* verb, Icon icon, const char* tooltip,
                                     bool chosen) {
        right -= square;
        ImGui::SetCursorScreenPos({right, area.y + style.space(0.75F)});
        ButtonLook look;
        look.emphasis = Emphasis::Quiet;
        look.icon = icon;
        look.width = square;
        look.tooltip = tooltip;
        look.chosen = chosen;
        return controls.button(std::string("panel.") + verb + "." + entry.id, "", look);
      };
      if (corner_button("close", Icon::Close, "Close this panel", false)) {
        toggle(entry.id);
        return;
      }
      if (corner_button("maximize", Icon::Maximize, "Fill the stage, or back",
                        maximized_ == entry.id)) {
        maximize(entry.id);
      }
    }
    if (highlighted) {
      const std::string look_here = part.empty() ? "look here" : "look at " + part;
      right -= controls.chip_width(look_here) + style.space(1.5F);
      ImGui::SetCursorScreenPos({right, area.y + style.space(1.75F)});
      controls.chip(look_here, Ink::Accent);
    }
    if (!tabbed) {
      controls.fitted_at(draw, {area.x + pad, y}, right - area.x - 2 * pad, entry.title,
                         FontRole::Strong, ink(style, Ink::Text));
    }
  }
  const float top = tabbed && highlighted ? style.space(9) : header;
  if (live != nullptr)
    live->highlighted_part = part;
  draw_body(entry,
            {area.x + pad, area.y + top, area.width - 2 * pad, area.height - top - style.space(2)},
            controls, live);
}

void PanelCards::draw_body(const Entry& entry, const Area& area, Controls& controls,
                           PanelContext* live) {
  if (area.width < 8 || area.height < 8)
    return;
  const Style& style = controls.style();
  ImGui::SetCursorScreenPos(low_of(area));
  const std::string id = "##body." + entry.id;
  // Once: a field that the user clicks elsewhere must keep the keyboard.
  if (focus_pending_ && focused_ == entry.id) {
    ImGui::SetNextWindowFocus();
    focus_pending_ = false;
  }
  ImGui::PushFont(controls.font(FontRole::Body));
  ImGui::BeginChild(id.c_str(), {area.width, area.height}, false, ImGuiWindowFlags_None);
  if (entry.extra != nullptr) {
    entry.extra->draw(controls);
  } else if (live == nullptr) {
    // Honest until something ran: what will be seen here, not an example of it.
    ImGui::Dummy({0, area.height * 0.5F - style.space(8)});
    controls.paragraph(entry.purpose, FontRole::Body, Ink::MutedText);
    controls.paragraph("It is drawn from what the guest does, once the guest runs.",
                       FontRole::Small, Ink::MutedText);
  } else if (recording_ == entry.id) {
    SvgRecorder recorder({area.x, area.y}, area.width, area.height, style.color(Ink::Surface));
    live->svg = &recorder;
    entry.panel->draw(*live);
    live->svg = nullptr;
    svg_ = recorder.document(entry.title);
    recording_.clear();
  } else {
    entry.panel->draw(*live);
  }
  ImGui::EndChild();
  ImGui::PopFont();
}

}  // namespace gv
