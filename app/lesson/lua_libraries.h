// SPDX-License-Identifier: MIT
//
// lua_libraries.h - the standard library as a sandboxed script sees it.
//
// Lua's own functions where they are harmless; bounded ones where they are not.

#pragma once

#include "lesson/lua_api.h"

namespace gv {

void open_sandboxed_libraries(lua_State* state);  // base, math, utf8 and the two below
void bound_string_library(lua_State* state);      // patterns, rep, format
void bound_table_library(lua_State* state);

// Puts `function` in place of `name` in the table on top of the stack, with what was there before
// as its upvalue.
void replace_function(lua_State* state, const char* name, lua_CFunction function);
// Calls the upvalue with all arguments and returns all results.
int call_replaced(lua_State* state);

}  // namespace gv
