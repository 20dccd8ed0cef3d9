// SPDX-License-Identifier: MIT
//
// command_palette.h - every action by name, and the page of all keys.
//
// Threads: GUI thread.

#pragma once

#include "workbench/actions.h"
#include "workbench/controls.h"
#include "workbench/key_chord.h"

#include <string>
#include <vector>

namespace gv {

class CommandPalette {
 public:
  void open();
  bool is_open() const { return open_; }
  void close() { open_ = false; }
  // Keys while it is open: up, down, enter, escape, and the text. True when the key was taken.
  bool take_key(const KeyChord& chord, const ActionTable& actions);
  void draw(Controls& controls, const ActionTable& actions);

 private:
  std::vector<const Action*> matches(const ActionTable& actions) const;

  bool open_ = false, focus_field_ = false;
  std::string query_;
  int chosen_ = 0;
};

// The page that F1 shows: every action with a key, by group.
class HelpPage {
 public:
  void toggle() { open_ = !open_; }
  void close() { open_ = false; }
  bool is_open() const { return open_; }
  void draw(Controls& controls, const ActionTable& actions);

 private:
  bool open_ = false;
};

}  // namespace gv
