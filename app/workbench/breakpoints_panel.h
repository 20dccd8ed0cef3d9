// SPDX-License-Identifier: MIT
//
// breakpoints_panel.h - the list of breakpoints: where, whether, and on what condition.
//
// A condition is a Lua expression over the machine at the stop (lesson/lua_condition.h).
// What is wrong with one is said below it, when it is written and when it runs.
//
// Threads: GUI thread.

#pragma once

#include "lesson/lua_condition.h"
#include "visualizers/panel.h"
#include "workbench/panel_cards.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace gv {

class BreakpointsPanel : public ExtraPanel {
 public:
  BreakpointsPanel(BreakpointList& list, const GuestText& guest) : list_(list), guest_(guest) {}

  std::string_view id() const override { return "breakpoints"; }
  std::string_view title() const override { return "Breakpoints"; }
  std::string_view purpose() const override {
    return "Where the run stops: addresses and exits, each with a condition in Lua.";
  }
  Panel::Size least_size() const override { return {380, 190}; }
  void draw(Controls& controls) override;

  // Gives the keyboard to the field for a new place, or to the condition of this breakpoint.
  void focus_new() { focus_ = "new"; }
  void focus_condition(std::uint32_t id) { focus_ = "condition." + std::to_string(id); }

  // What a breakpoint's condition says against itself; empty while all is well.
  std::string problem_of(std::uint32_t id) const;
  const std::string& problem_of_new() const { return new_problem_; }

 private:
  struct Condition {
    std::string typed;    // as it stands in the field
    std::string refused;  // why it was not taken
    std::shared_ptr<const ConditionProblem> running;
  };
  // Where text is typed; true when Enter ended it.
  bool field(Controls& controls, const std::string& id, const char* hint, std::string& text,
             float width);
  bool draw_breakpoint(Controls& controls, Breakpoint& breakpoint);  // false: delete it
  void apply(Breakpoint& breakpoint, Condition& condition);
  void add();

  BreakpointList& list_;
  const GuestText& guest_;
  std::map<std::uint32_t, Condition> conditions_;
  std::string new_text_, new_problem_, focus_;
};

}  // namespace gv
