// SPDX-License-Identifier: MIT

#include "guests/screen_stage.h"

#include <cstdio>

namespace gv::testing {
namespace {

constexpr float kWidth = 720, kHeight = 480;
constexpr const char* kMono = "/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf";

bool readable(const char* path) {
  FILE* const file = std::fopen(path, "rb");
  return file != nullptr && std::fclose(file) == 0;
}

}  // namespace

ScreenStage::ScreenStage(Session& session)
    : session_(session),
      commands_(session),
      style_(Theme::Dark, 1.0F),
      context_(ImGui::CreateContext()) {
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.DeltaTime = 1.0F / 60;
  io.DisplaySize = {kWidth, kHeight};
#if IMGUI_VERSION_NUM < 18700
  for (int key = 0; key < ImGuiKey_COUNT; ++key)
    io.KeyMap[key] = key;  // the keyboard of this stage has ImGui's own numbers
#endif
  for (int i = 0; i < kFontRoleCount; ++i) {
    const auto role = static_cast<FontRole>(i);
    ImFontConfig config;
    config.SizePixels = Style::font_pixels(role, 1.0F);
    style_.set_font(role, readable(kMono)
                              ? io.Fonts->AddFontFromFileTTF(kMono, config.SizePixels, &config)
                              : io.Fonts->AddFontDefault(&config));
  }
  unsigned char* pixels = nullptr;
  int width = 0, height = 0;
  io.Fonts->GetTexDataAsAlpha8(&pixels, &width, &height);
}

ScreenStage::~ScreenStage() { ImGui::DestroyContext(context_); }

void ScreenStage::show(const Snapshot& snapshot) {
  const EventView events = session_.events();
  for (int i = 0; i < 2; ++i) {
    ImGui::NewFrame();
    ImGui::PushFont(style_.font(FontRole::Body));
    ImGui::SetNextWindowPos({0, 0});
    ImGui::SetNextWindowSize({kWidth, kHeight});
    ImGui::Begin("screen", nullptr, ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove);
    PanelContext context{snapshot,   events,       guest_, commands_,
                         selection_, breakpoints_, style_, wanted_};
    panel_.draw(context);
    takes_keyboard_ = context.takes_keyboard;
    ImGui::End();
    ImGui::PopFont();
    ImGui::Render();
  }
}

void ScreenStage::click_on_the_glass(const Snapshot& snapshot) {
  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = {kWidth / 2, kHeight / 2};
  show(snapshot);
  io.MouseDown[0] = true;
  show(snapshot);
  io.MouseDown[0] = false;
  show(snapshot);
}

void ScreenStage::hold(ImGuiKey key, bool down, const Snapshot& snapshot) {
#if IMGUI_VERSION_NUM < 18700
  ImGui::GetIO().KeysDown[key] = down;
#else
  ImGui::GetIO().AddKeyEvent(key, down);
#endif
  show(snapshot);
}

Pixels ScreenStage::picture() const { return rasterize(*ImGui::GetDrawData(), 0, 0, 0); }

}  // namespace gv::testing
