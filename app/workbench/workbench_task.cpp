// SPDX-License-Identifier: MIT
//
// workbench_task.cpp - the learner's code: begun, kept, checked, reported.

#include "workbench/workbench.h"

#include <imgui.h>

namespace gv {
namespace {

// Every edit would be a write to the disk; a crash costs at most this much of typing.
constexpr double kRestSeconds = 1.0;

}  // namespace

void Workbench::follow_task() {
  const LessonView& view = pane_->view();
  if (!view.task)
    return;
  TaskEditor& editor = pane_->editor();
  const std::string name = view.slug + "/" + view.task->id;
  if (editor.is_editing(name))
    return;
  keep_draft(true);
  draft_of_ = {view.slug, view.task->id};
  std::string draft;
  if (progress_)
    draft = progress_->draft(view.slug, view.task->id);
  editor.begin(name, draft.empty() ? view.task->starter : draft);
  edits_seen_ = edits_kept_ = editor.edits();
}

void Workbench::check_task() {
  keep_draft(true);
  pane_->check_task();
}

void Workbench::go_to_task() {
  const LessonView& view = pane_->view();
  const auto& tasks = player_->lesson().tasks;
  int wanted = 0;
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    if (tasks[i].beat == static_cast<std::size_t>(view.beat_index))
      wanted = static_cast<int>(i);
  }
  if (!pane_->has_task())
    player_->go_to_task(wanted);
  room_ = Room::Lesson;
}

void Workbench::keep_draft(bool now) {
  if (!pane_ || draft_of_.second.empty())
    return;  // the lesson may have gone on since; the draft is still that of its task
  const TaskEditor& editor = pane_->editor();
  const double time = ImGui::GetCurrentContext() != nullptr ? ImGui::GetTime() : 0;
  if (editor.edits() != edits_seen_) {
    edits_seen_ = editor.edits();
    edited_at_ = time;
  }
  if (edits_seen_ == edits_kept_ || (!now && time < edited_at_ + kRestSeconds))
    return;
  edits_kept_ = edits_seen_;
  if (!progress_ || options_.forget)
    return;
  if (auto kept = progress_->keep_draft(draft_of_.first, draft_of_.second, editor.text()); !kept) {
    say(kept.error().message);
    progress_.reset();
  }
}

nlohmann::json Workbench::describe_task() const {
  const TaskView& task = *pane_->view().task;
  nlohmann::json out = {{"id", task.id},
                        {"code", pane_->editor().text()},
                        {"editing", pane_->editor().has_keyboard()},
                        {"checking", task.checking},
                        {"passed", pane_->task_passed()},
                        {"printed", task.printed},
                        {"kept", edits_kept_ == pane_->editor().edits()}};
  if (task.result) {
    out["judged"] = task.checked == pane_->editor().text();
    out["verdict"] = name_of(task.result->verdict);
    out["findings"] = task.result->findings.size();
    if (!task.result->findings.empty())
      out["observed"] = task.result->findings.front().observed;
  }
  return out;
}

}  // namespace gv
