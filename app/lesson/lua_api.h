// SPDX-License-Identifier: MIT
//
// lua_api.h - Lua's own headers, with the linkage that this system's library has.
//
// The library is Debian's build of Lua as C++. Debian 12 exports its functions
// with C names, Debian 13 with C++ names; cmake/Dependencies.cmake looks which.

#pragma once

#ifdef GV_LUA_HAS_CXX_NAMES
#include <lua5.4/lua.h>
// After lua.h, which they need.
#include <lua5.4/lauxlib.h>
#include <lua5.4/lualib.h>
#else
#include <lua5.4/lua.hpp>
#endif
