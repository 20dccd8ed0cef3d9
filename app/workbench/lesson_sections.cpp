// SPDX-License-Identifier: MIT
//
// lesson_sections.cpp - the sections of a beat: prediction, story, comparison, recall.

#include "workbench/lesson_pane.h"
#include "workbench/time_bar.h"

#include <algorithm>
#include <array>

namespace gv {
namespace {

// The comparison without the two paragraphs that the cards above it already show.
std::string beyond_the_cards(const std::string& comparison) {
  std::string out;
  for (std::size_t at = 0; at < comparison.size();) {
    const auto end = std::min(comparison.find("\n\n", at), comparison.size());
    const std::string paragraph = comparison.substr(at, end - at);
    if (!paragraph.starts_with("**You predicted:**") &&
        !paragraph.starts_with("**What happened:**")) {
      out += paragraph + "\n\n";
    }
    at = end + 2;
  }
  return out;
}

// An answer for the screen: an ordering line by line, the rest in the words of its choices.
std::string shown_words(const QuestionForm& form, const Answer& answer) {
  const auto* order = std::get_if<std::vector<std::string>>(&answer);
  if (order == nullptr)
    return plain_text(words_of(form, answer));
  std::string out;
  int place = 0;
  for (const std::string& id : *order) {
    const auto choice = std::find_if(form.choices.begin(), form.choices.end(),
                                     [&](const Choice& c) { return c.id == id; });
    out += (out.empty() ? "" : "\n") + std::to_string(++place) + "  " +
           (choice == form.choices.end() ? id : plain_text(choice->text));
  }
  return out;
}

const char* words_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::Guessing:
      return "guessing";
    case Confidence::FairlySure:
      return "fairly sure";
    case Confidence::Certain:
      return "certain";
  }
  return "";
}

}  // namespace

void LessonPane::draw_confidence(Controls& controls) {
  const Style& style = controls.style();
  ImGui::Dummy({0, style.space(1)});
  controls.line("How sure are you?", FontRole::Small, Ink::MutedText);
  const float gap = style.space(1.5F);
  const float each = (ImGui::GetContentRegionAvail().x - 2 * gap) / 3;
  constexpr std::array<const char*, 3> kKeys = {"G", "F", "C"};
  constexpr std::array<const char*, 3> kLabels = {"Guessing", "Fairly sure", "Certain"};
  for (int i = 0; i < 3; ++i) {
    const auto value = static_cast<Confidence>(i);
    if (i > 0)
      ImGui::SameLine(0, gap);
    ButtonLook look;
    look.key = kKeys[static_cast<std::size_t>(i)];
    look.chosen = confidence_ == value;
    look.emphasis = look.chosen ? Emphasis::Normal : Emphasis::Quiet;
    look.width = each;
    if (controls.button("confidence." + std::string(name_of(value)),
                        kLabels[static_cast<std::size_t>(i)], look)) {
      confidence_ = value;
    }
  }
}

void LessonPane::draw_form(Controls& controls, const QuestionForm& form, bool open,
                           const Answer& given, const Answer& truth, std::string_view prefix) {
  const Style& style = controls.style();
  markdown_.draw(controls, form.prompt);
  if (form.kind == PredictionKind::Number) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, height = style.space(10);
    ImDrawList* draw = ImGui::GetWindowDrawList();
    draw->AddRectFilled(at, {at.x + width, at.y + height}, ink(style, Ink::Raised), style.corner());
    draw->AddRect(at, {at.x + width, at.y + height}, ink(style, open ? Ink::Accent : Ink::Border),
                  style.corner(), ImDrawFlags_None, open ? style.stroke() : style.hairline());
    std::string text = open ? draft_.digits() : words_of(form, given);
    const ImVec2 size = controls.measure(text.empty() ? "0" : text, FontRole::Mono);
    const float y = at.y + (height - size.y) * 0.5F;
    const bool empty = text.empty();
    if (empty)
      text = "type a number";
    controls.text_at(draw, {at.x + style.space(3), y}, text,
                     empty ? FontRole::Body : FontRole::Mono,
                     ink(style, empty ? Ink::MutedText : Ink::Text));
    if (open) {
      const float x = at.x + style.space(3) + (empty ? 0 : size.x + style.space(0.5F));
      draw->AddRectFilled({x, y}, {x + style.stroke() * 0.75F, y + size.y},
                          ink(style, Ink::Accent));
    }
    if (open && !form.unit.empty()) {
      const ImVec2 unit = controls.measure(form.unit, FontRole::Small);
      controls.text_at(draw,
                       {at.x + width - unit.x - style.space(3), at.y + (height - unit.y) * 0.5F},
                       form.unit, FontRole::Small, ink(style, Ink::MutedText));
    }
    ImGui::Dummy({width, height});
    controls.ring().add(std::string(prefix) + "number", at, {at.x + width, at.y + height}, open);
    return;
  }
  int n = 0;
  for (const Choice& choice : form.choices) {
    ++n;
    Controls::CardLook look;
    std::string badge = std::to_string(n);
    look.enabled = open;
    if (open) {
      const int place = draft_.place_of(choice.id);
      look.chosen = place > 0;
      if (form.kind == PredictionKind::Ordering) {
        look.note = place > 0 ? "in the order that you gave" : "";
        badge = place > 0 ? "→" + std::to_string(place) : std::to_string(n);
      }
    } else {
      const auto* picked = std::get_if<std::string>(&given);
      const auto* right = std::get_if<std::string>(&truth);
      const bool mine = picked != nullptr && *picked == choice.id;
      const bool true_one = right != nullptr && *right == choice.id;
      look.chosen = mine || true_one;
      if (true_one) {
        look.mark = Ink::Good;
        look.icon = Icon::Check;
        look.note = mine ? "your answer, and right" : "the right answer";
      } else if (mine) {
        look.mark = right != nullptr ? Ink::Error : Ink::Border;
        look.icon = right != nullptr ? Icon::Cross : Icon::None;
        look.note = "your answer";
      }
    }
    look.badge = badge;
    const std::string text = plain_text(choice.text);
    if (controls.card(std::string(prefix) + std::to_string(n), text, look))
      draft_.choose(form, n);
  }
}

void LessonPane::draw_prediction(Controls& controls) {
  if (!view_->prediction || view_->phase < LessonPhase::Predict)
    return;
  const bool open = view_->phase == LessonPhase::Predict;
  if (!open && !is_answered(view_->predicted))
    return;
  // From the comparison on it stands there, beside what was measured.
  if (view_->phase >= LessonPhase::Compare && view_->phase != LessonPhase::Failed &&
      is_answered(view_->happened))
    return;
  section(controls, open ? "YOUR PREDICTION, BEFORE ANYTHING RUNS" : "YOUR PREDICTION",
          LessonPhase::Predict);
  if (open) {
    draw_form(controls, *view_->prediction, !view_->busy, view_->predicted, {}, "choice.");
    draw_confidence(controls);
    return;
  }
  const std::string words = shown_words(*view_->prediction, view_->predicted);
  controls.paragraph(words.empty() ? "none" : words, FontRole::Strong, Ink::Text);
  controls.line(words_of(view_->confidence), FontRole::Small, Ink::MutedText);
}

void LessonPane::draw_narration(Controls& controls) {
  if (view_->narration.empty())
    return;
  const Style& style = controls.style();
  section(controls, "WHAT THE MACHINE DID", LessonPhase::Observe);
  for (std::size_t i = 0; i < view_->narration.size(); ++i) {
    const NarrationLine& line = view_->narration[i];
    const bool newest = i + 1 == view_->narration.size() && view_->phase == LessonPhase::Observe;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float indent = style.space(4);
    const float width = ImGui::GetContentRegionAvail().x - indent;
    const ImVec2 size = controls.measure(line.text, FontRole::Body, width);
    ImDrawList* draw = ImGui::GetWindowDrawList();
    const float middle = at.y + controls.font(FontRole::Body)->FontSize * 0.5F;
    const ImU32 color = ink(style, newest ? Ink::Accent : Ink::Border);
    draw->AddCircleFilled({at.x + style.space(1), middle}, style.space(newest ? 1.0F : 0.75F),
                          color);
    if (i + 1 < view_->narration.size()) {
      draw->AddLine({at.x + style.space(1), middle + style.space(1.5F)},
                    {at.x + style.space(1), at.y + size.y + style.space(2)},
                    ink(style, Ink::Border), style.hairline());
    }
    controls.text_at(
        draw, {at.x + indent, at.y}, line.text, FontRole::Body,
        ink(style, newest || view_->phase != LessonPhase::Observe ? Ink::Text : Ink::MutedText),
        width);
    ImGui::Dummy({width, size.y});
    if (newest && view_->phase == LessonPhase::Observe)
      ImGui::SetScrollHereY(0.85F);
  }
}

void LessonPane::draw_comparison(Controls& controls, bool presenting) {
  if (view_->phase < LessonPhase::Compare || view_->phase == LessonPhase::Failed)
    return;
  if (!view_->prediction || !is_answered(view_->happened))
    return;
  const Style& style = controls.style();
  section(controls, "PREDICTED AND MEASURED", LessonPhase::Compare);
  if (hides_answer(presenting)) {
    controls.paragraph("What happened is hidden. Page Down or R reveals it.", FontRole::Body,
                       Ink::MutedText);
    return;
  }
  const bool right = view_->prediction_right.value_or(false);
  const auto side = [&](std::string_view heading, const std::string& text, Ink mark, Icon icon) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, pad = style.space(3);
    const float wrap = width - 2 * pad - style.space(6);
    const float small = controls.font(FontRole::Small)->FontSize;
    const ImVec2 size = controls.measure(text, FontRole::Strong, wrap);
    const float height = size.y + small + style.space(5);
    ImDrawList* draw = ImGui::GetWindowDrawList();
    draw->AddRectFilled(at, {at.x + width, at.y + height}, packed(style.tint(mark)),
                        style.corner());
    controls.icon_at(draw, {at.x + pad + style.space(1.5F), at.y + height * 0.5F},
                     style.space(4.5F), icon, ink(style, mark));
    controls.text_at(draw, {at.x + pad + style.space(6), at.y + style.space(2)}, heading,
                     FontRole::Small, ink(style, Ink::MutedText));
    controls.text_at(draw, {at.x + pad + style.space(6), at.y + style.space(2.5F) + small}, text,
                     FontRole::Strong, ink(style, Ink::Text), wrap);
    ImGui::Dummy({width, height});
  };
  side(right ? "You predicted, and it agrees" : "You predicted",
       shown_words(*view_->prediction, view_->predicted), right ? Ink::Good : Ink::Error,
       right ? Icon::Check : Icon::Cross);
  side("Measured", shown_words(*view_->prediction, view_->happened), Ink::GuestUser, Icon::Search);
  markdown_.draw(controls, beyond_the_cards(view_->comparison));
}

void LessonPane::draw_other_technique(Controls& controls) {
  if (view_->phase < LessonPhase::OtherTechnique || view_->phase == LessonPhase::Failed)
    return;
  if (view_->other_technique.empty() && !view_->other_side)
    return;
  const Style& style = controls.style();
  section(controls, "THE SAME GUEST, ANOTHER TECHNIQUE", LessonPhase::OtherTechnique);
  markdown_.draw(controls, view_->other_technique);
  if (!view_->this_side || !view_->other_side)
    return;
  const LedgerSide &a = *view_->this_side, &b = *view_->other_side;
  const auto row = [&](std::string_view what, const std::string& left, const std::string& right,
                       bool head) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const FontRole role = head ? FontRole::Small : FontRole::Mono;
    const float height = controls.font(FontRole::Body)->FontSize + style.space(2);
    ImDrawList* draw = ImGui::GetWindowDrawList();
    const auto at_right = [&](const std::string& text, float edge) {
      const ImVec2 size = controls.measure(text, role);
      controls.text_at(draw, {edge - size.x, at.y + (height - size.y) * 0.5F}, text, role,
                       ink(style, head ? Ink::MutedText : Ink::Text));
    };
    controls.fitted_at(draw, {at.x, at.y + style.space(1)}, width * 0.36F, what, FontRole::Small,
                       ink(style, Ink::MutedText));
    at_right(left, at.x + width * 0.68F);
    at_right(right, at.x + width);
    draw->AddLine({at.x, at.y + height}, {at.x + width, at.y + height}, ink(style, Ink::Border),
                  style.hairline());
    ImGui::Dummy({width, height});
  };
  row("", std::string(name_of(a.technique)), std::string(name_of(b.technique)), true);
  row("instructions", grouped_digits(a.ledger.retired), grouped_digits(b.ledger.retired), false);
  row("exits", grouped_digits(a.ledger.total_exits()), grouped_digits(b.ledger.total_exits()),
      false);
  row("cycles in exits", grouped_digits(a.ledger.exit_cycles()),
      grouped_digits(b.ledger.exit_cycles()), false);
  row("cycles in all", grouped_digits(a.ledger.total_cycles()),
      grouped_digits(b.ledger.total_cycles()), false);
}

void LessonPane::draw_retrieval(Controls& controls) {
  if (view_->retrieval.empty() || view_->phase < LessonPhase::Retrieve ||
      view_->phase == LessonPhase::Failed)
    return;
  const int open = view_->phase == LessonPhase::Retrieve ? open_retrieval() : -1;
  for (std::size_t i = 0; i < view_->retrieval.size(); ++i) {
    const RetrievalView& question = view_->retrieval[i];
    const bool is_open = static_cast<int>(i) == open;
    if (!is_open && !question.right)
      continue;
    const std::string heading =
        "FROM MEMORY, " + std::to_string(i + 1) + " OF " + std::to_string(view_->retrieval.size());
    // Scroll only to the question that waits, not to those already answered.
    section(controls, heading, is_open || open < 0 ? LessonPhase::Retrieve : LessonPhase::Loading);
    draw_form(controls, question.form, is_open && !view_->busy, question.given, question.truth,
              is_open ? "choice." : "answered." + std::to_string(i) + ".");
    if (question.right) {
      controls.chip(*question.right ? "right" : "not yet", *question.right ? Ink::Good : Ink::Error,
                    *question.right ? Icon::Check : Icon::Cross);
      if (!question.feedback.empty())
        markdown_.draw(controls, question.feedback);
    }
  }
}

}  // namespace gv
