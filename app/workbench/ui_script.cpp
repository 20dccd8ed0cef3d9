// SPDX-License-Identifier: MIT
//
// ui_script.cpp - the global `ui`.

#include "workbench/ui_script.h"

#include "lesson/lua_api.h"

#include <array>
#include <chrono>
#include <fstream>
#include <sstream>

namespace gv {
namespace {

// What waits is written in Lua: it yields once per frame.
constexpr const char* kPrelude = R"lua(
local clock, yield = ui.clock, coroutine.yield
function ui.wait(frames) for _ = 1, frames or 1 do yield() end end
function ui.wait_until(condition, seconds)
  local limit = clock() + (seconds or 30)
  while not condition(ui.state()) do
    if clock() > limit then error("waited in vain: " .. ui.summary(), 2) end
    yield()
  end
end
function ui.wait_phase(phase, seconds)
  ui.wait_until(function(s) return s.lesson and s.lesson.phase == phase and not s.lesson.busy end, seconds)
end
function ui.wait_machine(seconds)
  ui.wait_until(function(s) return s.machine and not s.machine.running and not s.machine.waiting end, seconds)
end
function ui.screenshot(file, panel)
  ui.wait(3)                       -- layout settles in two frames
  ui.request_screenshot(file, panel)
  while ui.screenshot_pending() do yield() end
end
function ui.need(ok, what) if not ok then error(what or "not possible now", 2) end end
)lua";

UiScriptHost& host_of(lua_State* L) {
  return *static_cast<UiScriptHost*>(lua_touserdata(L, lua_upvalueindex(1)));
}

void push_json(lua_State* L, const nlohmann::json& value) {
  luaL_checkstack(L, 4, "state too deep");
  if (value.is_object()) {
    lua_newtable(L);
    for (const auto& [key, field] : value.items()) {
      push_json(L, field);
      lua_setfield(L, -2, key.c_str());
    }
  } else if (value.is_array()) {
    lua_newtable(L);
    lua_Integer i = 0;
    for (const auto& field : value) {
      push_json(L, field);
      lua_rawseti(L, -2, ++i);
    }
  } else if (value.is_boolean()) {
    lua_pushboolean(L, value.get<bool>() ? 1 : 0);
  } else if (value.is_number_integer()) {
    lua_pushinteger(L, value.get<lua_Integer>());
  } else if (value.is_number()) {
    lua_pushnumber(L, value.get<double>());
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    lua_pushlstring(L, text.data(), text.size());
  } else {
    lua_pushnil(L);
  }
}

int l_action(lua_State* L) {
  lua_pushboolean(L, host_of(L).script_action(luaL_checkstring(L, 1)) ? 1 : 0);
  return 1;
}
int l_key(lua_State* L) {
  lua_pushboolean(L, host_of(L).script_key(luaL_checkstring(L, 1)) ? 1 : 0);
  return 1;
}
int l_type(lua_State* L) {
  host_of(L).script_type(luaL_checkstring(L, 1));
  return 0;
}
int l_press(lua_State* L) {
  lua_pushboolean(L, host_of(L).script_press(luaL_checkstring(L, 1)) ? 1 : 0);
  return 1;
}
int l_open(lua_State* L) {
  std::vector<std::string> panels;
  for (int i = 1; i <= lua_gettop(L); ++i)
    panels.emplace_back(luaL_checkstring(L, i));
  host_of(L).script_open(panels);
  return 0;
}
int l_theme(lua_State* L) {
  host_of(L).script_look(luaL_checkstring(L, 1), 0);
  return 0;
}
int l_scale(lua_State* L) {
  host_of(L).script_look("", static_cast<float>(luaL_checknumber(L, 1)));
  return 0;
}
int l_size(lua_State* L) {
  host_of(L).script_size(static_cast<int>(luaL_checkinteger(L, 1)),
                         static_cast<int>(luaL_checkinteger(L, 2)));
  return 0;
}
int l_lua(lua_State* L) {
  host_of(L).script_lua(luaL_checkstring(L, 1));
  return 0;
}
int l_state(lua_State* L) {
  push_json(L, host_of(L).script_state());
  return 1;
}
int l_summary(lua_State* L) {
  const nlohmann::json state = host_of(L).script_state();
  nlohmann::json brief;
  for (const char* key : {"lesson", "machine"}) {
    if (state.contains(key))
      brief[key] = state[key];
  }
  lua_pushstring(L, brief.dump().c_str());
  return 1;
}
int l_request_screenshot(lua_State* L) {
  host_of(L).script_screenshot(luaL_checkstring(L, 1), luaL_optstring(L, 2, ""));
  return 0;
}
int l_screenshot_pending(lua_State* L) {
  lua_pushboolean(L, host_of(L).screenshot_pending() ? 1 : 0);
  return 1;
}
int l_clock(lua_State* L) {
  using Seconds = std::chrono::duration<double>;
  lua_pushnumber(L, Seconds(std::chrono::steady_clock::now().time_since_epoch()).count());
  return 1;
}

constexpr std::array<luaL_Reg, 15> kFunctions = {{{"action", l_action},
                                                  {"key", l_key},
                                                  {"type", l_type},
                                                  {"press", l_press},
                                                  {"open", l_open},
                                                  {"theme", l_theme},
                                                  {"scale", l_scale},
                                                  {"size", l_size},
                                                  {"lua", l_lua},
                                                  {"state", l_state},
                                                  {"summary", l_summary},
                                                  {"request_screenshot", l_request_screenshot},
                                                  {"screenshot_pending", l_screenshot_pending},
                                                  {"clock", l_clock},
                                                  {nullptr, nullptr}}};

}  // namespace

struct UiScript::Implementation {
  lua_State* main = nullptr;
  lua_State* thread = nullptr;
  std::string problem;
  int exit_code = 0;
  ~Implementation() {
    if (main != nullptr)
      lua_close(main);
  }
};

UiScript::UiScript(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
UiScript::~UiScript() = default;

Result<std::unique_ptr<UiScript>> UiScript::load(const std::string& path, UiScriptHost& host) {
  std::ifstream in(path);
  if (!in)
    return Error{ErrorCode::InvalidInput,
                 "cannot read the script " + path + ": is the path right?"};
  std::stringstream text;
  text << in.rdbuf();

  auto self = std::make_unique<Implementation>();
  self->main = luaL_newstate();
  lua_State* L = self->main;
  for (const luaL_Reg& library : {luaL_Reg{"_G", luaopen_base},
                                  {"string", luaopen_string},
                                  {"table", luaopen_table},
                                  {"math", luaopen_math},
                                  {"coroutine", luaopen_coroutine}}) {
    luaL_requiref(L, library.name, library.func, 1);
    lua_pop(L, 1);
  }
  for (const char* unsafe : {"dofile", "loadfile"}) {
    lua_pushnil(L);
    lua_setglobal(L, unsafe);
  }
  lua_newtable(L);
  lua_pushlightuserdata(L, &host);
  luaL_setfuncs(L, kFunctions.data(), 1);
  lua_setglobal(L, "ui");
  if (luaL_dostring(L, kPrelude) != LUA_OK) {
    return Error{ErrorCode::Internal, std::string("the script's prelude: ") + lua_tostring(L, -1)};
  }
  self->thread = lua_newthread(L);  // stays on the main stack: not collected
  if (luaL_loadbuffer(self->thread, text.str().data(), text.str().size(), ("@" + path).c_str()) !=
      LUA_OK) {
    return Error{ErrorCode::InvalidInput,
                 std::string("the script does not parse: ") + lua_tostring(self->thread, -1)};
  }
  return std::unique_ptr<UiScript>(new UiScript(std::move(self)));
}

UiScript::Status UiScript::resume() {
  int results = 0;
  lua_State* thread = implementation_->thread;
  const int status = lua_resume(thread, implementation_->main, 0, &results);
  if (status == LUA_YIELD) {
    lua_pop(thread, results);
    return Status::Running;
  }
  if (status == LUA_OK) {
    if (results > 0 && lua_isinteger(thread, -1))
      implementation_->exit_code = static_cast<int>(lua_tointeger(thread, -1));
    return Status::Finished;
  }
  const char* message = lua_tostring(thread, -1);
  implementation_->problem = message != nullptr ? message : "the script failed without a message";
  return Status::Failed;
}

const std::string& UiScript::problem() const { return implementation_->problem; }
int UiScript::exit_code() const { return implementation_->exit_code; }

}  // namespace gv
