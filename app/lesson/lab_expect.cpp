// SPDX-License-Identifier: MIT
//
// lab.expect.*: each compares, records a Finding when it does not hold, and
// returns whether it held. None of them stops the script: one run tells all.

#include "lesson/lab_surface.h"
#include "lesson/lua_value.h"

#include <string>

namespace gv {
namespace {

std::string shown(const LuaValue& value) {
  std::string text = value.is_null() ? "nil"
                     : value.is_string()
                         ? value.get<std::string>()
                         : value.dump(-1, ' ', false, LuaValue::error_handler_t::replace);
  if (text.size() > 300)
    text = text.substr(0, 297) + "...";
  return text;
}

int record(lua_State* state, bool held, const std::string& expected, const std::string& observed,
           int hint_index) {
  LabEnvironment& environment = environment_of(state);
  ++environment.expectations;
  if (!held) {
    luaL_where(state, 1);
    std::string where = lua_tostring(state, -1);
    lua_pop(state, 1);
    while (!where.empty() && (where.back() == ' ' || where.back() == ':'))
      where.pop_back();
    environment.findings.push_back({environment.current_check, expected, observed, where,
                                    luaL_optstring(state, hint_index, "")});
  }
  lua_pushboolean(state, held);
  return 1;
}

// Numbers compare as numbers: 3 and 3.0 are equal.
bool same(const LuaValue& a, const LuaValue& b) {
  if (a.is_number() && b.is_number() && (a.is_number_float() || b.is_number_float())) {
    return !(a.get<double>() < b.get<double>()) && !(b.get<double>() < a.get<double>());
  }
  return a == b;
}

int expect_equal(lua_State* state) {
  const LuaValue observed = value_at(state, 1), expected = value_at(state, 2);
  return record(state, same(observed, expected), shown(expected), shown(observed), 3);
}

int expect_different(lua_State* state) {
  const LuaValue observed = value_at(state, 1), other = value_at(state, 2);
  return record(state, !same(observed, other), "something else than " + shown(other),
                shown(observed), 3);
}

int expect_at_least(lua_State* state) {
  const lua_Number observed = luaL_checknumber(state, 1), bound = luaL_checknumber(state, 2);
  return record(state, observed >= bound, "at least " + shown(value_at(state, 2)),
                shown(value_at(state, 1)), 3);
}

int expect_at_most(lua_State* state) {
  const lua_Number observed = luaL_checknumber(state, 1), bound = luaL_checknumber(state, 2);
  return record(state, observed <= bound, "at most " + shown(value_at(state, 2)),
                shown(value_at(state, 1)), 3);
}

int expect_holds(lua_State* state) {
  const std::string expected = luaL_checkstring(state, 2);
  return record(state, lua_toboolean(state, 1) != 0, expected, "it does not hold", 3);
}

int expect_contains(lua_State* state) {
  const std::string text = luaL_checkstring(state, 1), part = luaL_checkstring(state, 2);
  return record(state, text.find(part) != std::string::npos, "text with '" + part + "' in it",
                shown(text), 3);
}

constexpr luaL_Reg kFunctions[] = {
    {"at_least", expect_at_least},   {"at_most", expect_at_most}, {"contains", expect_contains},
    {"different", expect_different}, {"equal", expect_equal},     {"holds", expect_holds},
};

}  // namespace

std::span<const luaL_Reg> expect_functions() { return kFunctions; }

}  // namespace gv
