// SPDX-License-Identifier: MIT
//
// lesson_pane.h - the lesson beside the machine: question, prediction, story, answer.
//
// Draws a LessonView and holds only what has not been handed in yet: the draft
// of an answer, and whether a presenter has revealed what happened. One button at the
// bottom always is the next thing to do, with its key on it.
//
// Threads: GUI thread.

#pragma once

#include "lesson/lesson_player.h"
#include "workbench/answer_draft.h"
#include "workbench/controls.h"
#include "workbench/layout.h"
#include "workbench/markdown.h"
#include "workbench/task_editor.h"

#include <optional>
#include <string>

namespace gv {

class LessonPane {
 public:
  explicit LessonPane(LessonPlayer& player) : player_(player) {}

  // Takes the newest view; true when the picture must be drawn again.
  bool refresh();
  const LessonView& view() const { return *view_; }

  void draw(const Area& area, Controls& controls, bool presenting);

  // What the keys do; each is the same as a click.
  void choose(int n);
  bool type(char character);
  void erase();
  void set_confidence(Confidence confidence) { confidence_ = confidence; }
  bool can_commit() const;  // a complete draft waits to be handed in
  bool commit();
  bool can_advance() const;
  bool advance(bool presenting);
  bool hides_answer(bool presenting) const;
  void reveal() { revealed_ = true; }

  // The task at the end of a beat, if the lesson stands there.
  bool has_task() const;
  bool task_passed() const;  // by the code as it is now
  bool can_check_task() const;
  bool check_task();
  TaskEditor& editor() { return editor_; }
  const TaskEditor& editor() const { return editor_; }

  // The question that is being answered now, if any; and its draft.
  const QuestionForm* open_question() const;
  const AnswerDraft& draft() const { return draft_; }
  Confidence confidence() const { return confidence_; }

 private:
  int open_retrieval() const;  // index of the first unanswered question, or -1
  void section(Controls& controls, std::string_view heading, LessonPhase phase);
  void draw_head(Controls& controls, bool presenting);
  void draw_prediction(Controls& controls);
  void draw_form(Controls& controls, const QuestionForm& form, bool open, const Answer& given,
                 const Answer& truth, std::string_view prefix);
  void draw_confidence(Controls& controls);
  void draw_narration(Controls& controls);
  void draw_comparison(Controls& controls, bool presenting);
  void draw_other_technique(Controls& controls);
  void draw_retrieval(Controls& controls);
  void draw_task(Controls& controls);
  void draw_verdict(Controls& controls);
  void draw_finding(Controls& controls, const Finding& finding);
  void draw_task_foot(Controls& controls);
  void draw_foot(Controls& controls, bool presenting);

  LessonPlayer& player_;
  std::shared_ptr<const LessonView> view_;
  MarkdownView markdown_;
  AnswerDraft draft_;
  Confidence confidence_ = Confidence::FairlySure;
  bool revealed_ = false, low_ = false;
  std::string place_;  // beat, phase and question: a change scrolls to what is new
  int frames_to_scroll_ = 0, result_scroll_ = 0;
  TaskEditor editor_;
  bool discarding_ = false;  // asked once whether the code may go
};

}  // namespace gv
