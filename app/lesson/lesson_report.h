// SPDX-License-Identifier: MIT
//
// lesson_report.h - a played lesson as text, as JSON and as one HTML file.
//
// The HTML needs no other file and no network: its style is inline, its
// pictures are SVG drawn from the recorded events, or PNG files put in as data.

#pragma once

#include "gv/result.h"
#include "lesson/lesson_player.h"
#include "lesson/verdict.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <string>
#include <vector>

namespace gv {

struct LessonOutcome {
  PlayedLesson played;
  std::vector<CheckResult> checks;
  std::string problem;  // not empty when the lesson could not be played to its end
  Verdict verdict() const;
};

std::string transcript_of(const LessonOutcome& outcome);
nlohmann::json json_of(const LessonOutcome& outcome);
// `pictures` is a folder of PNG files, or empty; NAME.png is captioned with NAME, and a name that
// starts with a beat's id is put into that beat.
Result<std::string> html_of(const LessonOutcome& outcome, const std::string& pictures);

// Plays the lesson to its end without a window. `answers_path` may be empty: then the lesson's own
// solution answers. Error: the lesson or the answers cannot be read.
struct RunOptions {
  std::string answers_path;
  PlayerOptions player;
  std::string trace_path;  // the events of the last beat's machine; may be empty
  std::function<void(const NarrationLine&)> narrated;  // as it happens; may be empty
};
Result<LessonOutcome> run_lesson(const std::string& folder, const RunOptions& options);

}  // namespace gv
