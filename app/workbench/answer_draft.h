// SPDX-License-Identifier: MIT
//
// answer_draft.h - an answer while it is being made, by keys or by clicks.
//
// One draft serves predictions and retrieval questions alike: a number key picks
// a choice, types a digit or takes the next place of an ordering. Pure, so that
// the keyboard path through every kind of question is tested without a window.

#pragma once

#include "lesson/lesson.h"

#include <string>
#include <string_view>
#include <vector>

namespace gv {

class AnswerDraft {
 public:
  // Starts anew when `name` (beat and question) is not the one that was being answered.
  void begin(std::string_view name);

  // The n-th choice, from 1. Ordering: puts it at the next place, or takes it out again.
  void choose(const QuestionForm& form, int n);
  // A key for a Number: digits, '.', '-', 'e'. False when it is no part of a number.
  bool type(char character);
  void erase();  // the last digit, the last place of an ordering, or the choice

  bool is_complete(const QuestionForm& form) const;
  Answer answer(const QuestionForm& form) const;
  const std::string& digits() const { return digits_; }
  // Place of a choice in the ordering, from 1; 0: not yet placed. Choice: 1 when picked.
  int place_of(const std::string& choice) const;

 private:
  std::string name_, digits_;
  std::vector<std::string> picked_;
};

}  // namespace gv
