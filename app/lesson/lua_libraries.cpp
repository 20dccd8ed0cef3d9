// SPDX-License-Identifier: MIT

#include "lesson/lua_libraries.h"

#include "lesson/lua_budget.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gv {
namespace {

int sandboxed_print(lua_State* state) {
  std::string line;
  const int count = lua_gettop(state);
  for (int i = 1; i <= count; ++i) {
    // The global tostring, not luaL_tolstring: ours prints no addresses.
    lua_getglobal(state, "tostring");
    lua_pushvalue(state, i);
    lua_call(state, 1, 1);
    std::size_t length = 0;
    const char* text = lua_tolstring(state, -1, &length);
    if (text == nullptr)
      return luaL_error(state, "'tostring' must return a string to 'print'");
    if (i > 1)
      line += '\t';
    line.append(text, length);
    lua_pop(state, 1);
  }
  line += '\n';
  LuaBudget::of(state).write(state, line);
  return 0;
}

// As Lua's, without the address, which differs from run to run.
int sandboxed_tostring(lua_State* state) {
  luaL_checkany(state, 1);
  const int kind = lua_type(state, 1);
  if (kind == LUA_TFUNCTION || kind == LUA_TTABLE || kind == LUA_TUSERDATA ||
      kind == LUA_TLIGHTUSERDATA) {
    if (luaL_callmeta(state, 1, "__tostring")) {
      if (!lua_isstring(state, -1))
        return luaL_error(state, "'__tostring' must return a string");
      return 1;
    }
    lua_pushstring(state, luaL_typename(state, 1));
    return 1;
  }
  luaL_tolstring(state, 1, nullptr);
  return 1;
}

int sandboxed_load(lua_State* state) {
  std::size_t length = 0;
  const char* source = luaL_checklstring(state, 1, &length);
  const char* name = luaL_optstring(state, 2, "=load");
  lua_settop(state, 4);  // so that 4 is the environment and not what we push
  LuaBudget::of(state).pay(state, length / 4);
  if (luaL_loadbufferx(state, source, length, name, "t") != LUA_OK) {
    lua_pushnil(state);
    lua_insert(state, -2);
    return 2;
  }
  if (!lua_isnoneornil(state, 4)) {
    lua_pushvalue(state, 4);
    if (lua_setupvalue(state, -2, 1) == nullptr)
      lua_pop(state, 1);
  }
  return 1;
}

// A finalizer runs with the instruction hook off: nothing could stop it.
int sandboxed_setmetatable(lua_State* state) {
  if (lua_type(state, 2) == LUA_TTABLE) {
    lua_pushliteral(state, "__gc");
    if (lua_rawget(state, 2) != LUA_TNIL) {
      return luaL_error(state, "finalizers (__gc) are not offered here");
    }
    lua_pop(state, 1);
  }
  return call_replaced(state);
}

// As Lua's, but a spent budget cannot be caught.
int sandboxed_pcall(lua_State* state) {
  luaL_checkany(state, 1);
  const int status = lua_pcall(state, lua_gettop(state) - 1, LUA_MULTRET, 0);
  if (status != LUA_OK && LuaBudget::of(state).spent())
    return lua_error(state);
  lua_pushboolean(state, status == LUA_OK);
  lua_insert(state, 1);
  return lua_gettop(state);
}

// The handler runs after the stack is unwound. Lua runs it before, which for an error that the
// instruction hook raised means with the hook off: a handler that loops could not be stopped.
int sandboxed_xpcall(lua_State* state) {
  luaL_checktype(state, 2, LUA_TFUNCTION);
  lua_pushvalue(state, 2);
  lua_insert(state, 1);
  lua_remove(state, 3);  // handler, function, arguments
  const int status = lua_pcall(state, lua_gettop(state) - 2, LUA_MULTRET, 0);
  if (status != LUA_OK) {
    if (LuaBudget::of(state).spent())
      return lua_error(state);
    lua_call(state, 1, LUA_MULTRET);
    lua_pushboolean(state, false);
    lua_insert(state, 1);
    return lua_gettop(state);
  }
  lua_pushboolean(state, true);
  lua_replace(state, 1);
  return lua_gettop(state);
}

// Upvalues: the sorted keys; the next index.
int next_pair(lua_State* state) {
  lua_Integer index = lua_tointeger(state, lua_upvalueindex(2));
  while (true) {
    if (lua_rawgeti(state, lua_upvalueindex(1), index) == LUA_TNIL)
      return 1;
    ++index;
    lua_pushvalue(state, -1);
    if (lua_rawget(state, 1) != LUA_TNIL)
      break;  // else: removed since
    lua_pop(state, 2);
  }
  lua_pushinteger(state, index);
  lua_replace(state, lua_upvalueindex(2));
  return 2;
}

// In a fixed order: numbers, then strings, then the rest. Lua's own order depends on addresses.
int sandboxed_pairs(lua_State* state) {
  luaL_checkany(state, 1);
  if (luaL_getmetafield(state, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(state, 1);
    lua_call(state, 1, 3);
    return 3;
  }
  luaL_checktype(state, 1, LUA_TTABLE);
  struct Key {
    int rank;
    lua_Number number;
    std::string text;
    lua_Integer place;
  };
  std::vector<Key> keys;
  lua_newtable(state);
  const int unsorted = lua_gettop(state);
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    lua_pop(state, 1);
    const auto place = static_cast<lua_Integer>(keys.size()) + 1;
    Key key{2, 0, {}, place};
    if (lua_type(state, -1) == LUA_TNUMBER) {
      key.rank = 0;
      key.number = lua_tonumber(state, -1);
    } else if (lua_type(state, -1) == LUA_TSTRING) {
      std::size_t length = 0;
      const char* text = lua_tolstring(state, -1, &length);
      key.rank = 1;
      key.text.assign(text, length);
    }
    keys.push_back(std::move(key));
    lua_pushvalue(state, -1);
    lua_rawseti(state, unsorted, place);
  }
  LuaBudget::of(state).pay(state, keys.size() * 4);
  std::sort(keys.begin(), keys.end(), [](const Key& a, const Key& b) {
    if (a.rank != b.rank)
      return a.rank < b.rank;
    if (a.rank == 0 && a.number != b.number)
      return a.number < b.number;
    if (a.rank == 1 && a.text != b.text)
      return a.text < b.text;
    return a.place < b.place;
  });
  lua_createtable(state, static_cast<int>(keys.size()), 0);
  lua_Integer index = 1;
  for (const Key& key : keys) {
    lua_rawgeti(state, unsorted, key.place);
    lua_rawseti(state, -2, index++);
  }
  lua_pushinteger(state, 1);
  lua_pushcclosure(state, next_pair, 2);
  lua_pushvalue(state, 1);
  lua_pushnil(state);
  return 3;
}

int own_random(lua_State* state) {
  Random& random = LuaBudget::of(state).random;
  lua_Integer low = 1, high = 0;
  switch (lua_gettop(state)) {
    case 0:
      lua_pushnumber(state, random.fraction());
      return 1;
    case 1:
      high = luaL_checkinteger(state, 1);
      if (high == 0) {
        lua_pushinteger(state, static_cast<lua_Integer>(random.next()));
        return 1;
      }
      break;
    default:
      low = luaL_checkinteger(state, 1);
      high = luaL_checkinteger(state, 2);
      break;
  }
  luaL_argcheck(state, low <= high, lua_gettop(state), "interval is empty");
  const auto span = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  const std::uint64_t drawn = span == 0 ? random.next() : random.below(span);
  lua_pushinteger(state, static_cast<lua_Integer>(static_cast<std::uint64_t>(low) + drawn));
  return 1;
}

int own_randomseed(lua_State* state) {
  LuaBudget::of(state).random = Random(static_cast<std::uint64_t>(luaL_checkinteger(state, 1)));
  return 0;
}

// What shifts or reads many elements in one call. A table that lies about its length through a
// metatable could make it do so for ever.
int pay_for_elements(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  if (lua_getmetatable(state, 1)) {
    for (const char* field : {"__len", "__index", "__newindex"}) {
      lua_pushstring(state, field);
      if (lua_rawget(state, -2) != LUA_TNIL) {
        return luaL_error(state, "this table function takes a table without %s", field);
      }
      lua_pop(state, 1);
    }
    lua_pop(state, 1);
  }
  LuaBudget::of(state).pay(state, lua_rawlen(state, 1) / 2 + 1);
  return call_replaced(state);
}

int bounded_move(lua_State* state) {
  const lua_Integer first = luaL_checkinteger(state, 2), last = luaL_checkinteger(state, 3);
  constexpr lua_Integer kMost = 1'000'000;
  if (last >= first) {
    const auto count = static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first);
    if (count >= kMost)
      return luaL_error(state, "too many elements to move");
    LuaBudget::of(state).pay(state, count + 1);
  }
  return call_replaced(state);
}

int bounded_unpack(lua_State* state) {
  const lua_Integer first = luaL_optinteger(state, 2, 1);
  const lua_Integer last = luaL_opt(state, luaL_checkinteger, 3, luaL_len(state, 1));
  constexpr lua_Integer kMost = 100'000;
  if (last >= first &&
      static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first) >= kMost) {
    return luaL_error(state, "too many results to unpack");
  }
  if (last >= first) {
    LuaBudget::of(state).pay(state, static_cast<lua_Unsigned>(last - first) + 1);
  }
  lua_settop(state, 1);
  lua_pushinteger(state, first);
  lua_pushinteger(state, last);
  return call_replaced(state);
}

}  // namespace

void replace_function(lua_State* state, const char* name, lua_CFunction function) {
  lua_getfield(state, -1, name);
  lua_pushcclosure(state, function, 1);
  lua_setfield(state, -2, name);
}

int call_replaced(lua_State* state) {
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, lua_gettop(state) - 1, LUA_MULTRET);
  return lua_gettop(state);
}

void bound_table_library(lua_State* state) {
  lua_getglobal(state, "table");
  for (const char* name : {"insert", "remove", "concat", "sort"}) {
    replace_function(state, name, pay_for_elements);
  }
  replace_function(state, "move", bounded_move);
  replace_function(state, "unpack", bounded_unpack);
  lua_pop(state, 1);
}

void open_sandboxed_libraries(lua_State* state) {
  luaL_requiref(state, LUA_GNAME, luaopen_base, 1);
  luaL_requiref(state, LUA_STRLIBNAME, luaopen_string, 1);
  luaL_requiref(state, LUA_TABLIBNAME, luaopen_table, 1);
  luaL_requiref(state, LUA_MATHLIBNAME, luaopen_math, 1);
  luaL_requiref(state, LUA_UTF8LIBNAME, luaopen_utf8, 1);
  lua_settop(state, 0);

  lua_pushglobaltable(state);
  for (const char* name : {"dofile", "loadfile", "collectgarbage", "warn", "require"}) {
    lua_pushnil(state);
    lua_setfield(state, -2, name);
  }
  replace_function(state, "print", sandboxed_print);
  replace_function(state, "tostring", sandboxed_tostring);
  replace_function(state, "load", sandboxed_load);
  replace_function(state, "setmetatable", sandboxed_setmetatable);
  replace_function(state, "pcall", sandboxed_pcall);
  replace_function(state, "xpcall", sandboxed_xpcall);
  replace_function(state, "pairs", sandboxed_pairs);
  lua_pop(state, 1);

  lua_getglobal(state, "math");
  replace_function(state, "random", own_random);
  replace_function(state, "randomseed", own_randomseed);
  lua_pop(state, 1);
  bound_string_library(state);
  bound_table_library(state);
}

}  // namespace gv
