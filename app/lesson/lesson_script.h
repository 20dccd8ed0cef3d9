// SPDX-License-Identifier: MIT
//
// lesson_script.h - lesson.lua, loaded: its data, and its functions to call.
//
// lesson.lua returns a table. Its prose is in text.en.md under keys made of the
// beat's id: BEAT.title, .question, .predict, .choice.ID, .feedback.ID, .explain,
// .other. The functions are called by beat: observe(machine), other.observe(machine,
// outcome), retrieve[n](outcome), tasks[n].check(). A task is of
// the beat that its `beat` names, else of the last one.
//
// Threads: as LuaHost.

#pragma once

#include "lesson/lab_bindings.h"
#include "lesson/lesson.h"
#include "lesson/lua_host.h"

#include <map>
#include <memory>
#include <string>

namespace gv {

// A question that a function of the lesson drew, and its answer.
struct DrawnQuestion {
  QuestionForm form;
  Answer truth;
  std::string feedback;  // Markdown
};

class LessonScript {
 public:
  // `environment` outlives the script.
  static Result<std::unique_ptr<LessonScript>> load(const std::string& folder,
                                                    LabEnvironment& environment);

  const Lesson& lesson() const { return lesson_; }
  LuaHost& host() { return host_; }

  // Makes the beat's machine and runs its observe function; the outcome's values are returned,
  // among them `answer` and `phenomenon`.
  LuaOutcome observe(std::size_t beat);
  LuaOutcome observe_other(std::size_t beat, const LuaValue& outcome);
  bool has_other(std::size_t beat) const;
  Result<DrawnQuestion> draw(std::size_t beat, int question, const LuaValue& outcome,
                             std::uint64_t seed);
  LuaOutcome check_task(std::size_t task);

  // The text of a key with values filled in; empty when there is no such key.
  Result<std::string> text(const std::string& key, const LuaValue& values) const;
  // An answer as Lua gives it (text, number, list) in the form that the question asks for.
  static Answer answer_from(const LuaValue& value);

 private:
  explicit LessonScript(std::uint64_t seed);
  Result<void> read(const LuaValue& table);
  Result<void> read_task(const LuaValue& table);
  Result<Beat> read_beat(const LuaValue& table, std::size_t index) const;
  Result<QuestionForm> read_form(const LuaValue& table, const std::string& prefix) const;
  std::string text_or(const std::string& key, const std::string& otherwise) const;

  LuaHost host_;
  Lesson lesson_;
  LuaValue table_;  // the lesson's data; functions are `true`
};

LuaValue value_of(const Answer& answer);
Result<std::string> read_text_file(const std::string& path);

}  // namespace gv
