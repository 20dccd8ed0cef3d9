// SPDX-License-Identifier: MIT

#include "lesson/lab_bindings.h"

#include "gv/instruction.h"
#include "lesson/lab_surface.h"
#include "lesson/lua_value.h"
#include "lesson/machine_values.h"
#include "lesson/text_template.h"

#include <algorithm>
#include <filesystem>
#include <new>

namespace gv {
namespace {

constexpr const char* kMachineType = "Machine";
constexpr const char* kEnvironmentKey = "glassvisor.environment";

int lab_machine(lua_State* state) {
  LabEnvironment& environment = environment_of(state);
  OptionTable options(state, 1, "lab.machine");
  auto config = guest_from(state, options, environment);
  if (config) {
    auto put = put_technique(options, environment.engine, config->engine, config->technique,
                             config->controls, config->cost);
    if (!put)
      config = put.error();
  }
  if (!config)  // first: it may not have come to all options
    raise_in_script(state, config.error().message);
  options.done();
  if (environment.machines.size() >= environment.machines_at_most) {
    raise_in_script(state, "this script made too many machines");
  }
  auto created = Session::create(std::move(*config));
  if (!created)
    raise_in_script(state, created.error().message);
  std::shared_ptr<Session> session = std::move(*created);
  environment.machines.push_back(session);
  push_machine(state, environment, session);
  if (environment.machine_created)
    environment.machine_created(session);
  return 1;
}

// The text of a key, or the text itself, with {{name}} filled from a table.
std::string text_from(lua_State* state) {
  LabEnvironment& environment = environment_of(state);
  std::string text = luaL_checkstring(state, 1);
  if (environment.text) {
    const std::string by_key = environment.text(text);
    if (!by_key.empty())
      text = by_key;
  }
  if (lua_type(state, 2) == LUA_TTABLE) {
    auto filled = fill_template(text, value_at(state, 2));
    if (!filled)
      raise_in_script(state, filled.error().message);
    text = *filled;
  }
  return text;
}

int lab_text(lua_State* state) {
  const std::string text = text_from(state);
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int lab_say(lua_State* state) {
  const std::string text = text_from(state);
  LabEnvironment& environment = environment_of(state);
  if (environment.say)
    environment.say(text);
  return 0;
}

int lab_pause(lua_State* state) {
  const std::string text = text_from(state);
  LabEnvironment& environment = environment_of(state);
  if (environment.pause && !environment.pause(text))
    raise_in_script(state, "the lesson was left");
  return 0;
}

int lab_seed(lua_State* state) {
  lua_pushinteger(state, static_cast<lua_Integer>(environment_of(state).seed));
  return 1;
}

int lab_check(lua_State* state) {
  environment_of(state).current_check = luaL_checkstring(state, 1);
  return 0;
}

// What Popek and Goldberg would call an instruction, by its name.
int lab_sensitivity(lua_State* state) {
  const auto mnemonic = mnemonic_from_name(luaL_checkstring(state, 1));
  if (!mnemonic) {
    lua_pushnil(state);
    return 1;
  }
  constexpr const char* kKinds[] = {"innocuous", "privileged", "sensitive-unprivileged"};
  lua_pushstring(state, kKinds[static_cast<int>(kind_of(*mnemonic))]);
  return 1;
}

// Returns what the learner's function returned, or nil and a sentence.
int lab_submission(lua_State* state) {
  const std::string name = luaL_checkstring(state, 1);
  LuaValue arguments = LuaValue::array();
  for (int i = 2; i <= lua_gettop(state); ++i)
    arguments.push_back(value_at(state, i));
  LabEnvironment& environment = environment_of(state);
  if (!environment.submission) {
    lua_pushnil(state);
    lua_pushliteral(state, "there is no submission here");
    return 2;
  }
  const LuaOutcome outcome = environment.submission(name, arguments);
  if (!outcome.ok()) {
    lua_pushnil(state);
    lua_pushlstring(state, outcome.error->message.data(), outcome.error->message.size());
    return 2;
  }
  for (const LuaValue& value : outcome.values)
    push_value(state, value);
  return static_cast<int>(outcome.values.size());
}

constexpr luaL_Reg kLab[] = {
    {"check", lab_check},
    {"machine", lab_machine},
    {"pause", lab_pause},
    {"race", lab_race},
    {"say", lab_say},
    {"seed", lab_seed},
    {"sensitivity", lab_sensitivity},
    {"submission", lab_submission},
    {"text", lab_text},
};

int collect_machine(lua_State* state) {
  static_cast<LabMachine*>(luaL_checkudata(state, 1, kMachineType))->~LabMachine();
  return 0;
}

int describe_machine(lua_State* state) {
  const LabMachine& machine = machine_argument(state, 1);
  const auto snapshot = machine.session->snapshot();
  const MachineConfig& config = machine.session->config();
  const std::string text = "machine(" + std::filesystem::path(config.image_path).stem().string() +
                           ", " + std::string(name_of(config.engine)) + ", " +
                           std::string(name_of(config.technique)) + ", after " +
                           std::to_string(snapshot->position.retired) + " instructions)";
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

void register_functions(lua_State* state, std::span<const luaL_Reg> functions) {
  for (const luaL_Reg& function : functions) {
    lua_pushcfunction(state, function.func);
    lua_setfield(state, -2, function.name);
  }
}

}  // namespace

LabEnvironment& environment_of(lua_State* state) {
  lua_getfield(state, LUA_REGISTRYINDEX, kEnvironmentKey);
  auto* environment = static_cast<LabEnvironment*>(lua_touserdata(state, -1));
  lua_pop(state, 1);
  return *environment;
}

void push_machine(lua_State* state, LabEnvironment& environment, std::shared_ptr<Session> session) {
  void* memory = lua_newuserdatauv(state, sizeof(LabMachine), 0);
  auto* machine = new (memory) LabMachine;
  machine->environment = &environment;
  machine->session = std::move(session);
  luaL_setmetatable(state, kMachineType);
}

LabMachine& machine_argument(lua_State* state, int index) {
  return *static_cast<LabMachine*>(luaL_checkudata(state, index, kMachineType));
}

void raise_in_script(lua_State* state, const std::string& sentence) {
  luaL_where(state, 1);
  lua_pushlstring(state, sentence.data(), sentence.size());
  lua_concat(state, 2);
  lua_error(state);
  std::abort();  // lua_error does not return
}

OptionTable::OptionTable(lua_State* state, LuaValue value, std::string function)
    : state_(state), function_(std::move(function)), value_(std::move(value)) {
  if (value_.is_array() && value_.empty())
    value_ = LuaValue::object();
  if (!value_.is_object())
    raise_in_script(state, function_ + " is a table of named options");
}

OptionTable::OptionTable(lua_State* state, int index, std::string function)
    : state_(state), function_(std::move(function)), value_(LuaValue::object()) {
  if (lua_isnoneornil(state, index))
    return;
  luaL_checktype(state, index, LUA_TTABLE);
  value_ = value_at(state, index);
  if (value_.is_array() && !value_.empty()) {
    raise_in_script(state, function_ + " takes named options: " + function_ + "{name = value}");
  }
  if (value_.is_array())
    value_ = LuaValue::object();
}

const LuaValue& OptionTable::field(const char* name) {
  known_.emplace_back(name);
  static const LuaValue kNothing;
  const auto found = value_.find(name);
  return found == value_.end() ? kNothing : *found;
}

std::optional<std::string> OptionTable::text(const char* name) {
  const LuaValue& value = field(name);
  if (value.is_null())
    return std::nullopt;
  if (!value.is_string()) {
    raise_in_script(state_, function_ + ": " + name + " is text in quotes");
  }
  return value.get<std::string>();
}

std::optional<std::uint64_t> OptionTable::number(const char* name) {
  const LuaValue& value = field(name);
  if (value.is_null())
    return std::nullopt;
  if (!value.is_number_integer() || value.get<std::int64_t>() < 0) {
    raise_in_script(state_, function_ + ": " + name + " is a whole number, 0 or more");
  }
  return value.get<std::uint64_t>();
}

std::optional<bool> OptionTable::flag(const char* name) {
  const LuaValue& value = field(name);
  if (value.is_null())
    return std::nullopt;
  if (!value.is_boolean())
    raise_in_script(state_, function_ + ": " + name + " is true or false");
  return value.get<bool>();
}

void OptionTable::done() {
  for (const auto& [name, value] : value_.items()) {
    if (std::find(known_.begin(), known_.end(), name) != known_.end())
      continue;
    std::string sentence = function_ + " has no option '" + name + "'; there are ";
    std::sort(known_.begin(), known_.end());
    known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
    for (std::size_t i = 0; i < known_.size(); ++i)
      sentence += (i == 0 ? "" : ", ") + known_[i];
    raise_in_script(state_, sentence);
  }
}

void install_lab(LuaHost& host, LabEnvironment& environment) {
  lua_State* state = host.state();
  lua_pushlightuserdata(state, &environment);
  lua_setfield(state, LUA_REGISTRYINDEX, kEnvironmentKey);
  luaL_newmetatable(state, kMachineType);
  lua_newtable(state);
  register_functions(state, machine_moves());
  register_functions(state, machine_looks());
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, collect_machine);
  lua_setfield(state, -2, "__gc");
  lua_pushcfunction(state, describe_machine);
  lua_setfield(state, -2, "__tostring");
  lua_pushliteral(state, "machine");
  lua_setfield(state, -2, "__metatable");  // scripts must not reach __gc
  lua_pop(state, 1);
  lua_newtable(state);
  register_functions(state, kLab);
  lua_newtable(state);
  register_functions(state, expect_functions());
  lua_setfield(state, -2, "expect");
  lua_setglobal(state, "lab");
}

void set_machine(LuaHost& host, LabEnvironment& environment, const std::string& name,
                 std::shared_ptr<Session> session) {
  push_machine(host.state(), environment, std::move(session));
  lua_setglobal(host.state(), name.c_str());
}

std::vector<std::string> lab_surface() {
  std::vector<std::string> names;
  for (const luaL_Reg& f : kLab)
    names.push_back(std::string("lab.") + f.name);
  for (const luaL_Reg& f : expect_functions())
    names.push_back(std::string("lab.expect.") + f.name);
  for (const auto& methods : {machine_moves(), machine_looks()}) {
    for (const luaL_Reg& f : methods) {
      names.push_back(std::string("Machine:") + f.name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace gv
