// SPDX-License-Identifier: MIT
//
// workbench_rooms.cpp - one frame: rooms, top bar, splitters, messages.

#include "workbench/workbench.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace gv {
namespace {

constexpr ImGuiWindowFlags kRoomFlags =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoBackground |
    ImGuiWindowFlags_NoScrollWithMouse;

// At scale 1: a line of Lua fits.
constexpr float kCodeWidth = 540;

}  // namespace

void Workbench::draw() {
  ImGuiIO& io = ImGui::GetIO();
  // Within a panel that has the keyboard ImGui's navigation may work; elsewhere keys are the
  // lesson's.
  if (cards_.focused().empty())
    io.ConfigFlags &= ~ImGuiConfigFlags_NavEnableKeyboard;
  else
    io.ConfigFlags |= ImGuiConfigFlags_NavEnableKeyboard;

  ring_.begin_frame();
  cards_.begin_frame();
  controls_.begin_frame();
  selection_.begin_frame();
  panels_move_ = false;
  audit_.cut.clear();

  LayoutWishes wishes;
  wishes.scale = style_.scale();
  wishes.lesson_width = preferences_.lesson_width;
  wishes.inspector_width = preferences_.inspector_width;
  wishes.has_lesson = pane_ != nullptr;
  if (pane_ && pane_->has_task())
    wishes.lesson_width = std::max(wishes.lesson_width, kCodeWidth);
  wishes.presenting = presenting_;
  wishes.only = room_;
  const Rooms rooms = lay_out_rooms(io.DisplaySize.x, io.DisplaySize.y, wishes);

  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(io.DisplaySize);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2{0, 0});
  ImGui::PushFont(controls_.font(FontRole::Body));
  ImGui::Begin("##workbench", nullptr, kRoomFlags);
  ImGui::PopStyleVar();

  ViewRequest wanted;
  std::optional<PanelContext> live;
  if (machine_.session() != nullptr) {
    live.emplace(PanelContext{machine_.snapshot(),
                              machine_.events(),
                              machine_,
                              machine_,
                              selection_,
                              breakpoints_,
                              style_,
                              wanted,
                              0,
                              nullptr,
                              nullptr,
                              nullptr,
                              {}});
    live->animation_time = ImGui::GetTime();
    live->compared = compared_ ? &*compared_ : nullptr;
    live->audit = &audit_;
    live->race = &race_;
    live->reduced_motion = preferences_.reduced_motion;
    live->controls_may_change = may("execution-controls");
  }
  PanelContext* context = live ? &*live : nullptr;

  // Drawn in reading order, which is also the order of Tab.
  draw_top_bar(rooms.top_bar, rooms);
  if (pane_)
    pane_->draw(rooms.lesson, controls_, presenting_);
  cards_.draw_stage(rooms.stage, controls_, context);
  cards_.draw_inspector(rooms.inspector, controls_, context);
  TimeBar::Context time{machine_, actions_, can_move("scrub"), why_not_move()};
  time_bar_.draw(rooms.time_bar, controls_, time);
  draw_splitters(rooms);
  ImGui::End();

  draw_menu();
  draw_messages(rooms);
  palette_.draw(controls_, actions_);
  help_.draw(controls_, actions_);
  ImGui::PopFont();

  if (live) {
    panels_move_ = live->wants_frames && !preferences_.reduced_motion;
    panels_type_ = live->takes_keyboard;  // the guest has the keyboard: our own keys rest
    machine_.want(wanted);
    tell_breakpoints();
  }
}

void Workbench::draw_top_bar(const Area& area, const Rooms& rooms) {
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float pad = style_.space(4), middle = area.y + area.height * 0.5F;
  const float button = style_.space(3.25F) + controls_.font(FontRole::Body)->FontSize;
  const auto centred = [&](float height) { return std::round(middle - height * 0.5F); };

  // From the right: what can be pressed, then engine and technique, which the screen always names.
  float right = area.right() - pad;
  const Action* find = actions_.find("app.palette");
  const auto place = [&](float width, float height) {
    right -= width;
    ImGui::SetCursorScreenPos({std::round(right), centred(height)});
  };
  const bool narrow = area.width < style_.space(190);
  {
    ButtonLook look;
    look.emphasis = Emphasis::Quiet;
    look.icon = Icon::Menu;
    look.width = style_.space(10);
    look.tooltip = "Menu (F2)";
    place(look.width, button);
    if (controls_.button("app.menu", "", look))
      actions_.run("app.menu");
  }
  {
    ButtonLook look;
    look.emphasis = Emphasis::Quiet;
    look.icon = Icon::Search;
    const std::string key = find->key_label();
    if (!narrow)
      look.key = key;
    look.tooltip = "Find any action (Ctrl+K)";
    look.width = narrow ? style_.space(10) : style_.space(27);
    right -= style_.space(1);
    place(look.width, button);
    if (controls_.button("app.palette", narrow ? "" : "Find", look))
      actions_.run("app.palette");
  }
  right -= style_.space(2);
  if (!rooms.one_room && machine_.session() != nullptr) {
    const Snapshot& now = machine_.snapshot();
    const bool running = machine_.running();
    const float height = controls_.font(FontRole::Small)->FontSize + style_.space(2);
    const auto chip = [&](const std::string& text, Ink which, Icon icon) {
      right -= style_.space(1.5F);
      place(controls_.chip_width(text, icon), height);
      controls_.chip(text, which, icon);
    };
    chip(running            ? "running"
         : machine_.ended() ? "ended"
                            : "stopped",
         running            ? Ink::Good
         : machine_.ended() ? Ink::MutedText
                            : Ink::Changed,
         running ? Icon::Run : Icon::Pause);
    chip(std::string(name_of(now.technique)), Ink::Hypervisor, Icon::None);
    const bool emulated =
        now.technique == TechniqueKind::HardwareAssisted && now.engine != EngineKind::Kvm;
    chip("engine " + std::string(name_of(now.engine)) + (emulated ? ", emulated VT-x" : ""),
         Ink::Hardware, Icon::None);
  }
  float x = area.x + pad;
  const float strong = controls_.font(FontRole::Strong)->FontSize;
  if (rooms.one_room) {
    draw_room_tabs({x, area.y, right - x - style_.space(2), area.height});
    return;
  }
  // The mark: two storeys of glass, one in front of the other.
  const float s = style_.space(2.25F);
  draw->AddRect({x, middle - s * 0.2F}, {x + s * 1.5F, middle + s}, ink(style_, Ink::MutedText),
                style_.hairline() * 2, ImDrawFlags_None, style_.stroke() * 0.75F);
  draw->AddRectFilled({x + s * 0.6F, middle - s}, {x + s * 2.1F, middle + s * 0.3F},
                      packed(style_.faded(Ink::Accent, 0.85F)), style_.hairline() * 2);
  x += s * 2.1F + style_.space(2.5F);
  controls_.text_at(draw, {x, middle - strong * 0.5F}, "Glassvisor", FontRole::Strong,
                    ink(style_, Ink::Text));
  x += controls_.measure("Glassvisor", FontRole::Strong).x + style_.space(4);
  std::string subject = image_name_;
  if (pane_)
    subject = pane_->view().title;
  draw->AddLine({x, middle - strong * 0.6F}, {x, middle + strong * 0.6F}, ink(style_, Ink::Border),
                style_.hairline());
  x += style_.space(4);
  const float body = controls_.font(FontRole::Body)->FontSize;
  controls_.fitted_at(draw, {x, middle - body * 0.5F}, right - x - style_.space(4),
                      presenting_ ? subject + "  ·  presenting" : subject, FontRole::Body,
                      ink(style_, Ink::MutedText));
}

void Workbench::draw_room_tabs(const Area& area) {
  struct Tab {
    Room room;
    const char *id, *label;
  };
  constexpr std::array<Tab, 3> kTabs = {{{Room::Lesson, "room.lesson", "Lesson"},
                                         {Room::Stage, "room.stage", "Stage"},
                                         {Room::Inspector, "room.inspector", "Inspector"}}};
  const float height = style_.space(3.25F) + controls_.font(FontRole::Body)->FontSize;
  ImGui::SetCursorScreenPos({area.x, std::round(area.y + (area.height - height) * 0.5F)});
  const float gap = style_.space(1);
  const float each = std::min(style_.space(32), (area.width - 2 * gap) / 3);
  bool first = true;
  for (const Tab& tab : kTabs) {
    if (!first)
      ImGui::SameLine(0, gap);
    first = false;
    ButtonLook look;
    look.emphasis = Emphasis::Quiet;
    look.chosen = room_ == tab.room;
    look.enabled = tab.room != Room::Lesson || pane_ != nullptr;
    look.width = each;
    if (controls_.button(tab.id, tab.label, look))
      room_ = tab.room;
  }
}

void Workbench::draw_menu() {
  if (menu_wanted_) {
    menu_wanted_ = false;
    ImGui::OpenPopup("##menu");
  }
  const ImVec2 corner = {ImGui::GetIO().DisplaySize.x - style_.space(4), style_.space(11)};
  ImGui::SetNextWindowPos(corner, ImGuiCond_Always, {1, 0});
  if (!ImGui::BeginPopup("##menu"))
    return;
  std::vector<std::string> groups;
  for (const Action& action : actions_.all()) {
    if (action.listed && std::find(groups.begin(), groups.end(), action.group) == groups.end())
      groups.push_back(action.group);
  }
  std::string run;
  for (const std::string& group : groups) {
    if (!ImGui::BeginMenu(group.c_str()))
      continue;
    for (const Action& action : actions_.all()) {
      if (!action.listed || action.group != group)
        continue;
      const std::string key = action.key_label();
      bool ticked = action.group == "Panels" && cards_.is_open(action.id.substr(6));
      if (ImGui::MenuItem(action.title.c_str(), key.c_str(), ticked, action.is_enabled()))
        run = action.id;
    }
    ImGui::EndMenu();
  }
  ImGui::EndPopup();
  if (!run.empty())
    actions_.run(run);
}

void Workbench::draw_splitters(const Rooms& rooms) {
  const auto splitter = [&](const char* id, float x, float& width, float direction, float least,
                            float usual) {
    if (x <= 0)
      return;
    const float grip = style_.space(2);
    const float top = rooms.top_bar.bottom(), height = std::max(1.0F, rooms.time_bar.y - top);
    ImGui::SetCursorScreenPos({x - grip * 0.5F, top});
    ImGui::InvisibleButton(id, {grip, height});
    const bool held = ImGui::IsItemActive(), hovered = ImGui::IsItemHovered();
    if (hovered || held) {
      ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
      ImGui::GetWindowDrawList()->AddRectFilled({x - style_.stroke() * 0.5F, top},
                                                {x + style_.stroke() * 0.5F, top + height},
                                                ink(style_, Ink::Accent));
    }
    if (held && ImGui::IsMouseDragging(ImGuiMouseButton_Left, 0)) {
      width = std::clamp(width + direction * ImGui::GetIO().MouseDelta.x / style_.scale(), least,
                         900.0F);
    }
    if (hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left))
      width = usual;
  };
  const Preferences usual;
  splitter("##split.lesson", rooms.lesson_splitter, preferences_.lesson_width, 1, 240,
           usual.lesson_width);
  splitter("##split.inspector", rooms.inspector_splitter, preferences_.inspector_width, -1, 220,
           usual.inspector_width);
}

void Workbench::draw_messages(const Rooms& rooms) {
  if (messages_.empty() || picture_wanted_)  // a picture is not of the last one's message
    return;
  ImDrawList* draw = ImGui::GetForegroundDrawList();
  float bottom = rooms.time_bar.y - style_.space(3);
  const float most = ImGui::GetIO().DisplaySize.x * 0.6F;
  for (auto it = messages_.rbegin(); it != messages_.rend(); ++it) {
    const ImVec2 size = controls_.measure(it->text, FontRole::Body, most);
    const ImVec2 pad = {style_.space(4), style_.space(2.5F)};
    const float x = std::round((ImGui::GetIO().DisplaySize.x - size.x) * 0.5F);
    const ImVec2 low = {x - pad.x, bottom - size.y - 2 * pad.y},
                 high = {x + size.x + pad.x, bottom};
    draw->AddRectFilled(low, high, ink(style_, Ink::Text), style_.corner());
    controls_.text_at(draw, {x, low.y + pad.y}, it->text, FontRole::Body, ink(style_, Ink::Surface),
                      most);
    bottom = low.y - style_.space(1.5F);
  }
}

}  // namespace gv
