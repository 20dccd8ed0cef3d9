// SPDX-License-Identifier: MIT
//
// screen_stage.h - the screen panel with a mouse and a keyboard, and no window.
//
// The panel itself is the workbench's; input comes through ImGui as there. Its
// draw data becomes a PNG (visualizers/software_picture.h).

#pragma once

#include "visualizers/sample_run.h"
#include "visualizers/screen/screen_panel.h"
#include "visualizers/software_picture.h"

#include "gv/session.h"

#include <imgui.h>

#include <string>

namespace gv::testing {

class ScreenStage {
 public:
  explicit ScreenStage(Session& session);
  ~ScreenStage();
  ScreenStage(const ScreenStage&) = delete;
  ScreenStage& operator=(const ScreenStage&) = delete;

  // Two frames each: ImGui takes a change in and acts on it.
  void show(const Snapshot& snapshot);
  void click_on_the_glass(const Snapshot& snapshot);
  void hold(ImGuiKey key, bool down, const Snapshot& snapshot);
  bool takes_keyboard() const { return takes_keyboard_; }

  // What was shown last.
  Pixels picture() const;
  bool keep(const std::string& path) const { return write_png(picture(), path); }

 private:
  // Panels submit to the session, as in the workbench.
  struct ToSession final : CommandSink {
    explicit ToSession(Session& to) : session(to) {}
    std::uint64_t submit(Command command) override { return session.submit(std::move(command)); }
    Session& session;
  };

  Session& session_;
  ToSession commands_;
  Style style_;
  ImGuiContext* context_;
  ScreenPanel panel_;
  SampleGuest guest_;
  Selection selection_;
  BreakpointList breakpoints_;
  ViewRequest wanted_;
  bool takes_keyboard_ = false;
};

}  // namespace gv::testing
