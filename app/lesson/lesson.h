// SPDX-License-Identifier: MIT
//
// lesson.h - a lesson as data: what lesson.lua and its texts say.
//
// Functions stay in Lua; here are only their names' places, so that a lesson can
// be listed, linted and drawn without a machine. Text is Markdown; {{name}} in
// it stands for a value that a run measured, and is filled by the player. A
// number that no run measured cannot be written this way, and that is the point.
//
// Plain values.

#pragma once

#include "gv/result.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gv {

inline constexpr int kLessonFormatVersion = 1;

enum class PredictionKind : std::uint8_t { Choice, Number, Ordering };

struct Choice {
  std::string id;
  std::string text;                          // Markdown, one line
  std::optional<std::string> misconception;  // what a learner who takes it may believe
  std::string feedback;                      // shown when it was taken and is wrong; may be empty
};

// What a learner is asked to commit to. Also the form of a retrieval question.
struct QuestionForm {
  PredictionKind kind = PredictionKind::Choice;
  std::string prompt;           // Markdown
  std::vector<Choice> choices;  // Choice: pick one; Ordering: put these in order
  double tolerance = 0;         // Number: right when |answer - truth| <= tolerance · |truth|
  std::string unit;             // Number: "exits", "instructions", …
};

// Choice: a choice's id. Number: a double. Ordering: choice ids in order. monostate: none yet.
using Answer = std::variant<std::monostate, std::string, double, std::vector<std::string>>;
bool is_answered(const Answer& answer);
// Whether `given` agrees with what was measured.
bool agrees(const QuestionForm& form, const Answer& given, const Answer& measured);
// The answer in the words of the question's choices.
std::string words_of(const QuestionForm& form, const Answer& answer);

enum class Confidence : std::uint8_t { Guessing, FairlySure, Certain };
std::string_view name_of(Confidence confidence);  // "guessing", "fairly-sure", "certain"
std::optional<Confidence> confidence_from_name(std::string_view name);

// Which panels a beat shows, by the ids of panel_ids.h.
struct PanelLayout {
  std::vector<std::string> open;
  std::string focus;
  std::vector<std::string> highlight;
};

struct Beat {
  std::string id;
  std::string title;
  std::string question;  // Markdown template
  std::optional<QuestionForm> prediction;
  PanelLayout panels;
  std::vector<std::string> controls;  // allowed after the prediction
  std::string explanation;            // Markdown template
  std::string other_technique;        // Markdown template; empty when the beat compares nothing
  std::vector<std::string> hints;     // in stages, never the solution
  int retrieval_questions = 0;
};

// A function that the learner writes in Lua; a check of the lesson calls it. Also the id of the
// check ("task.ID") and of the texts.
struct LessonTask {
  std::string id;
  std::string title, question;     // Markdown
  std::string starter;             // starter/ID.lua: what an editor begins with
  std::vector<std::string> hints;  // in stages
  std::size_t beat = 0;            // asked for at the end of this one
};

struct LessonMeta {
  int format_version = 0;
  std::string uuid, slug, title, summary;
  std::vector<std::string> teaches, requires_concepts;  // concept ids
  std::vector<std::string> objectives, out_of_scope;
  std::vector<std::string> misconceptions;  // the beliefs that it targets
  int minutes = 0;
};

struct Lesson {
  LessonMeta meta;
  std::string folder;
  std::vector<Beat> beats;
  std::vector<LessonTask> tasks;                          // in the order of their beats
  std::map<std::string, std::string> text;                // by key, as in text.en.md
  std::map<std::string, std::vector<std::string>> hints;  // by beat or task id
};

// Reads the folder and runs lesson.lua in a sandbox, without any machine.
// Error: one sentence with file and line.
Result<Lesson> load_lesson(const std::string& folder);

}  // namespace gv
