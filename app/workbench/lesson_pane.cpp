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
constexpr std::array<PhaseWord, 8> kTrail = {{{LessonPhase::Question, "Question"},
                                              {LessonPhase::Predict, "Predict"},
                                              {LessonPhase::Observe, "Observe"},
                                              {LessonPhase::Compare, "Compare"},
                                              {LessonPhase::Explain, "Explain"},
                                              {LessonPhase::OtherTechnique, "Another technique"},
                                              {LessonPhase::Retrieve, "Recall"},
                                              {LessonPhase::Task, "Your turn"}}};

}  // namespace

bool LessonPane::refresh() {
  auto newest = player_.view();
  if (view_ && newest->generation == view_->generation)
    return false;
  const bool other_beat =
      !view_ || view_->beat_id != newest->beat_id || newest->phase == LessonPhase::Question;
  const bool verdict_is_new = newest->task && newest->task->result && !newest->task->checking &&
                              (!view_ || !view_->task || view_->task->checking);
  view_ = std::move(newest);
  if (verdict_is_new)
    result_scroll_ = 3;
  if (other_beat) {
    revealed_ = false;
    confidence_ = Confidence::FairlySure;
  }
  std::string place = view_->beat_id + "/" + std::string(name_of(view_->phase));
  if (view_->phase == LessonPhase::Retrieve)
    place += std::to_string(open_retrieval());
  if (view_->task)
    place += view_->task->id;
  if (place != place_) {
    place_ = place;
    frames_to_scroll_ = 3;  // the new section's height is known only after it was drawn once
  }
  if (open_question() != nullptr)
    draft_.begin(place_);
  else if (view_->phase == LessonPhase::Question)
    draft_.begin("");
  return true;
}

int LessonPane::open_retrieval() const {
  for (std::size_t i = 0; i < view_->retrieval.size(); ++i) {
    if (!view_->retrieval[i].right)
      return static_cast<int>(i);
  }
  return -1;
}

const QuestionForm* LessonPane::open_question() const {
  if (!view_ || view_->busy)
    return nullptr;
  if (view_->phase == LessonPhase::Predict && view_->prediction)
    return &*view_->prediction;
  if (view_->phase == LessonPhase::Retrieve) {
    const int i = open_retrieval();
    if (i >= 0)
      return &view_->retrieval[static_cast<std::size_t>(i)].form;
  }
  return nullptr;
}

void LessonPane::choose(int n) {
  if (const QuestionForm* form = open_question())
    draft_.choose(*form, n);
}

bool LessonPane::type(char character) {
  const QuestionForm* form = open_question();
  return form != nullptr && form->kind == PredictionKind::Number && draft_.type(character);
}

void LessonPane::erase() {
  if (open_question() != nullptr)
    draft_.erase();
}

bool LessonPane::can_commit() const {
  const QuestionForm* form = open_question();
  return form != nullptr && draft_.is_complete(*form);
}

bool LessonPane::commit() {
  if (!can_commit())
    return false;
  const Answer answer = draft_.answer(*open_question());
  if (view_->phase == LessonPhase::Predict)
    return player_.submit_prediction(answer, confidence_);
  return player_.answer_retrieval(static_cast<std::size_t>(open_retrieval()), answer);
}

bool LessonPane::can_advance() const {
  if (!view_)
    return false;
  switch (view_->phase) {
    case LessonPhase::Question:
    case LessonPhase::Compare:
    case LessonPhase::Explain:
    case LessonPhase::OtherTechnique:
      return !view_->busy;
    case LessonPhase::Observe:
      return view_->awaits_advance;
    case LessonPhase::Retrieve:
      return !view_->busy && open_retrieval() < 0;
    case LessonPhase::Task:
      return !view_->busy;
    default:
      return false;
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
  if (area.empty() || !view_)
    return;
  const Style& style = controls.style();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled({area.x, area.y}, {area.right(), area.bottom()}, ink(style, Ink::Surface),
                      style.corner());
  draw->AddRect({area.x, area.y}, {area.right(), area.bottom()}, ink(style, Ink::Border),
                style.corner(), ImDrawFlags_None, style.hairline());

  // At four times the size on a laptop the head scrolls with the text and the foot is its button.
  low_ = area.height < style.space(75);
  const float pad = style.space(low_ ? 3 : 5);
  const float foot = style.space(low_ ? 12.5F : open_question() != nullptr ? 17.0F : 16.0F);
  const float inner = area.width - 2 * pad;
  ImGui::SetCursorScreenPos({area.x + pad, area.y + style.space(low_ ? 1 : 4)});
  ImGui::BeginGroup();
  ImGui::PushItemWidth(inner);
  if (!low_) {
    ImGui::BeginChild("##lesson.head",
                      {inner, style.space(6) + controls.font(FontRole::Title)->FontSize +
                                  controls.font(FontRole::Small)->FontSize * 2},
                      false, ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
    draw_head(controls, presenting);
    ImGui::EndChild();
  }
  const float top = ImGui::GetCursorScreenPos().y;
  // The scroll bar sits in the padding, not on the text.
  ImGui::SetNextWindowContentSize({inner, 0});
  ImGui::BeginChild("##lesson.body",
                    {inner + style.space(3), std::max(1.0F, area.bottom() - top - foot)}, false,
                    ImGuiWindowFlags_None);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{style.space(2), style.space(2)});
  if (low_)
    draw_head(controls, presenting);
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
  draw_task(controls);
  if (!view_->hints.empty()) {
    ImGui::Dummy({0, style.space(1)});
    controls.line("HINTS", FontRole::Small, Ink::MutedText);
    for (const std::string& hint : view_->hints)
      markdown_.draw(controls, hint);
  }
  if (view_->phase == LessonPhase::Done) {
    section(controls, "DONE", LessonPhase::Done);
    controls.paragraph(
        "You have played the whole lesson. " + std::to_string(view_->predictions_right) + " of " +
            std::to_string(view_->predictions_made) + " predictions agreed with the machine" +
            (view_->tasks == 0                     ? "."
             : view_->tasks_passed == view_->tasks ? ", and your code agrees with it too."
                                                   : "; the task in Lua still waits (Ctrl+J).") +
            " Now the machine is yours: step it, run it back, "
            "ask it in Lua (Ctrl+L).",
        FontRole::Body, Ink::Text);
  }
  ImGui::Dummy({0, style.space(3)});
  ImGui::PopStyleVar();
  ImGui::EndChild();
  ImGui::PopItemWidth();
  ImGui::EndGroup();

  draw->AddLine({area.x + style.space(3), area.bottom() - foot},
                {area.right() - style.space(3), area.bottom() - foot}, ink(style, Ink::Border),
                style.hairline());
  ImGui::SetCursorScreenPos({area.x + pad, area.bottom() - foot + style.space(low_ ? 1.5F : 3.0F)});
  ImGui::BeginChild("##lesson.foot", {inner, foot - style.space(low_ ? 1.5F : 3.0F)}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  draw_foot(controls, presenting);
  ImGui::EndChild();
}

void LessonPane::draw_head(Controls& controls, bool) {
  const Style& style = controls.style();
  std::string where = view_->title;
  if (view_->beat_count > 0) {
    where += "  ·  " + std::to_string(view_->beat_index + 1) + " of " +
             std::to_string(view_->beat_count);
  }
  if (view_->predictions_made > 0) {
    where += "  ·  " + std::to_string(view_->predictions_right) + "/" +
             std::to_string(view_->predictions_made) + " predicted";
  }
  controls.line(where, FontRole::Small, Ink::MutedText);
  controls.line(view_->beat_title.empty() ? view_->title : view_->beat_title, FontRole::Title,
                Ink::Text);

  // The trail: one segment per phase, filled as far as the beat has come; the word says which.
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, height = style.space(1),
              gap = style.space(1);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float each =
      (width - gap * static_cast<float>(kTrail.size() - 1)) / static_cast<float>(kTrail.size());
  const char* word = name_of(view_->phase).data();
  for (std::size_t i = 0; i < kTrail.size(); ++i) {
    const bool reached = view_->phase >= kTrail[i].phase && view_->phase <= LessonPhase::Done &&
                         view_->phase != LessonPhase::Loading;
    const bool here = view_->phase == kTrail[i].phase;
    if (here)
      word = kTrail[i].word;
    const float x = at.x + static_cast<float>(i) * (each + gap);
    draw->AddRectFilled({x, at.y + style.space(0.5F)},
                        {x + each, at.y + style.space(0.5F) + height},
                        ink(style, reached ? Ink::Accent : Ink::Border), height * 0.5F);
  }
  ImGui::Dummy({width, height + style.space(0.5F)});
  if (view_->phase == LessonPhase::Done)
    word = "Done";
  if (view_->phase == LessonPhase::Failed)
    word = "Stopped";
  if (view_->phase == LessonPhase::Loading)
    word = "Loading";
  controls.line(view_->busy ? std::string(word) + ", the guest runs" : std::string(word),
                FontRole::Small, Ink::Accent);
}

void LessonPane::draw_foot(Controls& controls, bool presenting) {
  if (has_task())
    return draw_task_foot(controls);
  const Style& style = controls.style();
  const float full = ImGui::GetContentRegionAvail().x;
  const bool hint = view_->hints_left > 0 &&
                    (open_question() != nullptr || view_->phase == LessonPhase::Question);
  const float hint_width = hint ? style.space(26) : 0;

  std::string label = "Continue", key = "Space", note;
  bool enabled = can_advance();
  enum class Does { Advance, Commit, Retry, Again } does = Does::Advance;
  switch (view_->phase) {
    case LessonPhase::Loading:
      label = "Loading";
      break;
    case LessonPhase::Question:
      label = view_->prediction ? "Make a prediction" : "Start";
      break;
    case LessonPhase::Predict:
      label = "Commit my prediction";
      key = "Enter";
      does = Does::Commit;
      enabled = can_commit();
      note = view_->prediction && view_->prediction->kind == PredictionKind::Number
                 ? "Type a number, then Enter."
             : view_->prediction && view_->prediction->kind == PredictionKind::Ordering
                 ? "Press the numbers in order, then Enter."
                 : "Press a number, then Enter.";
      break;
    case LessonPhase::Observe:
      label = view_->awaits_advance ? "Continue" : "The guest runs";
      break;
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
    case LessonPhase::Done:
      label = "Play it again";
      key = "";
      does = Does::Again;
      enabled = true;
      break;
    case LessonPhase::Failed:
      label = "Try this beat again";
      key = "Ctrl+R";
      does = Does::Retry;
      enabled = true;
      break;
    default:
      break;
  }
  ButtonLook look;
  look.emphasis = Emphasis::Primary;
  look.key = key;
  look.enabled = enabled;
  look.width = full - (hint ? hint_width + style.space(2) : 0);
  if (controls.button("lesson.next", label, look)) {
    switch (does) {
      case Does::Advance:
        advance(presenting);
        break;
      case Does::Commit:
        commit();
        break;
      case Does::Retry:
        player_.retry();
        break;
      case Does::Again:
        player_.go_to_beat(0);
        break;
    }
  }
  if (hint) {
    ImGui::SameLine(0, style.space(2));
    ButtonLook quiet;
    quiet.key = "H";
    quiet.width = hint_width;
    if (controls.button("lesson.hint", "Hint", quiet))
      player_.request_hint();
  }
  if (!note.empty() && !low_)
    controls.line(note, FontRole::Small, Ink::MutedText);
}

}  // namespace gv
