// SPDX-License-Identifier: MIT
//
// exercise_script.cpp - the bridge between a check in Lua and what it asks for.

#include "grader/exercise_script.h"

#include "grader/exercise.h"
#include "lesson/lua_value.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace gv {
namespace {

// What a check's script sees besides the language. `ask` ends the check when there is no answer.
constexpr std::string_view kPrelude = R"lua(
local function ask(what, arguments)
  local answer = grader_ask(what, arguments)
  if answer == nil then error("the check cannot go on", 0) end
  return answer
end

local Check = {}
Check.__index = Check
function Check:call(name, ...)
  return table.unpack(ask("call", { path = name, arguments = { ... } }).values)
end
function Check:each(name, list)
  return ask("each", { path = name, list = list }).answers
end
function Check:boot(options)
  options = options or {}
  local answer = ask("boot", { run = options, source = options.source })
  return answer.run, answer.problem
end
function Check:reference(kit, options)
  return ask("reference", { kit = kit, run = options or {} }).run
end

local function without_functions(value)
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, inner in pairs(value) do
    if type(inner) ~= "function" then copy[key] = without_functions(inner) end
  end
  return copy
end

function grader_data()
  if type(exercise) ~= "table" then error("exercise.lua must return a table", 0) end
  return without_functions(exercise)
end
function grader_variant(student)
  if exercise.variant == nil then return {} end
  return exercise.variant(student)
end
function grader_task(variant)
  if exercise.task == nil then return "" end
  return exercise.task(variant)
end
function grader_run(id, student, variant)
  for _, check in ipairs(exercise.checks) do
    if check.id == id then
      return check.run(setmetatable({ student = student, variant = variant }, Check))
    end
  end
  error("there is no check '" .. id .. "'", 0)
end
)lua";

// Lua here is built as C++, so an error that value_at raises runs destructors.
int ask(lua_State* state) {
  const auto& question =
      *static_cast<const ExerciseQuestion*>(lua_touserdata(state, lua_upvalueindex(1)));
  const std::string what = luaL_checkstring(state, 1);
  const LuaValue arguments = value_at(state, 2);
  std::optional<LuaValue> answer;
  if (question)
    answer = question(what, arguments);
  push_value(state, answer ? *answer : LuaValue());
  return 1;
}

LuaLimits limits_of_check() {
  LuaLimits limits;
  limits.instructions = 200'000'000;
  limits.memory_bytes = std::size_t{256} << 20;
  limits.largest_allocation = std::size_t{32} << 20;
  limits.cpu_time = std::chrono::seconds(60);
  return limits;
}

Error script_error(const std::string& message) { return {ErrorCode::InvalidInput, message}; }

}  // namespace

ExerciseScript::ExerciseScript(std::uint64_t seed, ExerciseQuestion question)
    : question_(std::move(question)), host_(limits_of_check(), seed) {}

Result<std::unique_ptr<ExerciseScript>> ExerciseScript::open(const Exercise& exercise,
                                                             std::uint64_t seed,
                                                             ExerciseQuestion question) {
  std::unique_ptr<ExerciseScript> script(new ExerciseScript(seed, std::move(question)));
  lua_State* state = script->host_.state();
  lua_pushlightuserdata(state, &script->question_);
  lua_pushcclosure(state, ask, 1);
  lua_setglobal(state, "grader_ask");
  const LuaOutcome prelude = script->host_.run("exercise_prelude.lua", kPrelude);
  GV_CHECK(prelude.ok());
  // Wrapped on its first line, so that messages keep the author's line numbers.
  const std::string wrapped = "exercise = (function(...) " + exercise.script + "\nend)()";
  const LuaOutcome loaded = script->host_.run(exercise.folder + "/exercise.lua", wrapped);
  if (!loaded.ok())
    return script_error(loaded.error->message);
  return script;
}

Result<LuaValue> ExerciseScript::data() {
  const LuaOutcome outcome = host_.call("grader_data", LuaValue::array());
  if (!outcome.ok())
    return script_error(outcome.error->message);
  if (!outcome.first().is_object())
    return script_error("exercise.lua must return a table with keys");
  return outcome.first();
}

Result<LuaValue> ExerciseScript::variant(const std::string& student) {
  const LuaOutcome outcome = host_.call("grader_variant", LuaValue::array({student}));
  if (!outcome.ok())
    return script_error(outcome.error->message);
  return outcome.first();
}

Result<std::string> ExerciseScript::task(const LuaValue& variant) {
  const LuaOutcome outcome = host_.call("grader_task", LuaValue::array({variant}));
  if (!outcome.ok())
    return script_error(outcome.error->message);
  return outcome.first().is_string() ? outcome.first().get<std::string>() : std::string();
}

CheckOutcome ExerciseScript::run(const std::string& check, const std::string& student,
                                 const LuaValue& variant) {
  CheckOutcome result;
  const LuaOutcome outcome = host_.call("grader_run", LuaValue::array({check, student, variant}));
  if (!outcome.ok()) {
    result.defect = outcome.error->message;
    return result;
  }
  const LuaValue value = outcome.first();
  if (value.is_boolean() && value.get<bool>()) {
    result.score = 1;
  } else if (value.is_string()) {
    result.message = value.get<std::string>();
  } else if (value.is_object() && value.contains("score") && value["score"].is_number()) {
    result.score = std::clamp(value["score"].get<double>(), 0.0, 1.0);
    if (value.contains("message") && value["message"].is_string()) {
      result.message = value["message"].get<std::string>();
    }
  } else {
    // A check that forgets to answer must not pass by accident.
    result.defect = fmt::format("check '{}' returned neither true nor a message", check);
  }
  return result;
}

Result<std::string> ExerciseScript::generate(const std::string& name, const std::string& source,
                                             const LuaValue& variant, const LuaValue& solution) {
  // The generator is a chunk that returns a function; it may use `exercise`.
  const LuaOutcome loaded =
      host_.run(name, "grader_generate = (function(...) " + source + "\nend)()");
  if (!loaded.ok())
    return script_error(loaded.error->message);
  const LuaOutcome outcome = host_.call("grader_generate", LuaValue::array({variant, solution}));
  if (!outcome.ok())
    return script_error(outcome.error->message);
  if (!outcome.first().is_string())
    return script_error(name + " must return a function that returns text");
  return outcome.first().get<std::string>();
}

}  // namespace gv
