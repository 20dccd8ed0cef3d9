// SPDX-License-Identifier: MIT
//
// workbench_breakpoints.cpp - breakpoints by keys, and what the machine knows of them.

#include "workbench/breakpoint_words.h"
#include "workbench/workbench.h"

#include <algorithm>

namespace gv {

Gva Workbench::selected_line() const {
  const Snapshot& now = machine_.snapshot();
  const auto shown = [&](Gva address) {
    return std::any_of(now.disassembly.begin(), now.disassembly.end(),
                       [&](const DisassembledLine& line) { return line.address == address; });
  };
  return selection_.address && shown(*selection_.address) ? *selection_.address
                                                          : now.next_instruction;
}

void Workbench::toggle_breakpoint() {
  const Gva line = selected_line();
  Breakpoint named;
  named.where = AtAddress{line};
  const std::string place =
      words_of_place(named, [this](Gva address) { return machine_.symbolize(address); });
  breakpoints_.toggle(line);
  say((breakpoints_.at(line) != nullptr ? "Breakpoint at " : "No breakpoint any more at ") + place);
}

void Workbench::edit_condition() {
  const Gva line = selected_line();
  if (breakpoints_.at(line) == nullptr)
    breakpoints_.toggle(line);
  if (!cards_.is_open("breakpoints"))
    cards_.toggle("breakpoints");
  room_ = Room::Stage;
  breakpoints_panel_.focus_condition(breakpoints_.at(line)->id);
}

// A learner's breakpoints must not stop the lesson's own runs: they rest while it is at work.
void Workbench::tell_breakpoints() {
  const bool rest = pane_ && pane_->view().busy;
  const std::shared_ptr<Session>& session = machine_.shared_session();
  const bool known = rest == breakpoints_rest_ && breakpoints_told_.lock() == session;
  if (known && !breakpoints_.changed)
    return;
  const bool nothing_to_tell = breakpoints_.all.empty() && !breakpoints_.changed;
  breakpoints_.changed = false;
  breakpoints_rest_ = rest;
  breakpoints_told_ = session;
  if (nothing_to_tell)
    return;
  machine_.submit(SetBreakpoints{rest ? std::vector<Breakpoint>() : breakpoints_.all});
}

}  // namespace gv
