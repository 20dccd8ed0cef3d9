// SPDX-License-Identifier: MIT
//
// lua_console_panel.h - a line of Lua on the machine that is shown.
//
// The language, its sandbox and its thread are lesson/lua_console.h; this is the
// text field, the history and the lines that came back.
//
// Threads: GUI thread.

#pragma once

#include "lesson/lua_console.h"
#include "workbench/panel_cards.h"

#include <memory>
#include <string>
#include <vector>

struct ImGuiInputTextCallbackData;

namespace gv {

class LuaConsolePanel : public ExtraPanel {
 public:
  std::string_view id() const override { return "lua-console"; }
  std::string_view title() const override { return "Lua console"; }
  std::string_view purpose() const override {
    return "Runs a line of Lua on the live machine: machine:step(), machine:registers().";
  }
  Panel::Size least_size() const override { return {380, 150}; }
  void draw(Controls& controls) override;

  void set_machine(const std::shared_ptr<Session>& session);
  void set_allowed(bool allowed) { allowed_ = allowed; }
  void focus_field() { focus_field_ = true; }
  void submit(const std::string& line);
  // True when a line came back and must be drawn.
  bool refresh();
  bool busy() const { return console_ && console_->busy(); }
  void cancel() {
    if (console_)
      console_->cancel();
  }
  const std::vector<ConsoleLine>& lines() const { return lines_; }

 private:
  static int edit(ImGuiInputTextCallbackData* data);

  std::unique_ptr<LuaConsole> console_;  // made when first used: its thread is not free
  std::shared_ptr<Session> session_;
  std::vector<ConsoleLine> lines_;
  std::vector<std::string> history_;
  int history_at_ = -1;
  std::string typed_;
  bool focus_field_ = false, allowed_ = true, scroll_down_ = false;
};

}  // namespace gv
