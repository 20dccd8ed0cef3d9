// SPDX-License-Identifier: MIT

#include "lesson/learner_answers.h"

#include "lesson/lesson_script.h"

#include <filesystem>

namespace gv {
namespace {

// {answer = …} or the answer itself.
LuaValue bare(const LuaValue& value) {
  return value.is_object() && value.contains("answer") ? value["answer"] : value;
}

const LuaValue* entry(const LuaValue& table, const char* section, const std::string& beat) {
  if (!table.is_object() || !table.contains(section) || !table[section].is_object())
    return nullptr;
  const auto found = table[section].find(beat);
  return found == table[section].end() ? nullptr : &*found;
}

}  // namespace

Result<std::unique_ptr<LearnerAnswers>> LearnerAnswers::load(const std::string& path,
                                                             std::uint64_t seed) {
  auto source = read_text_file(path);
  if (!source)
    return source.error();
  const std::string name = std::filesystem::path(path).filename().string();
  if (name.size() > 5 && name.substr(name.size() - 5) == ".json") {
    auto answers = std::unique_ptr<LearnerAnswers>(new LearnerAnswers(seed));
    answers->table_ = LuaValue::parse(*source, nullptr, false);
    if (!answers->table_.is_object()) {
      return Error{ErrorCode::InvalidInput, path + ": is not a JSON object of answers"};
    }
    return answers;
  }
  return from_lua(name, *source, seed);
}

Result<std::unique_ptr<LearnerAnswers>> LearnerAnswers::from_lua(const std::string& name,
                                                                 const std::string& source,
                                                                 std::uint64_t seed) {
  auto answers = std::unique_ptr<LearnerAnswers>(new LearnerAnswers(seed));
  answers->host_.set_global("answers_source", source);
  const LuaOutcome outcome =
      answers->host_.run(name,
                         "local chunk, problem = load(answers_source, '@' .. ...) "
                         "if not chunk then error(problem, 0) end "
                         "answers = chunk() or {} return answers",
                         LuaValue::array({name}));
  if (!outcome.ok())
    return Error{ErrorCode::InvalidInput, outcome.error->message};
  answers->table_ = outcome.first();
  return answers;
}

Answer LearnerAnswers::prediction(const std::string& beat) const {
  const LuaValue* value = entry(table_, "predictions", beat);
  return value == nullptr ? Answer() : LessonScript::answer_from(bare(*value));
}

Confidence LearnerAnswers::confidence(const std::string& beat) const {
  const LuaValue* value = entry(table_, "predictions", beat);
  if (value == nullptr || !value->is_object() || !value->contains("confidence") ||
      !(*value)["confidence"].is_string()) {
    return Confidence::FairlySure;
  }
  return confidence_from_name((*value)["confidence"].get<std::string>())
      .value_or(Confidence::FairlySure);
}

Answer LearnerAnswers::retrieval(const std::string& beat, std::size_t index,
                                 const QuestionForm& form) {
  LuaValue choices = LuaValue::array();
  for (const Choice& choice : form.choices) {
    choices.push_back({{"id", choice.id}, {"text", choice.text}});
  }
  const LuaValue question = {{"prompt", form.prompt}, {"choices", choices}};
  const std::string list = "answers.retrieval." + beat;
  for (const std::string& path : {list + "." + std::to_string(index + 1), list}) {
    if (!host_.has_function(path))
      continue;
    const LuaOutcome outcome = host_.call(path, LuaValue::array({question}));
    return outcome.ok() ? LessonScript::answer_from(outcome.first()) : Answer();
  }
  const LuaValue* value = entry(table_, "retrieval", beat);
  if (value == nullptr)
    return {};
  if (value->is_array()) {
    return index < value->size() ? LessonScript::answer_from(bare((*value)[index])) : Answer();
  }
  return index == 0 ? LessonScript::answer_from(bare(*value)) : Answer();
}

std::string LearnerAnswers::fails() const {
  return table_.is_object() && table_.contains("fails") && table_["fails"].is_string()
             ? table_["fails"].get<std::string>()
             : std::string();
}

}  // namespace gv
