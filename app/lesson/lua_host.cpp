// SPDX-License-Identifier: MIT

#include "lesson/lua_host.h"

#include "lesson/lua_budget.h"
#include "lesson/lua_libraries.h"
#include "lesson/lua_value.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gv {
namespace {

// What a script may look for in vain, so that the message can say that it never was here.
constexpr std::array<std::string_view, 9> kAbsent = {
    "os", "io", "package", "debug", "require", "dofile", "loadfile", "coroutine", "collectgarbage"};

std::string sentence_of(std::string message, const std::string& name) {
  // "[string "..."]" never occurs: chunks are named after their files.
  for (std::string_view absent : kAbsent) {
    const std::string quoted = "global '" + std::string(absent) + "'";
    if (message.find(quoted) != std::string::npos) {
      message +=
          "; scripts have no '" + std::string(absent) + "': no files, no processes and no clock";
      break;
    }
  }
  // Only the first line: a script's own error text may be a page.
  message = message.substr(0, message.find('\n'));
  if (message.size() > 500)
    message = message.substr(0, 497) + "...";
  if (message.find(name + ":") == std::string::npos && message.find(':') == std::string::npos) {
    message = name + ": " + message;
  }
  return message;
}

// "file:12: text" → file and 12.
void find_place(LuaError& error) {
  for (std::size_t colon = error.message.find(':'); colon != std::string::npos;
       colon = error.message.find(':', colon + 1)) {
    const std::size_t next = error.message.find(':', colon + 1);
    if (next == std::string::npos)
      return;
    const std::string digits = error.message.substr(colon + 1, next - colon - 1);
    if (digits.empty() || digits.size() > 9 ||
        digits.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    error.file = error.message.substr(0, colon);
    error.line = std::stoi(digits);
    return;
  }
}

}  // namespace

bool is_limit(LuaFault fault) {
  return fault == LuaFault::InstructionLimit || fault == LuaFault::MemoryLimit ||
         fault == LuaFault::TimeLimit || fault == LuaFault::OutputLimit;
}

struct LuaHost::Implementation {
  explicit Implementation(LuaLimits limits, std::uint64_t seed) : budget(limits, seed) {
    state = lua_newstate(LuaBudget::allocate, &budget);
    GV_CHECK(state != nullptr);
    *static_cast<LuaBudget**>(lua_getextraspace(state)) = &budget;
    open_sandboxed_libraries(state);
  }
  ~Implementation() { lua_close(state); }

  // Runs `body` protected, with a full budget; `body` leaves its results above the stack's base.
  template <class Body>
  LuaOutcome protect(const std::string& name, Body body) {
    struct Call {
      Body* body;
      LuaValue values = LuaValue::array();
    } call{&body, LuaValue::array()};
    budget.begin();
    set_look_interval(state, kInstructionsPerLook);
    const int base = lua_gettop(state);
    lua_pushcfunction(state, [](lua_State* s) -> int {
      auto& c = *static_cast<Call*>(lua_touserdata(s, 1));
      lua_settop(s, 0);
      (*c.body)(s);
      const int count = lua_gettop(s);
      for (int i = 1; i <= count; ++i)
        c.values.push_back(value_at(s, i));
      return 0;
    });
    lua_pushlightuserdata(state, &call);
    const int status = lua_pcall(state, 1, 0, 0);
    LuaOutcome outcome;
    if (status == LUA_OK) {
      outcome.values = std::move(call.values);
    } else {
      outcome.error = std::make_unique<LuaError>(error_of(status, name));
    }
    lua_settop(state, base);
    lua_sethook(state, nullptr, 0, 0);
    return outcome;
  }

  LuaError error_of(int status, const std::string& name) {
    LuaError error;
    std::string message;
    // No metamethods here: nothing protects this call.
    if (lua_type(state, -1) == LUA_TSTRING) {
      message = lua_tostring(state, -1);
    } else if (lua_type(state, -1) == LUA_TNUMBER) {
      message = std::to_string(lua_tonumber(state, -1));
    } else {
      message = std::string("the script raised a ") + luaL_typename(state, -1) + " as its error";
    }
    if (budget.spent()) {
      error.fault = *budget.spent();
    } else if (status == LUA_ERRMEM || message.find("not enough memory") != std::string::npos) {
      error.fault = LuaFault::MemoryLimit;
      message = name + ": the script needed more than its " +
                std::to_string(budget.limits().memory_bytes >> 20) +
                " MiB of memory, or more than " +
                std::to_string(budget.limits().largest_allocation >> 20) + " MiB in one piece";
    } else if (syntax_error) {
      error.fault = LuaFault::Syntax;
    }
    syntax_error = false;
    error.message = sentence_of(std::move(message), name);
    find_place(error);
    return error;
  }

  void load(lua_State* s, std::string_view name, std::string_view source) {
    const std::string chunk = std::string(1, '@').append(name);
    if (!source.empty() && source.front() == '#') {  // a script's first line
      const std::size_t end = source.find('\n');
      source.remove_prefix(end == std::string_view::npos ? source.size() : end);
    }
    if (luaL_loadbufferx(s, source.data(), source.size(), chunk.c_str(), "t") != LUA_OK) {
      syntax_error = true;
      lua_error(s);
    }
  }

  // Pushes what a dotted path leads to; numbers index arrays. No metamethods.
  static void push_path(lua_State* s, std::string_view path) {
    lua_pushglobaltable(s);
    while (!path.empty()) {
      const std::size_t dot = path.find('.');
      const std::string part(path.substr(0, dot));
      path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
      if (lua_type(s, -1) != LUA_TTABLE) {
        lua_pop(s, 1);
        lua_pushnil(s);
        return;
      }
      if (part.find_first_not_of("0123456789") == std::string::npos && part.size() < 9) {
        lua_rawgeti(s, -1, std::stoi(part));
      } else {
        lua_pushlstring(s, part.data(), part.size());
        lua_rawget(s, -2);
      }
      lua_remove(s, -2);
    }
  }

  LuaBudget budget;
  lua_State* state = nullptr;
  bool syntax_error = false;
};

LuaHost::LuaHost(LuaLimits limits, std::uint64_t seed)
    : implementation_(std::make_unique<Implementation>(limits, seed)) {}
LuaHost::~LuaHost() = default;

LuaOutcome LuaHost::run(std::string_view name, std::string_view source, const LuaValue& arguments) {
  const std::string file(name);
  return implementation_->protect(file, [&](lua_State* s) {
    implementation_->load(s, name, source);
    for (const LuaValue& argument : arguments)
      push_value(s, argument);
    lua_call(s, static_cast<int>(arguments.size()), LUA_MULTRET);
  });
}

LuaOutcome LuaHost::run_file(const std::string& path) {
  const std::string name = std::filesystem::path(path).filename().string();
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (std::error_code ignored; !file || std::filesystem::is_directory(path, ignored) ||
                               !(text << file.rdbuf() || file.peek() == EOF)) {
    LuaOutcome outcome;
    outcome.error = std::make_unique<LuaError>(
        LuaError{LuaFault::Runtime, path + ": cannot be read; give a Lua file", path, 0});
    return outcome;
  }
  return run(name, text.str());
}

LuaOutcome LuaHost::evaluate(std::string_view name, std::string_view line) {
  const std::string file(name);
  return implementation_->protect(file, [&](lua_State* s) {
    const std::string chunk = std::string(1, '=').append(file);
    const std::string expression = std::string("return ").append(line);
    if (luaL_loadbufferx(s, expression.data(), expression.size(), chunk.c_str(), "t") != LUA_OK) {
      lua_settop(s, 0);
      implementation_->load(s, name, line);
    }
    lua_call(s, 0, LUA_MULTRET);
    // Userdata and functions have no JSON form: show them as text.
    for (int i = 1; i <= lua_gettop(s); ++i) {
      const int kind = lua_type(s, i);
      if (kind == LUA_TUSERDATA || kind == LUA_TFUNCTION) {
        lua_getglobal(s, "tostring");
        lua_pushvalue(s, i);
        lua_call(s, 1, 1);
        lua_replace(s, i);
      }
    }
  });
}

LuaOutcome LuaHost::call(std::string_view path, const LuaValue& arguments) {
  const std::string name(path);
  return implementation_->protect(name, [&](lua_State* s) {
    Implementation::push_path(s, path);
    if (lua_type(s, -1) != LUA_TFUNCTION) {
      luaL_error(s, "%s: there is no function of this name", name.c_str());
    }
    for (const LuaValue& argument : arguments)
      push_value(s, argument);
    lua_call(s, static_cast<int>(arguments.size()), LUA_MULTRET);
  });
}

bool LuaHost::has_function(std::string_view path) {
  lua_State* s = implementation_->state;
  Implementation::push_path(s, path);
  const bool found = lua_type(s, -1) == LUA_TFUNCTION;
  lua_pop(s, 1);
  return found;
}

void LuaHost::set_global(std::string_view name, const LuaValue& value) {
  const std::string global(name);
  const LuaOutcome outcome = implementation_->protect(global, [&](lua_State* s) {
    push_value(s, value);
    lua_setglobal(s, global.c_str());
  });
  GV_CHECK(outcome.ok());
}

void LuaHost::collect_garbage() { lua_gc(state(), LUA_GCCOLLECT); }

std::string LuaHost::take_output() { return std::exchange(implementation_->budget.output, {}); }

void LuaHost::on_output(std::function<void(std::string_view)> sink) {
  implementation_->budget.sink = std::move(sink);
}

void LuaHost::cancel() { implementation_->budget.cancelled = true; }
std::uint64_t LuaHost::instructions_used() const { return implementation_->budget.used(); }
std::size_t LuaHost::memory_used() const { return implementation_->budget.memory(); }
lua_State* LuaHost::state() const { return implementation_->state; }

}  // namespace gv
