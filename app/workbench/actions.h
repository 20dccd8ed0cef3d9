// SPDX-License-Identifier: MIT
//
// actions.h - the one table of what a user can do.
//
// Palette, menus, keys, help page and UI scripts all read it, so that none of
// them can offer what another lacks. An action knows its key and whether it is
// possible right now, and in a word why not.
//
// Threads: GUI thread.

#pragma once

#include "workbench/key_chord.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

struct Action {
  std::string id;     // "machine.step": stable, for scripts
  std::string title;  // "Step one instruction"
  std::string group;  // heading in menu and help: "Machine"
  std::vector<KeyChord> keys;
  std::function<void()> run;
  std::function<bool()> enabled;  // empty: always
  bool repeats = false;           // whether a held key runs it again and again
  bool listed = true;             // in menu and palette
  bool helped = true;             // on the page of keys

  bool is_enabled() const { return !enabled || enabled(); }
  std::string key_label() const { return keys.empty() ? "" : label_of(keys.front()); }
};

class ActionTable {
 public:
  // Aborts on a second action of the same id or with a key that is already taken.
  void add(Action action);
  const std::vector<Action>& all() const { return actions_; }
  const Action* find(std::string_view id) const;
  const Action* for_key(const KeyChord& chord) const;
  // Runs it when it is enabled; false when there is none or it is not possible now.
  bool run(std::string_view id) const;
  // Drops the actions of a group, such as the lessons that were found.
  void remove_group(std::string_view group);

 private:
  std::vector<Action> actions_;
};

// How well `pattern` fits `text`: letters in order, better at word starts and in one piece.
// 0 when it does not fit. An empty pattern fits everything with 1.
int fuzzy_score(std::string_view pattern, std::string_view text);

}  // namespace gv
