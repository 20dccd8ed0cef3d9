// SPDX-License-Identifier: MIT
//
// learner_answers.h - a file of answers to a lesson: Lua or JSON.
//
// It returns { predictions = { BEAT = "choice" or { answer = …, confidence = … } },
// retrieval = { BEAT = { answer, … } } }; a retrieval answer may be a function of
// the question, because questions differ from seed to seed. Global functions of
// the file are the learner's solutions of tasks. The file runs in a sandbox of
// its own and cannot see the lesson's.

#pragma once

#include "gv/result.h"
#include "lesson/lesson.h"
#include "lesson/lua_host.h"

#include <memory>
#include <string>

namespace gv {

class LearnerAnswers {
 public:
  // Error: the file cannot be read or run; one sentence with file and line.
  static Result<std::unique_ptr<LearnerAnswers>> load(const std::string& path, std::uint64_t seed);

  // The same from text; `name` stands in messages.
  static Result<std::unique_ptr<LearnerAnswers>> from_lua(const std::string& name,
                                                          const std::string& source,
                                                          std::uint64_t seed);

  Answer prediction(const std::string& beat) const;
  Confidence confidence(const std::string& beat) const;
  // Calls the learner's function when there is one; monostate when there is no usable answer.
  Answer retrieval(const std::string& beat, std::size_t index, const QuestionForm& form);
  // Which check a wrong/ file says that it fails; empty elsewhere.
  std::string fails() const;
  LuaHost& host() { return host_; }

 private:
  explicit LearnerAnswers(std::uint64_t seed) : host_(LuaLimits{}, seed) {}

  LuaHost host_;
  LuaValue table_;  // functions are missing from it
};

}  // namespace gv
