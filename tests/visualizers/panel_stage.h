// SPDX-License-Identifier: MIT
//
// panel_stage.h - draws one panel without a window: ImGui's draw data is looked at, and written as
// PNG when GV_PICTURES names a folder.
//
// Only tests use it.

#pragma once

#include "gv/session.h"
#include "sample_run.h"
#include "software_picture.h"
#include "visualizers/drawing/svg_recorder.h"
#include "visualizers/panel.h"

#include <gtest/gtest.h>
#include <imgui.h>

#include <array>
#include <cstdlib>
#include <string>

namespace gv::testing {

inline constexpr std::array<const char*, kFontRoleCount> kFonts = {
    "/usr/share/fonts/opentype/inter/Inter-Regular.otf",
    "/usr/share/fonts/opentype/inter/Inter-SemiBold.otf",
    "/usr/share/fonts/opentype/inter/Inter-Regular.otf",
    "/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf",
    "/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-SemiBold.ttf",
    "/usr/share/fonts/opentype/inter/Inter-SemiBold.otf"};

inline bool readable(const char* path) {
  if (FILE* file = std::fopen(path, "rb"))
    return std::fclose(file) == 0;
  return false;
}

// One ImGui context with the real fonts at one scale.
class Stage {
 public:
  Stage(Theme theme, float scale) : style_(theme, scale), context_(ImGui::CreateContext()) {
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.DeltaTime = 1.0F / 60;
    io.DisplaySize = {100, 100};
    for (int i = 0; i < kFontRoleCount; ++i) {
      const auto role = static_cast<FontRole>(i);
      const char* path = kFonts[static_cast<std::size_t>(i)];
      ImFontConfig config;
      config.SizePixels = Style::font_pixels(role, scale);
      static constexpr ImWchar kFew[] = {0x20,   0xff,   0x2010, 0x2027, 0x2190, 0x2199,
                                         0x2260, 0x2265, 0x2500, 0x25ff, 0};
      ImFont* font = readable(path)
                         ? io.Fonts->AddFontFromFileTTF(path, config.SizePixels, &config, kFew)
                         : io.Fonts->AddFontDefault(&config);
      style_.set_font(role, font);
    }
    unsigned char* pixels = nullptr;
    int width = 0, height = 0;
    io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
    ImGui::GetStyle().WindowPadding = {style_.space(3), style_.space(3)};
    ImGui::GetStyle().FramePadding = {style_.space(2), style_.space(1)};
    ImGui::GetStyle().WindowBorderSize = 0;
    const Color ground = style_.color(Ink::Surface), text = style_.color(Ink::Text),
                field = style_.color(Ink::Raised);
    ImGui::GetStyle().Colors[ImGuiCol_WindowBg] = ImColor(ground.red, ground.green, ground.blue);
    ImGui::GetStyle().Colors[ImGuiCol_Text] = ImColor(text.red, text.green, text.blue);
    ImGui::GetStyle().Colors[ImGuiCol_FrameBg] = ImColor(field.red, field.green, field.blue);
  }
  ~Stage() { ImGui::DestroyContext(context_); }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  const Style& style() const { return style_; }

  // Draws `frames` frames; the last one's draw data stays valid.
  void show(Panel& panel, const Snapshot& snapshot, const EventView& events, Panel::Size size,
            int frames = 2) {
    const float margin = 2 * ImGui::GetStyle().WindowPadding.x;
    const ImVec2 outer{size.width * style_.scale() + margin, size.height * style_.scale() + margin};
    ImGui::GetIO().DisplaySize = outer;
    for (int i = 0; i < frames; ++i) {
      audit = {};
      wanted = {};
      ImGui::NewFrame();
      ImGui::PushFont(style_.font(FontRole::Body));
      ImGui::SetNextWindowPos({0, 0});
      ImGui::SetNextWindowSize(outer);
      ImGui::Begin("panel", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove);
      selection.begin_frame();
      PanelContext context{
          snapshot, events,    shown_guest ? *shown_guest : static_cast<const GuestText&>(guest),
          commands, selection, breakpoints,
          style_,   wanted};
      context.animation_time = time += 0.1;
      context.compared = compared;
      context.race = race;
      context.highlighted_part = part;
      context.controls_may_change = controls_may_change;
      context.audit = &audit;
      context.svg = svg;
      panel.draw(context);
      moves = context.wants_frames;
      ImGui::End();
      ImGui::PopFont();
      ImGui::Render();
    }
  }
  void keep(const std::string& name) {
    const char* folder = std::getenv("GV_PICTURES");
    if (!folder)
      return;
    const Color g = style_.color(Ink::Surface);
    EXPECT_TRUE(write_png(rasterize(*ImGui::GetDrawData(), g.red, g.green, g.blue),
                          std::string(folder) + "/" + name + ".png"));
  }

  SampleGuest guest;
  const GuestText* shown_guest = nullptr;  // instead of the sample
  CommandList commands;
  Selection selection;
  BreakpointList breakpoints;
  ViewRequest wanted;
  TextAudit audit;
  const ComparedLedger* compared = nullptr;
  RaceSetup* race = nullptr;
  std::string part;  // that a lesson points at
  bool controls_may_change = true;
  SvgRecorder* svg = nullptr;
  double time = 0;
  bool moves = false;

 private:
  Style style_;
  ImGuiContext* context_;
};

inline std::string listed(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts)
    out += "\n  '" + text + "'";
  return out;
}

// Not a sample: what the panels show of a guest that has really run.
struct SessionGuest : GuestText {
  explicit SessionGuest(const Session& shown) : session(shown) {}
  std::string console(std::uint64_t from) const override { return session.console(from); }
  const std::vector<Symbol>& symbols() const override { return session.symbols(); }
  std::string symbolize(Gva address) const override { return session.symbolize(address); }
  const Session& session;
};

}  // namespace gv::testing
