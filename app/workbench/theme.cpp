// SPDX-License-Identifier: MIT
//
// theme.cpp - one assignment per token.

#include "workbench/theme.h"

namespace gv {

ImVec4 vec4(Color c) {
  return {static_cast<float>(c.red) / 255.0F, static_cast<float>(c.green) / 255.0F,
          static_cast<float>(c.blue) / 255.0F, static_cast<float>(c.alpha) / 255.0F};
}

void apply_theme(const Style& style) {
  ImGuiStyle& s = ImGui::GetStyle();
  s = ImGuiStyle();
  s.WindowPadding = {style.space(3), style.space(3)};
  s.FramePadding = {style.space(2), style.space(1.25F)};
  s.ItemSpacing = {style.space(2), style.space(1.5F)};
  s.ItemInnerSpacing = {style.space(1.5F), style.space(1)};
  s.CellPadding = {style.space(1.5F), style.space(0.75F)};
  s.ScrollbarSize = style.space(2.5F);
  s.GrabMinSize = style.space(3);
  s.WindowRounding = 0;
  s.ChildRounding = 0;
  s.FrameRounding = s.GrabRounding = s.ScrollbarRounding = style.corner() * 0.67F;
  s.PopupRounding = style.corner();
  s.TabRounding = style.corner() * 0.67F;
  s.WindowBorderSize = 0;
  s.ChildBorderSize = 0;
  s.PopupBorderSize = style.hairline();
  s.FrameBorderSize = 0;
  s.IndentSpacing = style.space(4);
  // Curves stay smooth at 4K: ImGui's default tolerance is meant for scale 1.
  s.CurveTessellationTol = 1.0F;

  const auto set = [&](ImGuiCol slot, Color color) { s.Colors[slot] = vec4(color); };
  const auto c = [&](Ink which) { return style.color(which); };
  set(ImGuiCol_Text, c(Ink::Text));
  set(ImGuiCol_TextDisabled, c(Ink::MutedText));
  set(ImGuiCol_WindowBg, c(Ink::Surface));
  set(ImGuiCol_ChildBg, Color{0, 0, 0, 0});
  set(ImGuiCol_PopupBg, c(Ink::Surface));
  set(ImGuiCol_Border, c(Ink::Border));
  set(ImGuiCol_BorderShadow, Color{0, 0, 0, 0});
  set(ImGuiCol_FrameBg, c(Ink::Raised));
  set(ImGuiCol_FrameBgHovered, c(Ink::Hovered));
  set(ImGuiCol_FrameBgActive, c(Ink::Selected));
  set(ImGuiCol_TitleBg, c(Ink::Surface));
  set(ImGuiCol_TitleBgActive, c(Ink::Surface));
  set(ImGuiCol_ScrollbarBg, Color{0, 0, 0, 0});
  set(ImGuiCol_ScrollbarGrab, c(Ink::Border));
  set(ImGuiCol_ScrollbarGrabHovered, c(Ink::MutedText));
  set(ImGuiCol_ScrollbarGrabActive, c(Ink::MutedText));
  set(ImGuiCol_CheckMark, c(Ink::Accent));
  set(ImGuiCol_SliderGrab, c(Ink::Accent));
  set(ImGuiCol_SliderGrabActive, c(Ink::Accent));
  set(ImGuiCol_Button, c(Ink::Raised));
  set(ImGuiCol_ButtonHovered, c(Ink::Hovered));
  set(ImGuiCol_ButtonActive, c(Ink::Selected));
  set(ImGuiCol_Header, c(Ink::Selected));
  set(ImGuiCol_HeaderHovered, c(Ink::Hovered));
  set(ImGuiCol_HeaderActive, c(Ink::Selected));
  set(ImGuiCol_Separator, c(Ink::Border));
  set(ImGuiCol_SeparatorHovered, c(Ink::Accent));
  set(ImGuiCol_SeparatorActive, c(Ink::Accent));
  set(ImGuiCol_ResizeGrip, Color{0, 0, 0, 0});
  set(ImGuiCol_Tab, c(Ink::Raised));
  set(ImGuiCol_TabHovered, c(Ink::Hovered));
  set(ImGuiCol_TabActive, c(Ink::Selected));
  set(ImGuiCol_TabUnfocused, c(Ink::Raised));
  set(ImGuiCol_TabUnfocusedActive, c(Ink::Selected));
  set(ImGuiCol_PlotLines, c(Ink::Accent));
  set(ImGuiCol_PlotHistogram, c(Ink::Accent));
  set(ImGuiCol_TableHeaderBg, c(Ink::Raised));
  set(ImGuiCol_TableBorderStrong, c(Ink::Border));
  set(ImGuiCol_TableBorderLight, c(Ink::Border));
  set(ImGuiCol_TableRowBg, Color{0, 0, 0, 0});
  set(ImGuiCol_TableRowBgAlt, Color{0, 0, 0, 0});
  set(ImGuiCol_TextSelectedBg, c(Ink::Selected));
  set(ImGuiCol_NavHighlight, c(Ink::Accent));
  set(ImGuiCol_NavWindowingHighlight, c(Ink::Accent));
  set(ImGuiCol_ModalWindowDimBg, style.faded(Ink::Background, 0.7F));
}

}  // namespace gv
