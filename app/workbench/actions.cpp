// SPDX-License-Identifier: MIT
//
// actions.cpp - the table and the fuzzy match of the palette.

#include "workbench/actions.h"

#include "gv/result.h"

#include <algorithm>
#include <cctype>

namespace gv {

void ActionTable::add(Action action) {
  GV_CHECK(find(action.id) == nullptr);
  for (const KeyChord& chord : action.keys)
    GV_CHECK(for_key(chord) == nullptr);
  actions_.push_back(std::move(action));
}

const Action* ActionTable::find(std::string_view id) const {
  const auto it =
      std::find_if(actions_.begin(), actions_.end(), [id](const Action& a) { return a.id == id; });
  return it == actions_.end() ? nullptr : &*it;
}

const Action* ActionTable::for_key(const KeyChord& chord) const {
  for (const Action& action : actions_) {
    if (std::find(action.keys.begin(), action.keys.end(), chord) != action.keys.end()) {
      return &action;
    }
  }
  return nullptr;
}

bool ActionTable::run(std::string_view id) const {
  const Action* action = find(id);
  if (action == nullptr || !action->is_enabled())
    return false;
  // A copy: the function may change the table, as opening a lesson does.
  const auto function = action->run;
  function();
  return true;
}

void ActionTable::remove_group(std::string_view group) {
  std::erase_if(actions_, [group](const Action& a) { return a.group == group; });
}

int fuzzy_score(std::string_view pattern, std::string_view text) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  int score = 1;
  std::size_t at = 0;
  bool previous_hit = false;
  for (const char wanted : pattern) {
    if (wanted == ' ') {
      previous_hit = false;
      continue;
    }
    // Prefer the next word start over the next letter: "sb" means "step back".
    std::size_t hit = std::string_view::npos;
    if (previous_hit && at < text.size() && lower(text[at]) == lower(wanted))
      hit = at;
    for (std::size_t i = at; hit == std::string_view::npos && i < text.size(); ++i) {
      const bool word_start =
          i == 0 || text[i - 1] == ' ' || text[i - 1] == '.' || text[i - 1] == '-';
      if (word_start && lower(text[i]) == lower(wanted))
        hit = i;
    }
    for (std::size_t i = at; hit == std::string_view::npos && i < text.size(); ++i) {
      if (lower(text[i]) == lower(wanted))
        hit = i;
    }
    if (hit == std::string_view::npos)
      return 0;
    const bool word_start = hit == 0 || text[hit - 1] == ' ';
    score += previous_hit && hit == at ? 6 : word_start ? 5 : 1;
    previous_hit = true;
    at = hit + 1;
  }
  return score;
}

}  // namespace gv
