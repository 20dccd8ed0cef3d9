// SPDX-License-Identifier: MIT
//
// lua_value.h - values between Lua and C++.
//
// A table whose keys are 1 to n is an array; any other is an object with string
// keys; an empty one is an array. Functions do not cross (they become null), save
// that a lesson's data keeps them as `true`, to know that they are there.

#pragma once

#include "lesson/lua_api.h"
#include "lesson/lua_host.h"

namespace gv {

enum class FunctionsBecome : std::uint8_t { Null, True };

// Raises a Lua error for a table that is nested too deeply or too large.
LuaValue value_at(lua_State* state, int index, FunctionsBecome functions = FunctionsBecome::Null);
void push_value(lua_State* state, const LuaValue& value);

}  // namespace gv
