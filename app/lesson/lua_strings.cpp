// SPDX-License-Identifier: MIT
//
// Lua's string functions that can run long inside one call, bounded.

#include "lesson/lua_budget.h"
#include "lesson/lua_libraries.h"
#include "lesson/lua_pattern.h"

#include <cctype>
#include <cstring>
#include <string>
#include <string_view>

namespace gv {
namespace {

constexpr std::uint64_t kBytesPerCost = 16;

std::string_view text_argument(lua_State* state, int index) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(state, index, &length);
  return {text, length};
}

PatternMatcher::Outlet outlet_for(lua_State* state) {
  return {[state](std::size_t steps) { LuaBudget::of(state).pay(state, steps); },
          [state](const char* problem) { luaL_error(state, "%s", problem); }};
}

// Pushes capture `index`, or the whole match when the pattern has none.
void push_capture(lua_State* state, const PatternMatcher& matcher, std::size_t index,
                  std::size_t start, std::size_t end) {
  if (index >= matcher.captures()) {
    if (index != 0)
      luaL_error(state, "invalid capture index %%%d", static_cast<int>(index) + 1);
    lua_pushlstring(state, matcher.subject().data() + start, end - start);
    return;
  }
  const PatternCapture& capture = matcher.capture(index);
  if (capture.length == PatternCapture::kPosition) {
    lua_pushinteger(state, static_cast<lua_Integer>(capture.start) + 1);
  } else if (capture.length == PatternCapture::kOpen) {
    luaL_error(state, "unfinished capture");
  } else {
    lua_pushlstring(state, matcher.subject().data() + capture.start,
                    static_cast<std::size_t>(capture.length));
  }
}

int push_captures(lua_State* state, const PatternMatcher& matcher, std::size_t start,
                  std::size_t end, bool whole_when_none) {
  const std::size_t count = matcher.captures() == 0 && whole_when_none ? 1 : matcher.captures();
  luaL_checkstack(state, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i)
    push_capture(state, matcher, i, start, end);
  return static_cast<int>(count);
}

// A start position as Lua counts: from 1, negative from the end.
std::size_t start_argument(lua_State* state, int index, std::size_t length) {
  const lua_Integer position = luaL_optinteger(state, index, 1);
  if (position > 0)
    return static_cast<std::size_t>(position) - 1;
  if (position == 0 || position < -static_cast<lua_Integer>(length))
    return 0;
  return length - static_cast<std::size_t>(-position);
}

int find_or_match(lua_State* state, bool find) {
  const std::string_view subject = text_argument(state, 1);
  std::string_view pattern = text_argument(state, 2);
  const std::size_t from = start_argument(state, 3, subject.size());
  if (from > subject.size()) {
    lua_pushnil(state);
    return 1;
  }
  const bool plain =
      lua_toboolean(state, 4) != 0 || pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
  if (find && plain) {
    LuaBudget::of(state).pay(state, subject.size() / kBytesPerCost + 1);
    // memmem: linear time, whatever the two strings are.
    const void* found =
        memmem(subject.data() + from, subject.size() - from, pattern.data(), pattern.size());
    if (found == nullptr) {
      lua_pushnil(state);
      return 1;
    }
    const auto at = static_cast<lua_Integer>(static_cast<const char*>(found) - subject.data());
    lua_pushinteger(state, at + 1);
    lua_pushinteger(state, at + static_cast<lua_Integer>(pattern.size()));
    return 2;
  }
  const bool anchored = !pattern.empty() && pattern.front() == '^';
  if (anchored)
    pattern.remove_prefix(1);
  const auto outlet = outlet_for(state);
  PatternMatcher matcher(subject, pattern, outlet);
  for (std::size_t start = from; start <= subject.size(); ++start) {
    if (const auto end = matcher.match_at(start)) {
      if (!find)
        return push_captures(state, matcher, start, *end, true);
      lua_pushinteger(state, static_cast<lua_Integer>(start) + 1);
      lua_pushinteger(state, static_cast<lua_Integer>(*end));
      return 2 + push_captures(state, matcher, start, *end, false);
    }
    if (anchored)
      break;
  }
  lua_pushnil(state);
  return 1;
}

int string_find(lua_State* state) { return find_or_match(state, true); }
int string_match(lua_State* state) { return find_or_match(state, false); }

// Upvalues: subject, pattern, next start, end of the last match (both from 0; -1 for none).
int next_match(lua_State* state) {
  const std::string_view subject = text_argument(state, lua_upvalueindex(1));
  const std::string_view pattern = text_argument(state, lua_upvalueindex(2));
  const auto from = static_cast<std::size_t>(lua_tointeger(state, lua_upvalueindex(3)));
  const lua_Integer last = lua_tointeger(state, lua_upvalueindex(4));
  const auto outlet = outlet_for(state);
  PatternMatcher matcher(subject, pattern, outlet);
  for (std::size_t start = from; start <= subject.size(); ++start) {
    const auto end = matcher.match_at(start);
    if (!end || static_cast<lua_Integer>(*end) == last)
      continue;
    lua_pushinteger(state, static_cast<lua_Integer>(*end));
    lua_copy(state, -1, lua_upvalueindex(3));
    lua_replace(state, lua_upvalueindex(4));
    return push_captures(state, matcher, start, *end, true);
  }
  return 0;
}

int string_gmatch(lua_State* state) {
  const std::string_view subject = text_argument(state, 1);
  text_argument(state, 2);
  const std::size_t from = start_argument(state, 3, subject.size());
  lua_settop(state, 2);
  lua_pushinteger(state, static_cast<lua_Integer>(from));
  lua_pushinteger(state, -1);
  lua_pushcclosure(state, next_match, 4);
  return 1;
}

// "%1" and "%0" in a replacement string stand for captures and the whole match.
void append_replacement(lua_State* state, std::string& out, std::string_view replacement,
                        const PatternMatcher& matcher, std::size_t start, std::size_t end) {
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    if (replacement[i] != '%') {
      out += replacement[i];
      continue;
    }
    const char what = ++i < replacement.size() ? replacement[i] : '\0';
    if (what == '%') {
      out += '%';
    } else if (what == '0') {
      out.append(matcher.subject().substr(start, end - start));
    } else if (std::isdigit(static_cast<unsigned char>(what))) {
      push_capture(state, matcher, static_cast<std::size_t>(what - '1'), start, end);
      std::size_t length = 0;
      const char* text = luaL_tolstring(state, -1, &length);
      out.append(text, length);
      lua_pop(state, 2);
    } else {
      luaL_error(state, "invalid use of '%%' in replacement string");
    }
  }
}

void append_substitute(lua_State* state, std::string& out, const PatternMatcher& matcher,
                       std::size_t start, std::size_t end) {
  const std::string_view whole = matcher.subject().substr(start, end - start);
  switch (lua_type(state, 3)) {
    case LUA_TFUNCTION: {
      lua_pushvalue(state, 3);
      const int count = push_captures(state, matcher, start, end, true);
      lua_call(state, count, 1);
      break;
    }
    case LUA_TTABLE:
      push_capture(state, matcher, 0, start, end);
      lua_gettable(state, 3);
      break;
    default:
      append_replacement(state, out, text_argument(state, 3), matcher, start, end);
      return;
  }
  if (!lua_toboolean(state, -1)) {
    out.append(whole);
  } else if (lua_isstring(state, -1)) {
    std::size_t length = 0;
    const char* text = lua_tolstring(state, -1, &length);
    out.append(text, length);
  } else {
    luaL_error(state, "invalid replacement value (a %s)", luaL_typename(state, -1));
  }
  lua_pop(state, 1);
}

int string_gsub(lua_State* state) {
  const std::string_view subject = text_argument(state, 1);
  std::string_view pattern = text_argument(state, 2);
  const int kind = lua_type(state, 3);
  luaL_argexpected(
      state,
      kind == LUA_TNUMBER || kind == LUA_TSTRING || kind == LUA_TTABLE || kind == LUA_TFUNCTION, 3,
      "string/function/table");
  const lua_Integer most = luaL_optinteger(state, 4, static_cast<lua_Integer>(subject.size()) + 1);
  const bool anchored = !pattern.empty() && pattern.front() == '^';
  if (anchored)
    pattern.remove_prefix(1);

  LuaBudget& budget = LuaBudget::of(state);
  const auto outlet = outlet_for(state);
  PatternMatcher matcher(subject, pattern, outlet);
  std::string out;
  std::size_t at = 0;
  std::optional<std::size_t> last;
  lua_Integer count = 0;
  while (count < most) {
    budget.pay(state, 1);
    const auto end = matcher.match_at(at);
    if (end && end != last) {
      ++count;
      const std::size_t before = out.size();
      append_substitute(state, out, matcher, at, *end);
      budget.pay(state, (out.size() - before) / kBytesPerCost);
      at = *end;
      last = end;
    } else if (at < subject.size()) {
      out += subject[at++];
    } else {
      break;
    }
    if (out.size() > budget.limits().largest_allocation) {
      return luaL_error(state, "the resulting string is too large");
    }
    if (anchored)
      break;
  }
  if (at < subject.size())
    out.append(subject.substr(at));
  lua_pushlstring(state, out.data(), out.size());
  lua_pushinteger(state, count);
  return 2;
}

int string_rep(lua_State* state) {
  const std::size_t length = text_argument(state, 1).size();
  const lua_Integer count = luaL_checkinteger(state, 2);
  const std::size_t separator = lua_isnoneornil(state, 3) ? 0 : text_argument(state, 3).size();
  LuaBudget& budget = LuaBudget::of(state);
  // Lua's own loop runs `count` times also when there is nothing to copy.
  if (count <= 0 || length + separator == 0) {
    lua_pushliteral(state, "");
    return 1;
  }
  const std::size_t largest = budget.limits().largest_allocation;
  if (length + separator > largest || static_cast<lua_Unsigned>(count) > largest ||
      static_cast<lua_Unsigned>(count) > largest / (length + separator)) {
    return luaL_error(state, "resulting string too large");
  }
  budget.pay(state, static_cast<std::uint64_t>(count) +
                        (length + separator) * static_cast<std::uint64_t>(count) / kBytesPerCost);
  return call_replaced(state);
}

// No %p: an address differs from run to run.
int string_format(lua_State* state) {
  const std::string_view format = text_argument(state, 1);
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%')
      continue;
    ++i;
    while (i < format.size() && std::strchr("-+ #0.123456789", format[i]) != nullptr &&
           format[i] != '\0') {
      ++i;
    }
    if (i < format.size() && format[i] == 'p') {
      return luaL_error(state, "'%%p' is not offered here: addresses differ from run to run");
    }
  }
  LuaBudget::of(state).pay(state, format.size() / kBytesPerCost + 1);
  return call_replaced(state);
}

// Functions that walk over a whole string once.
int pay_for_length(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING) {
    LuaBudget::of(state).pay(state, lua_rawlen(state, 1) / kBytesPerCost);
  }
  return call_replaced(state);
}

}  // namespace

void bound_string_library(lua_State* state) {
  lua_getglobal(state, "string");
  replace_function(state, "find", string_find);
  replace_function(state, "match", string_match);
  replace_function(state, "gmatch", string_gmatch);
  replace_function(state, "gsub", string_gsub);
  replace_function(state, "rep", string_rep);
  replace_function(state, "format", string_format);
  for (const char* name : {"upper", "lower", "reverse", "byte", "unpack", "sub"}) {
    replace_function(state, name, pay_for_length);
  }
  lua_pushnil(state);
  lua_setfield(state, -2, "dump");
  lua_pop(state, 1);
}

}  // namespace gv
