// SPDX-License-Identifier: MIT
//
// lesson_pane.cpp - drawing one beat, from its question to its answer.

#include "workbench/lesson_pane.h"

#include <algorithm>
#include <array>

namespace gv {
namespace {

struct PhaseWord {
  LessonPhase phase;
  const char* word;
};
constexpr std::array<PhaseWord, 7> kTrail = {{{LessonPhase::Question, "Question"},
                                              {LessonPhase::Predict, "Predict"},
                                              {LessonPhase::Observe, "Observe"},
                                              {LessonPhase::Compare, "Compare"},
                                              {LessonPhase::Explain, "Explain"},
                                              {LessonPhase::OtherTechnique, "Another technique"},
                                              {LessonPhase::Retrieve, "Recall"}}};

std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value), out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

// The comparison without the two paragraphs that the cards above it already show.
std::string beyond_the_cards(const std::string& comparison) {
  std::string out;
  for (std::size_t at = 0; at < comparison.size();) {
    const auto end = std::min(comparison.find("\n\n", at), comparison.size());
    const std::string paragraph = comparison.substr(at, end - at);
    if (!paragraph.starts_with("**You predicted:**") && !paragraph.starts_with("**What happened:**")) {
      out += paragraph + "\n\n";
    }
    at = end + 2;
  }
  return out;
}

// An answer for the screen: an ordering line by line, the rest in the words of its choices.
std::string shown_words(const QuestionForm& form, const Answer& answer) {
  const auto* order = std::get_if<std::vector<std::string>>(&answer);
  if (order == nullptr) return plain_text(words_of(form, answer));
  std::string out;
  int place = 0;
  for (const std::string& id : *order) {
    const auto choice = std::find_if(form.choices.begin(), form.choices.end(), [&](const Choice& c) { return c.id == id; });
    out += (out.empty() ? "" : "\n") + std::to_string(++place) + "  " +
           (choice == form.choices.end() ? id : plain_text(choice->text));
  }
  return out;
}

const char* words_of(Confidence confidence) {
  switch (confidence) {
    case Confidence::Guessing: return "guessing";
    case Confidence::FairlySure: return "fairly sure";
    case Confidence::Certain: return "certain";
  }
  return "";
}

}  // namespace

bool LessonPane::refresh() {
  auto newest = player_.view();
  if (view_ && newest->generation == view_->generation) return false;
  const bool other_beat = !view_ || view_->beat_id != newest->beat_id ||
                          newest->phase == LessonPhase::Question;
  view_ = std::move(newest);
  if (other_beat) {
    revealed_ = false;
    confidence_ = Confidence::FairlySure;
  }
  std::string place = view_->beat_id + "/" + std::string(name_of(view_->phase));
  if (view_->phase == LessonPhase::Retrieve) place += std::to_string(open_retrieval());
  if (place != place_) {
    place_ = place;
    frames_to_scroll_ = 3;  // the new section's height is known only after it was drawn once
  }
  if (open_question() != nullptr) draft_.begin(place_);
  else if (view_->phase == LessonPhase::Question) draft_.begin("");
  return true;
}

int LessonPane::open_retrieval() const {
  for (std::size_t i = 0; i < view_->retrieval.size(); ++i) {
    if (!view_->retrieval[i].right) return static_cast<int>(i);
  }
  return -1;
}

const QuestionForm* LessonPane::open_question() const {
  if (!view_ || view_->busy) return nullptr;
  if (view_->phase == LessonPhase::Predict && view_->prediction) return &*view_->prediction;
  if (view_->phase == LessonPhase::Retrieve) {
    const int i = open_retrieval();
    if (i >= 0) return &view_->retrieval[static_cast<std::size_t>(i)].form;
  }
  return nullptr;
}

void LessonPane::choose(int n) {
  if (const QuestionForm* form = open_question()) draft_.choose(*form, n);
}

bool LessonPane::type(char character) {
  const QuestionForm* form = open_question();
  return form != nullptr && form->kind == PredictionKind::Number && draft_.type(character);
}

void LessonPane::erase() {
  if (open_question() != nullptr) draft_.erase();
}

bool LessonPane::can_commit() const {
  const QuestionForm* form = open_question();
  return form != nullptr && draft_.is_complete(*form);
}

bool LessonPane::commit() {
  if (!can_commit()) return false;
  const Answer answer = draft_.answer(*open_question());
  if (view_->phase == LessonPhase::Predict) return player_.submit_prediction(answer, confidence_);
  return player_.answer_retrieval(static_cast<std::size_t>(open_retrieval()), answer);
}

bool LessonPane::can_advance() const {
  if (!view_) return false;
  switch (view_->phase) {
    case LessonPhase::Question:
    case LessonPhase::Compare:
    case LessonPhase::Explain:
    case LessonPhase::OtherTechnique: return !view_->busy;
    case LessonPhase::Observe: return view_->awaits_advance;
    case LessonPhase::Retrieve: return !view_->busy && open_retrieval() < 0;
    default: return false;
  }
}

bool LessonPane::hides_answer(bool presenting) const {
  return presenting && view_ && view_->phase == LessonPhase::Compare && !revealed_;
}

bool LessonPane::advance(bool presenting) {
  if (hides_answer(presenting)) {
    revealed_ = true;
    frames_to_scroll_ = 3;
    return true;
  }
  return can_advance() && player_.advance();
}

void LessonPane::section(Controls& controls, std::string_view heading, LessonPhase phase) {
  const Style& style = controls.style();
  ImGui::Dummy({0, style.space(2)});
  if (view_->phase == phase && frames_to_scroll_ > 0) {
    --frames_to_scroll_;
    ImGui::SetScrollHereY(0.0F);
  }
  controls.line(heading, FontRole::Small, view_->phase == phase ? Ink::Accent : Ink::MutedText);
}

void LessonPane::draw(const Area& area, Controls& controls, bool presenting) {
  if (area.empty() || !view_) return;
  const Style& style = controls.style();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled({area.x, area.y}, {area.right(), area.bottom()}, ink(style, Ink::Surface), style.corner());
  draw->AddRect({area.x, area.y}, {area.right(), area.bottom()}, ink(style, Ink::Border), style.corner(),
                ImDrawFlags_None, style.hairline());

  const float pad = style.space(5), foot = style.space(open_question() != nullptr ? 17 : 16);
  const float inner = area.width - 2 * pad;
  ImGui::SetCursorScreenPos({area.x + pad, area.y + style.space(4)});
  ImGui::BeginGroup();
  ImGui::PushItemWidth(inner);
  ImGui::BeginChild("##lesson.head", {inner, style.space(6) + controls.font(FontRole::Title)->FontSize +
                                                 controls.font(FontRole::Small)->FontSize * 2}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  draw_head(controls, presenting);
  ImGui::EndChild();
  const float top = ImGui::GetCursorScreenPos().y;
  // The scroll bar sits in the padding, not on the text.
  ImGui::SetNextWindowContentSize({inner, 0});
  ImGui::BeginChild("##lesson.body", {inner + style.space(3), std::max(1.0F, area.bottom() - top - foot)},
                    false, ImGuiWindowFlags_None);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{style.space(2), style.space(2)});
  if (view_->phase == LessonPhase::Failed) {
    section(controls, "THIS BEAT STOPPED", LessonPhase::Failed);
    controls.paragraph(view_->error, FontRole::Body, Ink::Error);
  }
  if (!view_->question.empty()) {
    section(controls, "QUESTION", LessonPhase::Question);
    markdown_.draw(controls, view_->question);
  }
  draw_prediction(controls);
  draw_narration(controls);
  draw_comparison(controls, presenting);
  if (!view_->explanation.empty() && !hides_answer(presenting)) {
    section(controls, "WHY", LessonPhase::Explain);
    markdown_.draw(controls, view_->explanation);
  }
  draw_other_technique(controls);
  draw_retrieval(controls);
  if (!view_->hints.empty()) {
    ImGui::Dummy({0, style.space(1)});
    controls.line("HINTS", FontRole::Small, Ink::MutedText);
    for (const std::string& hint : view_->hints) markdown_.draw(controls, hint);
  }
  if (view_->phase == LessonPhase::Done) {
    section(controls, "DONE", LessonPhase::Done);
    controls.paragraph("You have played the whole lesson. " + std::to_string(view_->predictions_right) + " of " +
                           std::to_string(view_->predictions_made) +
                           " predictions agreed with the machine. Now the machine is yours: step it, run it back, "
                           "ask it in Lua (Ctrl+L).",
                       FontRole::Body, Ink::Text);
  }
  ImGui::Dummy({0, style.space(3)});
  ImGui::PopStyleVar();
  ImGui::EndChild();
  ImGui::PopItemWidth();
  ImGui::EndGroup();

  draw->AddLine({area.x + style.space(3), area.bottom() - foot}, {area.right() - style.space(3), area.bottom() - foot},
                ink(style, Ink::Border), style.hairline());
  ImGui::SetCursorScreenPos({area.x + pad, area.bottom() - foot + style.space(3)});
  ImGui::BeginChild("##lesson.foot", {inner, foot - style.space(3)}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  draw_foot(controls, presenting);
  ImGui::EndChild();
}

void LessonPane::draw_head(Controls& controls, bool) {
  const Style& style = controls.style();
  std::string where = view_->title;
  if (view_->beat_count > 0) {
    where += "  ·  " + std::to_string(view_->beat_index + 1) + " of " + std::to_string(view_->beat_count);
  }
  if (view_->predictions_made > 0) {
    where += "  ·  " + std::to_string(view_->predictions_right) + "/" + std::to_string(view_->predictions_made) +
             " predicted";
  }
  controls.line(where, FontRole::Small, Ink::MutedText);
  controls.line(view_->beat_title.empty() ? view_->title : view_->beat_title, FontRole::Title, Ink::Text);

  // The trail: one segment per phase, filled as far as the beat has come; the word says which.
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = style.space(1), gap = style.space(1);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float each = (width - gap * static_cast<float>(kTrail.size() - 1)) / static_cast<float>(kTrail.size());
  const char* word = name_of(view_->phase).data();
  for (std::size_t i = 0; i < kTrail.size(); ++i) {
    const bool reached = view_->phase >= kTrail[i].phase && view_->phase <= LessonPhase::Done &&
                         view_->phase != LessonPhase::Loading;
    const bool here = view_->phase == kTrail[i].phase;
    if (here) word = kTrail[i].word;
    const float x = at.x + static_cast<float>(i) * (each + gap);
    draw->AddRectFilled({x, at.y + style.space(0.5F)}, {x + each, at.y + style.space(0.5F) + height},
                        ink(style, reached ? Ink::Accent : Ink::Border), height * 0.5F);
  }
  ImGui::Dummy({width, height + style.space(0.5F)});
  if (view_->phase == LessonPhase::Done) word = "Done";
  if (view_->phase == LessonPhase::Failed) word = "Stopped";
  if (view_->phase == LessonPhase::Loading) word = "Loading";
  controls.line(view_->busy ? std::string(word) + ", the guest runs" : std::string(word), FontRole::Small,
                Ink::Accent);
}

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
    if (i > 0) ImGui::SameLine(0, gap);
    ButtonLook look;
    look.key = kKeys[static_cast<std::size_t>(i)];
    look.chosen = confidence_ == value;
    look.emphasis = look.chosen ? Emphasis::Normal : Emphasis::Quiet;
    look.width = each;
    if (controls.button("confidence." + std::string(name_of(value)), kLabels[static_cast<std::size_t>(i)], look)) {
      confidence_ = value;
    }
  }
}

void LessonPane::draw_form(Controls& controls, const QuestionForm& form, bool open, const Answer& given,
                           const Answer& truth, std::string_view prefix) {
  const Style& style = controls.style();
  markdown_.draw(controls, form.prompt);
  if (form.kind == PredictionKind::Number) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x, height = style.space(10);
    ImDrawList* draw = ImGui::GetWindowDrawList();
    draw->AddRectFilled(at, {at.x + width, at.y + height}, ink(style, Ink::Raised), style.corner());
    draw->AddRect(at, {at.x + width, at.y + height}, ink(style, open ? Ink::Accent : Ink::Border), style.corner(),
                  ImDrawFlags_None, open ? style.stroke() : style.hairline());
    std::string text = open ? draft_.digits() : words_of(form, given);
    const ImVec2 size = controls.measure(text.empty() ? "0" : text, FontRole::Mono);
    const float y = at.y + (height - size.y) * 0.5F;
    const bool empty = text.empty();
    if (empty) text = "type a number";
    controls.text_at(draw, {at.x + style.space(3), y}, text, empty ? FontRole::Body : FontRole::Mono,
                     ink(style, empty ? Ink::MutedText : Ink::Text));
    if (open) {
      const float x = at.x + style.space(3) + (empty ? 0 : size.x + style.space(0.5F));
      draw->AddRectFilled({x, y}, {x + style.stroke() * 0.75F, y + size.y}, ink(style, Ink::Accent));
    }
    if (open && !form.unit.empty()) {
      const ImVec2 unit = controls.measure(form.unit, FontRole::Small);
      controls.text_at(draw, {at.x + width - unit.x - style.space(3), at.y + (height - unit.y) * 0.5F}, form.unit,
                       FontRole::Small, ink(style, Ink::MutedText));
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
    if (controls.card(std::string(prefix) + std::to_string(n), text, look)) draft_.choose(form, n);
  }
}

void LessonPane::draw_prediction(Controls& controls) {
  if (!view_->prediction || view_->phase < LessonPhase::Predict) return;
  if (view_->phase == LessonPhase::Failed && !is_answered(view_->predicted)) return;
  const bool open = view_->phase == LessonPhase::Predict;
  // From the comparison on it stands there, beside what was measured.
  if (view_->phase >= LessonPhase::Compare && view_->phase != LessonPhase::Failed && is_answered(view_->happened)) return;
  section(controls, open ? "YOUR PREDICTION, BEFORE ANYTHING RUNS" : "YOUR PREDICTION", LessonPhase::Predict);
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
  if (view_->narration.empty()) return;
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
    draw->AddCircleFilled({at.x + style.space(1), middle}, style.space(newest ? 1.0F : 0.75F), color);
    if (i + 1 < view_->narration.size()) {
      draw->AddLine({at.x + style.space(1), middle + style.space(1.5F)},
                    {at.x + style.space(1), at.y + size.y + style.space(2)}, ink(style, Ink::Border), style.hairline());
    }
    controls.text_at(draw, {at.x + indent, at.y}, line.text, FontRole::Body,
                     ink(style, newest || view_->phase != LessonPhase::Observe ? Ink::Text : Ink::MutedText), width);
    ImGui::Dummy({width, size.y});
    if (newest && view_->phase == LessonPhase::Observe) ImGui::SetScrollHereY(0.85F);
  }
}

void LessonPane::draw_comparison(Controls& controls, bool presenting) {
  if (view_->phase < LessonPhase::Compare || view_->phase == LessonPhase::Failed) return;
  if (!view_->prediction || !is_answered(view_->happened)) return;
  const Style& style = controls.style();
  section(controls, "PREDICTED AND MEASURED", LessonPhase::Compare);
  if (hides_answer(presenting)) {
    controls.paragraph("What happened is hidden. Page Down or R reveals it.", FontRole::Body, Ink::MutedText);
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
    draw->AddRectFilled(at, {at.x + width, at.y + height}, packed(style.tint(mark)), style.corner());
    controls.icon_at(draw, {at.x + pad + style.space(1.5F), at.y + height * 0.5F}, style.space(4.5F), icon,
                     ink(style, mark));
    controls.text_at(draw, {at.x + pad + style.space(6), at.y + style.space(2)}, heading, FontRole::Small,
                     ink(style, Ink::MutedText));
    controls.text_at(draw, {at.x + pad + style.space(6), at.y + style.space(2.5F) + small}, text, FontRole::Strong,
                     ink(style, Ink::Text), wrap);
    ImGui::Dummy({width, height});
  };
  side(right ? "You predicted, and it agrees" : "You predicted", shown_words(*view_->prediction, view_->predicted),
       right ? Ink::Good : Ink::Error, right ? Icon::Check : Icon::Cross);
  side("Measured", shown_words(*view_->prediction, view_->happened), Ink::GuestUser, Icon::Search);
  markdown_.draw(controls, beyond_the_cards(view_->comparison));
}

void LessonPane::draw_other_technique(Controls& controls) {
  if (view_->phase < LessonPhase::OtherTechnique || view_->phase == LessonPhase::Failed) return;
  if (view_->other_technique.empty() && !view_->other_side) return;
  const Style& style = controls.style();
  section(controls, "THE SAME GUEST, ANOTHER TECHNIQUE", LessonPhase::OtherTechnique);
  markdown_.draw(controls, view_->other_technique);
  if (!view_->this_side || !view_->other_side) return;
  const LedgerSide &a = *view_->this_side, &b = *view_->other_side;
  const auto row = [&](std::string_view what, const std::string& left, const std::string& right, bool head) {
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
    draw->AddLine({at.x, at.y + height}, {at.x + width, at.y + height}, ink(style, Ink::Border), style.hairline());
    ImGui::Dummy({width, height});
  };
  row("", std::string(name_of(a.technique)), std::string(name_of(b.technique)), true);
  row("instructions", grouped(a.ledger.retired), grouped(b.ledger.retired), false);
  row("exits", grouped(a.ledger.total_exits()), grouped(b.ledger.total_exits()), false);
  row("cycles in exits", grouped(a.ledger.exit_cycles()), grouped(b.ledger.exit_cycles()), false);
  row("cycles in all", grouped(a.ledger.total_cycles()), grouped(b.ledger.total_cycles()), false);
}

void LessonPane::draw_retrieval(Controls& controls) {
  if (view_->retrieval.empty() || view_->phase < LessonPhase::Retrieve || view_->phase == LessonPhase::Failed) return;
  const int open = view_->phase == LessonPhase::Retrieve ? open_retrieval() : -1;
  for (std::size_t i = 0; i < view_->retrieval.size(); ++i) {
    const RetrievalView& question = view_->retrieval[i];
    const bool is_open = static_cast<int>(i) == open;
    if (!is_open && !question.right) continue;
    const std::string heading = "FROM MEMORY, " + std::to_string(i + 1) + " OF " + std::to_string(view_->retrieval.size());
    // Scroll only to the question that waits, not to those already answered.
    section(controls, heading, is_open || open < 0 ? LessonPhase::Retrieve : LessonPhase::Loading);
    draw_form(controls, question.form, is_open && !view_->busy, question.given, question.truth,
              is_open ? "choice." : "answered." + std::to_string(i) + ".");
    if (question.right) {
      controls.chip(*question.right ? "right" : "not yet", *question.right ? Ink::Good : Ink::Error,
                    *question.right ? Icon::Check : Icon::Cross);
      if (!question.feedback.empty()) markdown_.draw(controls, question.feedback);
    }
  }
}

void LessonPane::draw_foot(Controls& controls, bool presenting) {
  const Style& style = controls.style();
  const float full = ImGui::GetContentRegionAvail().x;
  const bool hint = view_->hints_left > 0 && (open_question() != nullptr || view_->phase == LessonPhase::Question);
  const float hint_width = hint ? style.space(26) : 0;

  std::string label = "Continue", key = "Space", note;
  bool enabled = can_advance();
  enum class Does { Advance, Commit, Retry, Again } does = Does::Advance;
  switch (view_->phase) {
    case LessonPhase::Loading: label = "Loading"; break;
    case LessonPhase::Question: label = view_->prediction ? "Make a prediction" : "Start"; break;
    case LessonPhase::Predict:
      label = "Commit my prediction";
      key = "Enter";
      does = Does::Commit;
      enabled = can_commit();
      note = view_->prediction && view_->prediction->kind == PredictionKind::Number ? "Type a number, then Enter."
             : view_->prediction && view_->prediction->kind == PredictionKind::Ordering
                 ? "Press the numbers in order, then Enter."
                 : "Press a number, then Enter.";
      break;
    case LessonPhase::Observe: label = view_->awaits_advance ? "Continue" : "The guest runs"; break;
    case LessonPhase::Compare:
      label = hides_answer(presenting) ? "Reveal what happened" : "Why is that so?";
      enabled = enabled || hides_answer(presenting);
      break;
    case LessonPhase::Retrieve:
      if (open_retrieval() >= 0) {
        label = "Answer";
        key = "Enter";
        does = Does::Commit;
        enabled = can_commit();
        note = "Press a number, then Enter.";
      } else {
        label = view_->beat_index + 1 < view_->beat_count ? "Next beat" : "Finish the lesson";
      }
      break;
    case LessonPhase::Done: label = "Play it again"; key = ""; does = Does::Again; enabled = true; break;
    case LessonPhase::Failed: label = "Try this beat again"; key = "Ctrl+R"; does = Does::Retry; enabled = true; break;
    default: break;
  }
  ButtonLook look;
  look.emphasis = Emphasis::Primary;
  look.key = key;
  look.enabled = enabled;
  look.width = full - (hint ? hint_width + style.space(2) : 0);
  if (controls.button("lesson.next", label, look)) {
    switch (does) {
      case Does::Advance: advance(presenting); break;
      case Does::Commit: commit(); break;
      case Does::Retry: player_.retry(); break;
      case Does::Again: player_.go_to_beat(0); break;
    }
  }
  if (hint) {
    ImGui::SameLine(0, style.space(2));
    ButtonLook quiet;
    quiet.key = "H";
    quiet.width = hint_width;
    if (controls.button("lesson.hint", "Hint", quiet)) player_.request_hint();
  }
  if (!note.empty()) controls.line(note, FontRole::Small, Ink::MutedText);
}

}  // namespace gv
