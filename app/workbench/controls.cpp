// SPDX-License-Identifier: MIT
//
// controls.cpp - drawing and pressing.

#include "workbench/controls.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace gv {

ImFont* Controls::font(FontRole role) const {
  ImFont* own = style_.font(role);
  return own != nullptr ? own : ImGui::GetFont();
}

ImVec2 Controls::measure(std::string_view text, FontRole role, float wrap) const {
  ImFont* f = font(role);
  return f->CalcTextSizeA(f->FontSize, 1.0e6F, wrap, text.data(), text.data() + text.size());
}

void Controls::text_at(ImDrawList* draw, ImVec2 at, std::string_view text, FontRole role,
                       ImU32 color, float wrap) const {
  ImFont* f = font(role);
  draw->AddText(f, f->FontSize, {std::round(at.x), std::round(at.y)}, color, text.data(),
                text.data() + text.size(), wrap);
}

void Controls::fitted_at(ImDrawList* draw, ImVec2 at, float width, std::string_view text,
                         FontRole role, ImU32 color) {
  if (measure(text, role).x <= width + 0.5F) {
    text_at(draw, at, text, role, color);
    return;
  }
  ++cut_texts_;
  std::size_t length = text.size();
  std::string cut;
  do {
    while (length > 0 && (static_cast<unsigned char>(text[--length]) & 0xc0) == 0x80) {
    }
    cut = std::string(text.substr(0, length)) + "…";
  } while (length > 0 && measure(cut, role).x > width);
  text_at(draw, at, cut, role, color);
}

void Controls::icon_at(ImDrawList* draw, ImVec2 c, float size, Icon icon, ImU32 color) const {
  const float h = size * 0.5F, bar = std::max(1.5F, size * 0.14F);
  const auto forward = [&](float x) {
    draw->AddTriangleFilled({x - h * 0.6F, c.y - h * 0.8F}, {x - h * 0.6F, c.y + h * 0.8F},
                            {x + h * 0.6F, c.y}, color);
  };
  const auto backward = [&](float x) {
    draw->AddTriangleFilled({x + h * 0.6F, c.y - h * 0.8F}, {x - h * 0.6F, c.y},
                            {x + h * 0.6F, c.y + h * 0.8F}, color);
  };
  const auto wall = [&](float x) {
    draw->AddRectFilled({x - bar * 0.5F, c.y - h * 0.8F}, {x + bar * 0.5F, c.y + h * 0.8F}, color);
  };
  // The arrow that goes up a storey: control leaves the guest.
  const auto climb = [&](float direction) {
    const float x = c.x + direction * h * 0.35F;
    draw->AddLine({c.x - direction * h * 0.9F, c.y + h * 0.7F}, {x, c.y + h * 0.7F}, color, bar);
    draw->AddLine({x, c.y + h * 0.7F + bar * 0.5F}, {x, c.y - h * 0.2F}, color, bar);
    draw->AddTriangleFilled({x - h * 0.5F, c.y - h * 0.15F}, {x + h * 0.5F, c.y - h * 0.15F},
                            {x, c.y - h * 0.9F}, color);
  };
  switch (icon) {
    case Icon::None:
      break;
    case Icon::StepForward:
      wall(c.x - h * 0.7F);
      forward(c.x + h * 0.25F);
      break;
    case Icon::StepBack:
      wall(c.x + h * 0.7F);
      backward(c.x - h * 0.25F);
      break;
    case Icon::Run:
      forward(c.x + h * 0.1F);
      break;
    case Icon::RunBack:
      backward(c.x - h * 0.1F);
      break;
    case Icon::Pause:
      wall(c.x - h * 0.4F);
      wall(c.x + h * 0.4F);
      break;
    case Icon::NextExit:
      climb(1.0F);
      break;
    case Icon::PreviousExit:
      climb(-1.0F);
      break;
    case Icon::ToStart:
      wall(c.x - h * 0.8F);
      backward(c.x - h * 0.05F);
      break;
    case Icon::ToEnd:
      wall(c.x + h * 0.8F);
      forward(c.x + h * 0.05F);
      break;
    case Icon::Menu:
      for (const float y : {-0.55F, 0.0F, 0.55F}) {
        draw->AddRectFilled({c.x - h * 0.8F, c.y + h * y - bar * 0.5F},
                            {c.x + h * 0.8F, c.y + h * y + bar * 0.5F}, color);
      }
      break;
    case Icon::Check: {
      const std::array<ImVec2, 3> tick = {ImVec2{c.x - h * 0.7F, c.y},
                                          {c.x - h * 0.15F, c.y + h * 0.55F},
                                          {c.x + h * 0.75F, c.y - h * 0.6F}};
      draw->AddPolyline(tick.data(), 3, color, ImDrawFlags_None, bar * 1.2F);
      break;
    }
    case Icon::Cross:
    case Icon::Close:
      draw->AddLine({c.x - h * 0.6F, c.y - h * 0.6F}, {c.x + h * 0.6F, c.y + h * 0.6F}, color, bar);
      draw->AddLine({c.x + h * 0.6F, c.y - h * 0.6F}, {c.x - h * 0.6F, c.y + h * 0.6F}, color, bar);
      break;
    case Icon::Maximize:
      draw->AddRect({c.x - h * 0.65F, c.y - h * 0.65F}, {c.x + h * 0.65F, c.y + h * 0.65F}, color,
                    0, ImDrawFlags_None, bar * 0.8F);
      break;
    case Icon::Search:
      draw->AddCircle({c.x - h * 0.15F, c.y - h * 0.15F}, h * 0.5F, color, 0, bar);
      draw->AddLine({c.x + h * 0.25F, c.y + h * 0.25F}, {c.x + h * 0.75F, c.y + h * 0.75F}, color,
                    bar);
      break;
  }
}

// ImGui from 1.90.1 on gives the keyboard only to what is in the focused window.
void Controls::focus_next_item() {
  ImGui::SetWindowFocus();
  ImGui::SetKeyboardFocusHere();
}

void Controls::focus_ring(ImDrawList* draw, ImVec2 low, ImVec2 high) const {
  const float gap = style_.space(0.5F);
  draw->AddRect({low.x - gap, low.y - gap}, {high.x + gap, high.y + gap}, ink(style_, Ink::Accent),
                style_.corner() + gap, ImDrawFlags_None, style_.stroke());
}

bool Controls::button(std::string_view id, std::string_view label, const ButtonLook& look) {
  const float pad = style_.space(look.emphasis == Emphasis::Quiet ? 1.75F : 2.5F);
  const float gap = style_.space(1.5F);
  const ImVec2 text = label.empty() ? ImVec2{0, 0} : measure(label, FontRole::Body);
  const ImVec2 key = look.key.empty() ? ImVec2{0, 0} : measure(look.key, FontRole::Small);
  const float icon = look.icon == Icon::None ? 0 : style_.space(4);
  const float height = std::round(style_.space(3.25F) + font(FontRole::Body)->FontSize);
  float content = text.x + icon + key.x;
  if (icon > 0 && text.x + key.x > 0)
    content += gap;
  if (key.x > 0 && text.x > 0)
    content += gap;
  const float width = std::round(look.width > 0 ? look.width : content + 2 * pad);

  const ImVec2 low = ImGui::GetCursorScreenPos();
  const ImVec2 high = {low.x + width, low.y + height};
  const std::string imgui_id = "##" + std::string(id);
  bool pressed = ImGui::InvisibleButton(imgui_id.c_str(), {width, height});
  const bool hovered = ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled);
  const bool held = ImGui::IsItemActive();
  pressed = ring_.add(id, low, high, look.enabled) || pressed;

  ImDrawList* draw = ImGui::GetWindowDrawList();
  const bool primary = look.emphasis == Emphasis::Primary;
  Color ground = style_.color(primary ? Ink::Accent : look.chosen ? Ink::Selected : Ink::Raised);
  Color front = style_.color(primary ? Ink::OnAccent : Ink::Text);
  if (!look.enabled) {
    ground = style_.color(Ink::Raised);
    front = style_.color(Ink::MutedText);
    front.alpha = 150;
  } else if (hovered || held) {
    ground = primary ? mixed(ground, style_.color(Ink::Text), 0.14F)
                     : style_.color(held ? Ink::Selected : Ink::Hovered);
  }
  const bool flat = look.emphasis == Emphasis::Quiet && !look.chosen && !(hovered && look.enabled);
  if (!flat)
    draw->AddRectFilled(low, high, packed(ground), style_.corner());
  if (look.emphasis == Emphasis::Normal || (primary && !look.enabled)) {
    draw->AddRect(low, high, ink(style_, Ink::Border), style_.corner(), ImDrawFlags_None,
                  style_.hairline());
  }
  float x = low.x + std::max(pad * 0.6F, (width - content) * 0.5F);
  const float room = high.x - pad * 0.6F;
  if (icon > 0) {
    icon_at(draw, {x + icon * 0.5F, (low.y + high.y) * 0.5F}, icon * 0.8F, look.icon,
            packed(front));
    x += icon + gap;
  }
  if (text.x > 0) {
    fitted_at(draw, {x, low.y + (height - text.y) * 0.5F}, room - x - (key.x > 0 ? key.x + gap : 0),
              label, FontRole::Body, packed(front));
    x += text.x + gap;
  }
  if (key.x > 0) {
    Color quiet = primary && look.enabled ? front : style_.color(Ink::MutedText);
    if (!look.enabled)
      quiet.alpha = 150;
    text_at(draw, {std::min(x, room - key.x), low.y + (height - key.y) * 0.5F}, look.key,
            FontRole::Small, packed(quiet));
  }
  if (ring_.has_focus(id))
    focus_ring(draw, low, high);
  if (hovered && !look.tooltip.empty()) {
    ImGui::SetTooltip("%.*s", static_cast<int>(look.tooltip.size()), look.tooltip.data());
  }
  return pressed && look.enabled;
}

bool Controls::card(std::string_view id, std::string_view text, const CardLook& look) {
  const float pad = style_.space(3), badge = look.badge.empty() ? 0 : style_.space(6);
  const float width = ImGui::GetContentRegionAvail().x;
  const float wrap = width - 2 * pad - (badge > 0 ? badge + style_.space(2.5F) : 0);
  const ImVec2 size = measure(text, FontRole::Body, wrap);
  const float note = look.note.empty() ? 0 : font(FontRole::Small)->FontSize + style_.space(1);
  const float height = std::round(std::max(size.y + note, badge) + 2 * style_.space(2.25F));

  const ImVec2 low = ImGui::GetCursorScreenPos();
  const ImVec2 high = {low.x + width, low.y + height};
  const std::string imgui_id = "##" + std::string(id);
  bool pressed = ImGui::InvisibleButton(imgui_id.c_str(), {width, height});
  const bool hovered = ImGui::IsItemHovered() && look.enabled;
  pressed = ring_.add(id, low, high, look.enabled) || pressed;

  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImU32 ground = look.chosen
                           ? packed(style_.tint(look.mark == Ink::Border ? Ink::Accent : look.mark))
                       : hovered ? ink(style_, Ink::Hovered)
                                 : ink(style_, Ink::Raised);
  const ImU32 edge = ink(style_, look.chosen && look.mark == Ink::Border ? Ink::Accent : look.mark);
  draw->AddRectFilled(low, high, ground, style_.corner());
  draw->AddRect(low, high, edge, style_.corner(), ImDrawFlags_None,
                look.chosen ? style_.stroke() : style_.hairline());
  float x = low.x + pad;
  const float middle = low.y + style_.space(2.25F) + badge * 0.5F;
  if (badge > 0) {
    const ImVec2 b_low = {x, middle - badge * 0.5F}, b_high = {x + badge, middle + badge * 0.5F};
    if (look.icon != Icon::None || look.chosen) {
      draw->AddRectFilled(b_low, b_high,
                          ink(style_, look.mark == Ink::Border ? Ink::Accent : look.mark),
                          style_.corner() * 0.67F);
    } else {
      draw->AddRect(b_low, b_high, ink(style_, Ink::MutedText), style_.corner() * 0.67F,
                    ImDrawFlags_None, style_.hairline());
    }
    const ImU32 front = look.icon != Icon::None || look.chosen ? ink(style_, Ink::OnAccent)
                                                               : ink(style_, Ink::MutedText);
    if (look.icon != Icon::None) {
      icon_at(draw, {x + badge * 0.5F, middle}, badge * 0.62F, look.icon, front);
    } else {
      const ImVec2 m = measure(look.badge, FontRole::Small);
      text_at(draw, {x + (badge - m.x) * 0.5F, middle - m.y * 0.5F}, look.badge, FontRole::Small,
              front);
    }
    x += badge + style_.space(2.5F);
  }
  const float top = low.y + (height - size.y - note) * 0.5F;
  text_at(draw, {x, top}, text, FontRole::Body, ink(style_, Ink::Text), wrap);
  if (note > 0) {
    text_at(draw, {x, top + size.y + style_.space(0.5F)}, look.note, FontRole::Small,
            ink(style_, look.mark == Ink::Border ? Ink::MutedText : look.mark));
  }
  if (ring_.has_focus(id))
    focus_ring(draw, low, high);
  return pressed && look.enabled;
}

float Controls::chip_width(std::string_view text, Icon icon) const {
  return measure(text, FontRole::Small).x + style_.space(4) +
         (icon == Icon::None ? 0 : style_.space(4));
}

void Controls::chip(std::string_view text, Ink which, Icon icon) {
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const float height = font(FontRole::Small)->FontSize + style_.space(2);
  const ImVec2 high = {low.x + chip_width(text, icon), low.y + height};
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(low, high, packed(style_.tint(which)), height * 0.5F);
  float x = low.x + style_.space(2);
  if (icon != Icon::None) {
    icon_at(draw, {x + style_.space(1.5F), (low.y + high.y) * 0.5F}, style_.space(3), icon,
            ink(style_, which));
    x += style_.space(4);
  }
  text_at(draw, {x, low.y + style_.space(1)}, text, FontRole::Small, ink(style_, which));
  ImGui::Dummy({high.x - low.x, height});
}

void Controls::line(std::string_view text, FontRole role, Ink which, float width) {
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const ImVec2 size = measure(text, role);
  const float room = width > 0 ? width : ImGui::GetContentRegionAvail().x;
  fitted_at(ImGui::GetWindowDrawList(), low, room, text, role, ink(style_, which));
  ImGui::Dummy({std::min(size.x, room), size.y});
}

void Controls::paragraph(std::string_view text, FontRole role, Ink which) {
  const ImVec2 low = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 size = measure(text, role, width);
  text_at(ImGui::GetWindowDrawList(), low, text, role, ink(style_, which), width);
  ImGui::Dummy({width, size.y});
}

}  // namespace gv
