// SPDX-License-Identifier: MIT
//
// lesson_task.cpp - the end of a beat that asks for code: question, editor, verdict.

#include "workbench/lesson_pane.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace gv {
namespace {

constexpr std::size_t kFindingsShown = 3;
constexpr std::size_t kPrintedLines = 24;

// The source line that a message such as "decide.lua:4: …" speaks of, or empty.
std::string line_spoken_of(const std::string& message, const std::string& file,
                           const std::string& source) {
  const std::size_t at = message.find(file + ":");
  if (at == std::string::npos)
    return {};
  const int wanted = std::atoi(message.c_str() + at + file.size() + 1);
  std::istringstream lines(source);
  std::string line;
  for (int n = 1; std::getline(lines, line); ++n) {
    if (n == wanted)
      return line;
  }
  return {};
}

struct VerdictWords {
  const char* chip;
  Ink ink;
  Icon icon;
  const char* sentence;
};

VerdictWords words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return {"right", Ink::Good, Icon::Check, "Every case agrees with what the machine did."};
    case Verdict::Fail:
      return {"not yet", Ink::Error, Icon::Cross, "It ran, and disagrees with the machine here:"};
    case Verdict::Timeout:
      return {"stopped", Ink::Error, Icon::Cross, "It used up its budget, so it was stopped:"};
    default:
      return {"cannot run", Ink::Error, Icon::Cross, "Lua could not run it:"};
  }
}

}  // namespace

bool LessonPane::has_task() const {
  return view_ && view_->phase == LessonPhase::Task && view_->task.has_value();
}

bool LessonPane::task_passed() const {
  return has_task() && view_->task->result && view_->task->result->verdict == Verdict::Pass &&
         view_->task->checked == editor_.text();
}

bool LessonPane::can_check_task() const { return has_task() && !view_->busy; }

bool LessonPane::check_task() {
  if (!can_check_task())
    return false;
  editor_.resume_after_check();
  return player_.submit_task(editor_.text());
}

void LessonPane::draw_finding(Controls& controls, const Finding& finding) {
  const Style& style = controls.style();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x, pad = style.space(3);
  const float label = controls.measure("machine", FontRole::Small).x + style.space(3);
  const float wrap = width - 2 * pad - label;
  const ImVec2 observed = controls.measure(finding.observed, FontRole::Mono, wrap);
  const ImVec2 expected = controls.measure(finding.expected, FontRole::Mono, wrap);
  const float height = observed.y + expected.y + 2 * style.space(2) + style.space(1.5F);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(at, {at.x + width, at.y + height}, packed(style.tint(Ink::Error)),
                      style.corner());
  const auto row = [&](float y, std::string_view who, const std::string& what) {
    const float shift =
        (controls.font(FontRole::Mono)->FontSize - controls.font(FontRole::Small)->FontSize) * 0.5F;
    controls.text_at(draw, {at.x + pad, y + shift}, who, FontRole::Small,
                     ink(style, Ink::MutedText));
    controls.text_at(draw, {at.x + pad + label, y}, what, FontRole::Mono, ink(style, Ink::Text),
                     wrap);
  };
  const float first = at.y + style.space(2);
  row(first, "yours", finding.observed);
  row(first + observed.y + style.space(1.5F), "machine", finding.expected);
  ImGui::Dummy({width, height});
  if (!finding.hint.empty())
    controls.paragraph(finding.hint, FontRole::Small, Ink::MutedText);
}

void LessonPane::draw_verdict(Controls& controls) {
  const TaskView& task = *view_->task;
  if (task.checking) {
    controls.line("Checking against the machine; Esc stops it.", FontRole::Small, Ink::MutedText);
    return;
  }
  if (!task.result)
    return;
  const CheckResult& result = *task.result;
  const VerdictWords words = words_of(result.verdict);
  if (result_scroll_ > 0) {
    --result_scroll_;
    ImGui::SetScrollHereY(0.6F);
  }
  controls.chip(words.chip, words.ink, words.icon);
  controls.paragraph(words.sentence, FontRole::Body, Ink::Text);
  if (task.checked != editor_.text())
    controls.line("You have changed the code since.", FontRole::Small, Ink::MutedText);
  const std::string file = task.id + ".lua";
  if (result.verdict == Verdict::Error) {
    for (const Finding& finding : result.findings) {
      controls.paragraph(finding.observed, FontRole::Body, Ink::Error);
      const std::string line = line_spoken_of(finding.observed, file, task.checked);
      if (!line.empty())
        controls.paragraph(line, FontRole::Mono, Ink::Text);
    }
  } else {
    const std::size_t shown = std::min(result.findings.size(), kFindingsShown);
    for (std::size_t i = 0; i < shown; ++i)
      draw_finding(controls, result.findings[i]);
    if (result.findings.size() > shown) {
      controls.line("and " + std::to_string(result.findings.size() - shown) + " more",
                    FontRole::Small, Ink::MutedText);
    }
  }
  for (const std::string& sentence : task.said)
    markdown_.draw(controls, sentence);
  if (!task.printed.empty()) {
    controls.line("PRINTED", FontRole::Small, Ink::MutedText);
    std::vector<std::string> lines;
    std::istringstream text(task.printed);
    for (std::string line; std::getline(text, line);)
      lines.push_back(line);
    const std::size_t first = lines.size() > kPrintedLines ? lines.size() - kPrintedLines : 0;
    if (first > 0)
      controls.line("the last " + std::to_string(kPrintedLines) + " of " +
                        std::to_string(lines.size()) + " lines",
                    FontRole::Small, Ink::MutedText);
    for (std::size_t i = first; i < lines.size(); ++i)
      controls.paragraph(lines[i], FontRole::Mono, Ink::Text);
  }
}

void LessonPane::draw_task(Controls& controls) {
  if (!has_task())
    return;
  const Style& style = controls.style();
  const TaskView& task = *view_->task;
  section(controls, "YOUR TURN, IN LUA", LessonPhase::Task);
  controls.paragraph(task.title, FontRole::Strong, Ink::Text);
  markdown_.draw(controls, task.question);
  editor_.draw(controls, !task.checking);
  const bool untouched = editor_.text() == task.starter;
  const float gap = style.space(2);
  controls.line(editor_.has_keyboard() ? "Ctrl+Enter checks, Esc leaves the field."
                                       : "E begins to write, Ctrl+Enter checks.",
                FontRole::Small, Ink::MutedText,
                ImGui::GetContentRegionAvail().x - style.space(40) - gap);
  if (!untouched) {
    ImGui::SameLine(0, 0);
    const float width = style.space(discarding_ ? 40 : 27);
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x - width);
    ButtonLook look;
    look.emphasis = Emphasis::Quiet;
    look.width = width;
    look.enabled = !task.checking;
    look.tooltip = "Back to the code that the lesson began with";
    if (controls.button("task.reset", discarding_ ? "Discard my code" : "Start over", look)) {
      if (discarding_)
        editor_.replace(task.starter);
      discarding_ = !discarding_;
    }
  } else {
    discarding_ = false;
  }
  draw_verdict(controls);
}

void LessonPane::draw_task_foot(Controls& controls) {
  const Style& style = controls.style();
  const float full = ImGui::GetContentRegionAvail().x, gap = style.space(2);
  const bool passed = task_passed(), hint = view_->hints_left > 0 && !passed;
  const float hint_width = hint ? style.space(24) + gap : 0;
  const float on_width = passed ? full : style.space(30);
  if (!passed) {
    ButtonLook look;
    look.emphasis = Emphasis::Primary;
    look.key = "Ctrl+Enter";
    look.enabled = can_check_task();
    look.width = full - hint_width - on_width - gap;
    if (controls.button("task.check", "Check", look))
      check_task();
    ImGui::SameLine(0, gap);
  }
  if (hint) {
    ButtonLook look;
    look.key = "H";
    look.width = hint_width - gap;
    if (controls.button("lesson.hint", "Hint", look))
      player_.request_hint();
    ImGui::SameLine(0, gap);
  }
  ButtonLook look;
  look.emphasis = passed ? Emphasis::Primary : Emphasis::Normal;
  look.key = "Space";
  look.enabled = can_advance();
  look.width = on_width;
  const bool last = view_->beat_index + 1 >= view_->beat_count;
  if (controls.button("lesson.next",
                      !passed ? "Later"
                      : last  ? "Finish the lesson"
                              : "Next beat",
                      look))
    player_.advance();
}

}  // namespace gv
