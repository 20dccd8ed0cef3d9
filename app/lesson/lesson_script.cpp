// SPDX-License-Identifier: MIT

#include "lesson/lesson_script.h"

#include "gv/random.h"
#include "lesson/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gv {
namespace {

namespace fs = std::filesystem;

// What calls a lesson's functions. The machine of a beat stays in Lua between observe and retrieve.
constexpr std::string_view kGlue = R"lua(
local lesson = ...
local glue = {}
function glue.observe(beat)
  local b = lesson.beats[beat]
  local outcome = b.observe(lab.machine(b.machine))
  if type(outcome) ~= "table" then error("observe of beat '" .. b.id .. "' must return a table", 0) end
  return outcome
end
function glue.other(beat, outcome)
  local b = lesson.beats[beat]
  local options = {}
  for name, value in pairs(b.machine) do options[name] = value end
  for name, value in pairs(b.other) do
    if name ~= "observe" then options[name] = value end
  end
  return (b.other.observe or b.observe)(lab.machine(options), outcome) or {}
end
function glue.retrieve(beat, question, outcome, seed)
  math.randomseed(seed)
  return lesson.beats[beat].retrieve[question](outcome)
end
function glue.task(task) return lesson.tasks[task].check() end
return glue
)lua";

std::string string_in(const LuaValue& table, const char* name, const std::string& otherwise = {}) {
  if (!table.is_object())
    return otherwise;
  const auto found = table.find(name);
  return found != table.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

std::vector<std::string> strings_in(const LuaValue& table, const char* name) {
  std::vector<std::string> strings;
  if (!table.is_object() || !table.contains(name) || !table[name].is_array())
    return strings;
  for (const LuaValue& item : table[name]) {
    strings.push_back(item.is_string() ? item.get<std::string>() : item.dump());
  }
  return strings;
}

Error mistake(const std::string& sentence) { return {ErrorCode::InvalidInput, sentence}; }

LuaLimits lesson_limits() {
  LuaLimits limits;
  limits.instructions = 500'000'000;
  limits.memory_bytes = std::size_t{256} << 20;
  limits.largest_allocation = std::size_t{64} << 20;
  limits.output_bytes = std::size_t{1} << 20;
  limits.cpu_time = std::chrono::milliseconds(60'000);
  return limits;
}

// "- first stage" lines under "## beat".
std::vector<std::string> hints_in(const std::string& text) {
  std::vector<std::string> hints;
  std::istringstream lines(text);
  std::string line;
  while (std::getline(lines, line)) {
    if (line.rfind("- ", 0) == 0) {
      hints.push_back(line.substr(2));
    } else if (!hints.empty() && line.find_first_not_of(' ') != std::string::npos) {
      hints.back() += ' ';
      hints.back() += line.substr(line.find_first_not_of(' '));
    }
  }
  return hints;
}

}  // namespace

Result<std::string> read_text_file(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored))
    return mistake(path + ": is a folder; give a file");
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return mistake(path + ": cannot be read: " + std::strerror(errno));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

LuaValue value_of(const Answer& answer) {
  if (const auto* text = std::get_if<std::string>(&answer))
    return *text;
  if (const auto* number = std::get_if<double>(&answer))
    return *number;
  if (const auto* order = std::get_if<std::vector<std::string>>(&answer))
    return *order;
  return {};
}

LessonScript::LessonScript(std::uint64_t seed) : host_(lesson_limits(), seed) {}

Result<std::unique_ptr<LessonScript>> LessonScript::load(const std::string& folder,
                                                         LabEnvironment& environment) {
  auto script = std::unique_ptr<LessonScript>(new LessonScript(environment.seed));
  Lesson& lesson = script->lesson_;
  lesson.folder = folder;
  environment.folder = folder;

  auto source = read_text_file((fs::path(folder) / "lesson.lua").string());
  if (!source)
    return source.error();
  auto prose = read_text_file((fs::path(folder) / "text.en.md").string());
  if (!prose)
    return prose.error();
  auto texts = parse_texts("text.en.md", *prose);
  if (!texts)
    return texts.error();
  lesson.text = std::move(*texts);
  auto hints = read_text_file((fs::path(folder) / "hints.en.md").string());
  if (!hints)
    return hints.error();
  auto hint_texts = parse_texts("hints.en.md", *hints);
  if (!hint_texts)
    return hint_texts.error();
  for (const auto& [key, text] : *hint_texts)
    lesson.hints[key] = hints_in(text);
  environment.text = [texts = &lesson.text](const std::string& key) {
    const auto found = texts->find(key);
    return found == texts->end() ? std::string() : found->second;
  };

  install_lab(script->host_, environment);
  script->host_.run("glue", "lesson_source, glue_source = ...",
                    LuaValue::array({*source, std::string(kGlue)}));
  const LuaOutcome outcome = script->host_.run(
      "lesson.lua",
      "local chunk, problem = load(lesson_source, '@lesson.lua') "
      "if not chunk then error(problem, 0) end "
      "lesson = chunk() "
      "if type(lesson) ~= 'table' then error('lesson.lua: it must return a table', 0) end "
      "glue = load(glue_source, '=glue')(lesson)");
  if (!outcome.ok()) {
    return mistake((fs::path(folder) / outcome.error->message).string());
  }
  const LuaOutcome skeleton = script->host_.run(
      "lesson.lua",
      "local function data(value, depth) "
      "  if type(value) == 'function' then return true end "
      "  if type(value) ~= 'table' then return value end "
      "  if depth > 12 then error('lesson.lua: a table is nested too deeply', 0) end "
      "  local copy = {} "
      "  for k, v in pairs(value) do copy[k] = data(v, depth + 1) end "
      "  return copy "
      "end "
      "return data(lesson, 0)");
  if (!skeleton.ok())
    return mistake((fs::path(folder) / skeleton.error->message).string());
  script->table_ = skeleton.first();
  GV_TRY(script->read(script->table_));
  return script;
}

std::string LessonScript::text_or(const std::string& key, const std::string& otherwise) const {
  const auto found = lesson_.text.find(key);
  return found == lesson_.text.end() ? otherwise : found->second;
}

Result<std::string> LessonScript::text(const std::string& key, const LuaValue& values) const {
  auto filled = fill_template(text_or(key, ""), values);
  if (!filled)
    return mistake("text.en.md: " + key + ": " + filled.error().message);
  return filled;
}

Result<QuestionForm> LessonScript::read_form(const LuaValue& table,
                                             const std::string& prefix) const {
  QuestionForm form;
  const std::string kind = string_in(table, "kind", "choice");
  if (kind == "choice") {
    form.kind = PredictionKind::Choice;
  } else if (kind == "number") {
    form.kind = PredictionKind::Number;
  } else if (kind == "ordering") {
    form.kind = PredictionKind::Ordering;
  } else {
    return mistake(prefix + ": '" + kind +
                   "' is no kind of question; there are choice, number, ordering");
  }
  form.unit = string_in(table, "unit");
  if (table.contains("tolerance") && table["tolerance"].is_number()) {
    form.tolerance = table["tolerance"].get<double>();
  }
  if (table.contains("choices") && table["choices"].is_array()) {
    for (const LuaValue& item : table["choices"]) {
      Choice choice;
      choice.id = item.is_string() ? item.get<std::string>() : string_in(item, "id");
      if (choice.id.empty())
        return mistake(prefix + ": a choice has no id");
      choice.text = string_in(item, "text", text_or(prefix + ".choice." + choice.id, ""));
      choice.feedback = text_or(prefix + ".feedback." + choice.id, "");
      const std::string belief = string_in(item, "misconception");
      if (!belief.empty())
        choice.misconception = belief;
      form.choices.push_back(std::move(choice));
    }
  }
  if (form.kind != PredictionKind::Number && form.choices.size() < 2) {
    return mistake(prefix + ": the question needs at least two choices");
  }
  return form;
}

Result<Beat> LessonScript::read_beat(const LuaValue& table, std::size_t index) const {
  Beat beat;
  beat.id = string_in(table, "id");
  if (beat.id.empty())
    return mistake(fmt::format("lesson.lua: beat {} has no id", index + 1));
  const std::string where = "lesson.lua: beat '" + beat.id + "'";
  if (!table.contains("observe"))
    return mistake(where + " has no observe function");
  if (!table.contains("machine"))
    return mistake(where + " has no machine");
  beat.title = text_or(beat.id + ".title", beat.id);
  beat.question = text_or(beat.id + ".question", "");
  beat.explanation = text_or(beat.id + ".explain", "");
  beat.other_technique = text_or(beat.id + ".other", "");
  if (table.contains("predict")) {
    auto form = read_form(table["predict"], beat.id);
    if (!form)
      return form.error();
    form->prompt = text_or(beat.id + ".predict", "");
    beat.prediction = std::move(*form);
  }
  if (table.contains("panels")) {
    beat.panels.open = strings_in(table["panels"], "open");
    beat.panels.focus = string_in(table["panels"], "focus");
    beat.panels.highlight = strings_in(table["panels"], "highlight");
  }
  beat.controls = strings_in(table, "controls");
  if (const auto hints = lesson_.hints.find(beat.id); hints != lesson_.hints.end()) {
    beat.hints = hints->second;
  }
  if (table.contains("retrieve") && table["retrieve"].is_array()) {
    beat.retrieval_questions = static_cast<int>(table["retrieve"].size());
  }
  return beat;
}

Result<void> LessonScript::read_task(const LuaValue& table) {
  LessonTask task;
  task.id = string_in(table, "id");
  if (task.id.empty())
    return mistake("lesson.lua: a task has no id");
  const std::string where = "lesson.lua: task '" + task.id + "'";
  if (!table.contains("check"))
    return mistake(where + " has no check function");
  task.beat = lesson_.beats.size() - 1;
  if (const std::string wanted = string_in(table, "beat"); !wanted.empty()) {
    const auto beat = std::find_if(lesson_.beats.begin(), lesson_.beats.end(),
                                   [&](const Beat& b) { return b.id == wanted; });
    if (beat == lesson_.beats.end())
      return mistake(where + " belongs to a beat '" + wanted + "' that there is not");
    task.beat = static_cast<std::size_t>(beat - lesson_.beats.begin());
  }
  if (!lesson_.tasks.empty() && task.beat < lesson_.tasks.back().beat)
    return mistake(where + " comes after a task of a later beat; give them in the beats' order");
  task.title = text_or("task." + task.id + ".title", task.id);
  task.question = text_or("task." + task.id + ".question", "");
  if (const auto hints = lesson_.hints.find("task." + task.id); hints != lesson_.hints.end())
    task.hints = hints->second;
  // Checked by the lint: a lesson without it can be played, its editor then begins empty.
  const auto starter = fs::path(lesson_.folder) / "starter" / (task.id + ".lua");
  if (auto text = read_text_file(starter.string()))
    task.starter = std::move(*text);
  lesson_.tasks.push_back(std::move(task));
  return {};
}

Result<void> LessonScript::read(const LuaValue& table) {
  LessonMeta& meta = lesson_.meta;
  const auto number = [&](const char* name) {
    return table.contains(name) && table[name].is_number_integer() ? table[name].get<int>() : 0;
  };
  meta.format_version = number("format_version");
  if (meta.format_version != kLessonFormatVersion) {
    return mistake(fmt::format("{}/lesson.lua: format_version is {}; this program reads {}",
                               lesson_.folder, meta.format_version, kLessonFormatVersion));
  }
  meta.uuid = string_in(table, "uuid");
  meta.slug = string_in(table, "slug");
  meta.title = string_in(table, "title");
  meta.summary = text_or("summary", "");
  meta.minutes = number("minutes");
  if (table.contains("concepts")) {
    meta.teaches = strings_in(table["concepts"], "teaches");
    meta.requires_concepts = strings_in(table["concepts"], "requires");
  }
  meta.objectives = strings_in(table, "objectives");
  meta.out_of_scope = strings_in(table, "out_of_scope");
  meta.misconceptions = strings_in(table, "misconceptions");
  if (!table.contains("beats") || !table["beats"].is_array() || table["beats"].empty()) {
    return mistake(lesson_.folder + "/lesson.lua: there are no beats");
  }
  for (std::size_t i = 0; i < table["beats"].size(); ++i) {
    auto beat = read_beat(table["beats"][i], i);
    if (!beat)
      return beat.error();
    lesson_.beats.push_back(std::move(*beat));
  }
  if (table.contains("tasks") && table["tasks"].is_array()) {
    for (const LuaValue& item : table["tasks"])
      GV_TRY(read_task(item));
  }
  return {};
}

LuaOutcome LessonScript::observe(std::size_t beat) {
  return host_.call("glue.observe", LuaValue::array({beat + 1}));
}

bool LessonScript::has_other(std::size_t beat) const {
  return table_["beats"][beat].contains("other");
}

LuaOutcome LessonScript::observe_other(std::size_t beat, const LuaValue& outcome) {
  return host_.call("glue.other", LuaValue::array({beat + 1, outcome}));
}

LuaOutcome LessonScript::check_task(std::size_t task) {
  return host_.call("glue.task", LuaValue::array({task + 1}));
}

Answer LessonScript::answer_from(const LuaValue& value) {
  if (value.is_string())
    return value.get<std::string>();
  if (value.is_number())
    return value.get<double>();
  if (value.is_array() && !value.empty()) {
    std::vector<std::string> order;
    for (const LuaValue& item : value) {
      order.push_back(item.is_string() ? item.get<std::string>() : item.dump());
    }
    return order;
  }
  return std::monostate{};
}

Result<DrawnQuestion> LessonScript::draw(std::size_t beat, int question, const LuaValue& outcome,
                                         std::uint64_t seed) {
  Random mixed(seed ^ (beat * 1000 + static_cast<std::size_t>(question) + 1));
  const auto own_seed = static_cast<std::int64_t>(mixed.next() >> 1);
  const LuaOutcome drawn =
      host_.call("glue.retrieve", LuaValue::array({beat + 1, question + 1, outcome, own_seed}));
  if (!drawn.ok())
    return mistake(drawn.error->message);
  const LuaValue table = drawn.first();
  const std::string prefix = fmt::format("{}.retrieve.{}", lesson_.beats[beat].id, question + 1);
  if (!table.is_object())
    return mistake("lesson.lua: " + prefix + " must return a table");
  auto form = read_form(table, prefix);
  if (!form)
    return form.error();
  LuaValue values = outcome.is_object() ? outcome : LuaValue::object();
  if (table.contains("values") && table["values"].is_object())
    values.update(table["values"]);
  auto prompt = text(prefix, values);
  if (!prompt)
    return prompt.error();
  form->prompt = *prompt;
  for (Choice& choice : form->choices) {
    auto filled = fill_template(choice.text, values);
    if (!filled)
      return mistake(prefix + ": " + filled.error().message);
    choice.text = *filled;
  }
  auto feedback = text(prefix + ".feedback", values);
  if (!feedback)
    return feedback.error();
  const Answer truth = answer_from(table.contains("answer") ? table["answer"] : LuaValue());
  if (!is_answered(truth))
    return mistake("lesson.lua: " + prefix + " returned no answer");
  return DrawnQuestion{std::move(*form), truth, *feedback};
}

Result<Lesson> load_lesson(const std::string& folder) {
  LabEnvironment environment;
  auto script = LessonScript::load(folder, environment);
  if (!script)
    return script.error();
  return (*script)->lesson();
}

}  // namespace gv
