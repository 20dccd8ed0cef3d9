// SPDX-License-Identifier: MIT

#include "lesson/lua_value.h"

namespace gv {
namespace {

constexpr int kDeepest = 24;
constexpr int kMostNodes = 200'000;

struct Reader {
  lua_State* state;
  FunctionsBecome functions;
  int nodes = 0;

  LuaValue read(int index, int depth) {
    if (depth > kDeepest)
      luaL_error(state, "a table is nested too deeply, or holds itself");
    if (++nodes > kMostNodes)
      luaL_error(state, "a table has too many entries");
    switch (lua_type(state, index)) {
      case LUA_TBOOLEAN:
        return lua_toboolean(state, index) != 0;
      case LUA_TNUMBER:
        if (lua_isinteger(state, index))
          return std::int64_t{lua_tointeger(state, index)};
        return lua_tonumber(state, index);
      case LUA_TSTRING: {
        std::size_t length = 0;
        const char* text = lua_tolstring(state, index, &length);
        return std::string(text, length);
      }
      case LUA_TTABLE:
        return read_table(lua_absindex(state, index), depth);
      case LUA_TFUNCTION:
        return functions == FunctionsBecome::True ? LuaValue(true) : LuaValue();
      default:
        return {};
    }
  }

  LuaValue read_table(int table, int depth) {
    luaL_checkstack(state, 4, nullptr);
    const auto length = lua_rawlen(state, table);
    std::uint64_t keys = 0;
    lua_pushnil(state);
    while (lua_next(state, table) != 0) {
      ++keys;
      lua_pop(state, 1);
    }
    if (keys == length) {
      LuaValue array = LuaValue::array();
      for (std::uint64_t i = 1; i <= length; ++i) {
        lua_rawgeti(state, table, static_cast<lua_Integer>(i));
        array.push_back(read(-1, depth + 1));
        lua_pop(state, 1);
      }
      return array;
    }
    LuaValue object = LuaValue::object();
    lua_pushnil(state);
    while (lua_next(state, table) != 0) {
      // A copy of the key: lua_tolstring changes a number in place and would confuse lua_next.
      lua_pushvalue(state, -2);
      std::size_t size = 0;
      const char* key = lua_tolstring(state, -1, &size);
      if (key != nullptr) {
        std::string name(key, size);
        lua_pop(state, 1);
        object[name] = read(-1, depth + 1);
      } else {
        lua_pop(state, 1);
      }
      lua_pop(state, 1);
    }
    return object;
  }
};

}  // namespace

LuaValue value_at(lua_State* state, int index, FunctionsBecome functions) {
  return Reader{state, functions}.read(index, 0);
}

void push_value(lua_State* state, const LuaValue& value) {
  luaL_checkstack(state, 4, nullptr);
  switch (value.type()) {
    case LuaValue::value_t::boolean:
      lua_pushboolean(state, value.get<bool>());
      break;
    case LuaValue::value_t::number_integer:
      lua_pushinteger(state, value.get<std::int64_t>());
      break;
    case LuaValue::value_t::number_unsigned:
      lua_pushinteger(state, static_cast<lua_Integer>(value.get<std::uint64_t>()));
      break;
    case LuaValue::value_t::number_float:
      lua_pushnumber(state, value.get<double>());
      break;
    case LuaValue::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      lua_pushlstring(state, text.data(), text.size());
      break;
    }
    case LuaValue::value_t::array: {
      lua_createtable(state, static_cast<int>(value.size()), 0);
      lua_Integer i = 1;
      for (const LuaValue& item : value) {
        push_value(state, item);
        lua_rawseti(state, -2, i++);
      }
      break;
    }
    case LuaValue::value_t::object:
      lua_createtable(state, 0, static_cast<int>(value.size()));
      for (const auto& [key, item] : value.items()) {
        lua_pushlstring(state, key.data(), key.size());
        push_value(state, item);
        lua_rawset(state, -3);
      }
      break;
    default:
      lua_pushnil(state);
      break;
  }
}

}  // namespace gv
