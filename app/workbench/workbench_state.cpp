// SPDX-License-Identifier: MIT
//
// workbench_state.cpp - what the window shows, as JSON for scripts and tests.

#include "workbench/breakpoint_words.h"
#include "workbench/workbench.h"

#include <cmath>

namespace gv {

nlohmann::json Workbench::describe() const {
  using nlohmann::json;
  json root;
  root["ready"] = frame_number_ >= 3;
  root["settled"] = settle_frames_ == 0;  // nothing on the screen is about to move by itself
  root["theme"] = name_of(style_.theme());
  root["scale"] = style_.scale();
  root["presenting"] = presenting_;
  root["cut_texts"] = controls_.cut_texts();
  root["cut_in_panels"] = audit_.cut;
  root["overlay"] = palette_.is_open() ? "palette" : help_.is_open() ? "help" : "";
  root["window"] = {window_ ? window_->width() : 0, window_ ? window_->height() : 0};
  if (pane_) {
    const LessonView& view = pane_->view();
    const QuestionForm* open = pane_->open_question();
    json lesson = {{"slug", view.slug},
                   {"phase", name_of(view.phase)},
                   {"beat", view.beat_id},
                   {"beat_index", view.beat_index},
                   {"beat_count", view.beat_count},
                   {"busy", view.busy},
                   {"awaits_advance", view.awaits_advance},
                   {"can_advance", pane_->can_advance()},
                   {"can_commit", pane_->can_commit()},
                   {"confidence", name_of(pane_->confidence())},
                   {"narration", view.narration.size()},
                   {"hints", view.hints.size()},
                   {"predictions_made", view.predictions_made},
                   {"predictions_right", view.predictions_right},
                   {"error", view.error}};
    lesson["controls"] = view.controls;
    int answered = 0;
    for (const RetrievalView& question : view.retrieval)
      answered += question.right ? 1 : 0;
    lesson["retrieval_answered"] = answered;
    lesson["answer_hidden"] = pane_->hides_answer(presenting_);
    if (open != nullptr) {
      lesson["open_question"] = open->kind == PredictionKind::Choice   ? "choice"
                                : open->kind == PredictionKind::Number ? "number"
                                                                       : "ordering";
      json choices = json::array();
      for (const Choice& choice : open->choices)
        choices.push_back(choice.id);
      lesson["choices"] = choices;
    }
    if (!played_hash_.empty())
      lesson["event_log_hash"] = played_hash_;
    if (pane_->has_task())
      lesson["task"] = describe_task();
    root["lesson"] = lesson;
  }
  if (machine_.session() != nullptr) {
    const Snapshot& now = machine_.snapshot();
    json machine = {{"engine", name_of(now.engine)}, {"technique", name_of(now.technique)},
                    {"running", machine_.running()}, {"ended", machine_.ended()},
                    {"waiting", machine_.waiting()}, {"cause", name_of(now.cause)}};
    machine["retired"] = now.position.retired;
    machine["furthest"] = now.furthest.retired;
    machine["events"] = machine_.events().size();
    machine["next"] = now.next_instruction.value;
    machine["line"] = selected_line().value;
    root["machine"] = machine;
  }
  if (!race_.view().lanes.empty()) {
    const RaceView& view = race_.view();
    json lanes = json::array();
    for (const RaceLaneView& lane : view.lanes) {
      lanes.push_back({{"name", lane.lane.name},
                       {"engine", name_of(lane.lane.engine)},
                       {"retired", lane.snapshot->position.retired},
                       {"lines", lane.lines},
                       {"exits", lane.snapshot->ledger.total_exits()},
                       {"arrived", lane.arrived}});
    }
    root["race"] = {{"state", name_of(view.state)},
                    {"ruler", name_of(view.ruler)},
                    {"guest", view.guest},
                    {"mark", view.mark},
                    {"step", view.step},
                    {"lanes", lanes}};
  }
  json breakpoints = json::array();
  for (const Breakpoint& breakpoint : breakpoints_.all) {
    breakpoints.push_back({{"id", breakpoint.id},
                           {"place", words_of_place(breakpoint, {})},
                           {"enabled", breakpoint.enabled},
                           {"condition", breakpoint.condition_text},
                           {"problem", breakpoints_panel_.problem_of(breakpoint.id)}});
  }
  root["breakpoints"] = breakpoints;
  root["breakpoint_refused"] = breakpoints_panel_.problem_of_new();
  if (gdb_)
    root["gdb_port"] = gdb_->port();
  json controls = json::object();
  for (const FocusItem& item : ring_.items()) {
    controls[item.id] = {{"x", std::lround((item.low.x + item.high.x) * 0.5F)},
                         {"y", std::lround((item.low.y + item.high.y) * 0.5F)},
                         {"width", std::lround(item.high.x - item.low.x)},
                         {"height", std::lround(item.high.y - item.low.y)},
                         {"enabled", item.enabled},
                         {"focused", ring_.has_focus(item.id)}};
  }
  root["controls"] = controls;
  json panels = json::object();
  for (const auto& [id, area] : cards_.areas()) {
    panels[id] = {std::lround(area.x), std::lround(area.y), std::lround(area.width),
                  std::lround(area.height)};
  }
  root["panels"] = panels;
  root["focused_panel"] = cards_.focused();
  return root;
}

void Workbench::write_state() {
  if (options_.state_file.empty())
    return;
  std::string text = describe().dump();
  if (text == state_written_)
    return;
  if (auto written = write_file_atomically(options_.state_file, text + "\n"); !written) {
    say(written.error().message);
    options_.state_file.clear();
    return;
  }
  state_written_ = std::move(text);
}

}  // namespace gv
