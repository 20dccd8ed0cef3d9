// SPDX-License-Identifier: MIT
//
// Answers: whether they agree with what was measured, and how they read.

#include "lesson/lesson.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gv {
namespace {

std::string choice_text(const QuestionForm& form, const std::string& id) {
  const auto found = std::find_if(form.choices.begin(), form.choices.end(),
                                  [&](const Choice& choice) { return choice.id == id; });
  return found == form.choices.end() || found->text.empty() ? id : found->text;
}

}  // namespace

bool is_answered(const Answer& answer) { return !std::holds_alternative<std::monostate>(answer); }

bool agrees(const QuestionForm& form, const Answer& given, const Answer& measured) {
  if (!is_answered(given) || given.index() != measured.index())
    return false;
  if (const auto* number = std::get_if<double>(&given)) {
    const double truth = std::get<double>(measured);
    // A hair of room, so that 0.1 + 0.2 is 0.3 also with a tolerance of 0.
    return std::abs(*number - truth) <= form.tolerance * std::abs(truth) + 1e-9 * std::abs(truth);
  }
  return given == measured;
}

std::string words_of(const QuestionForm& form, const Answer& answer) {
  if (const auto* id = std::get_if<std::string>(&answer))
    return choice_text(form, *id);
  if (const auto* number = std::get_if<double>(&answer)) {
    std::string text = std::abs(*number - std::round(*number)) < 1e-9 && std::abs(*number) < 1e15
                           ? fmt::format("{}", static_cast<long long>(std::round(*number)))
                           : fmt::format("{:.4g}", *number);
    return form.unit.empty() ? text : text + " " + form.unit;
  }
  if (const auto* order = std::get_if<std::vector<std::string>>(&answer)) {
    std::string text;
    for (std::size_t i = 0; i < order->size(); ++i) {
      text += fmt::format("{}{}. {}", i == 0 ? "" : "; ", i + 1, choice_text(form, (*order)[i]));
    }
    return text;
  }
  return "no answer";
}

std::string_view name_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::Guessing:
      return "guessing";
    case Confidence::FairlySure:
      return "fairly-sure";
    case Confidence::Certain:
      return "certain";
  }
  return "guessing";
}

std::optional<Confidence> confidence_from_name(std::string_view name) {
  for (Confidence c : {Confidence::Guessing, Confidence::FairlySure, Confidence::Certain}) {
    if (name_of(c) == name)
      return c;
  }
  return std::nullopt;
}

}  // namespace gv
