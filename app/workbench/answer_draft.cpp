// SPDX-License-Identifier: MIT
//
// answer_draft.cpp - editing an answer.

#include "workbench/answer_draft.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gv {
namespace {

std::optional<double> number_from(const std::string& digits) {
  double value = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (failed != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return value;
}

}  // namespace

void AnswerDraft::begin(std::string_view name) {
  if (name_ == name)
    return;
  name_ = name;
  digits_.clear();
  picked_.clear();
}

void AnswerDraft::choose(const QuestionForm& form, int n) {
  if (form.kind == PredictionKind::Number || n < 1 || n > static_cast<int>(form.choices.size()))
    return;
  const std::string& id = form.choices[static_cast<std::size_t>(n - 1)].id;
  if (form.kind == PredictionKind::Choice) {
    picked_ = {id};
    return;
  }
  const auto it = std::find(picked_.begin(), picked_.end(), id);
  if (it == picked_.end())
    picked_.push_back(id);
  else
    picked_.erase(it);
}

bool AnswerDraft::type(char c) {
  const bool part = (c >= '0' && c <= '9') || c == '.' || c == '-';
  if (!part || digits_.size() >= 18)
    return part;
  if (c == '-' && !digits_.empty())
    return true;
  if (c == '.' && digits_.find('.') != std::string::npos)
    return true;
  digits_ += c;
  return true;
}

void AnswerDraft::erase() {
  if (!digits_.empty())
    digits_.pop_back();
  if (!picked_.empty())
    picked_.pop_back();
}

bool AnswerDraft::is_complete(const QuestionForm& form) const {
  switch (form.kind) {
    case PredictionKind::Choice:
      return picked_.size() == 1;
    case PredictionKind::Ordering:
      return !picked_.empty() && picked_.size() == form.choices.size();
    case PredictionKind::Number:
      return number_from(digits_).has_value();
  }
  return false;
}

Answer AnswerDraft::answer(const QuestionForm& form) const {
  if (!is_complete(form))
    return {};
  switch (form.kind) {
    case PredictionKind::Choice:
      return picked_.front();
    case PredictionKind::Ordering:
      return picked_;
    case PredictionKind::Number:
      return *number_from(digits_);
  }
  return {};
}

int AnswerDraft::place_of(const std::string& choice) const {
  const auto it = std::find(picked_.begin(), picked_.end(), choice);
  return it == picked_.end() ? 0 : static_cast<int>(it - picked_.begin()) + 1;
}

}  // namespace gv
