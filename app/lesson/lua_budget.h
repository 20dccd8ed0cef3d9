// SPDX-License-Identifier: MIT
//
// lua_budget.h - what a running script has used up.
//
// Every C function that can work long pays here before or while it works, the
// allocator pays for bytes, and the instruction hook pays for VM instructions.
// Once the budget is spent every further instruction raises, so a script cannot
// outlive it by catching the error.

#pragma once

#include "lesson/lua_api.h"
#include "lesson/lua_host.h"
#include "gv/random.h"

#include <atomic>
#include <cstdint>
#include <ctime>
#include <functional>
#include <optional>
#include <string>

namespace gv {

class LuaBudget {
 public:
  LuaBudget(LuaLimits limits, std::uint64_t seed) : random(seed), limits_(limits) {}

  static LuaBudget& of(lua_State* state);

  void begin();                                    // a new call with a full budget
  void pay(lua_State* state, std::uint64_t cost);  // raises when nothing is left
  void on_instructions(lua_State* state);          // from the count hook
  void write(lua_State* state, std::string_view text);
  static void* allocate(void* budget, void* block, std::size_t before, std::size_t after);

  const LuaLimits& limits() const { return limits_; }
  std::optional<LuaFault> spent() const { return spent_; }
  std::uint64_t used() const { return used_; }
  std::size_t memory() const { return memory_; }

  Random random;
  std::atomic<bool> cancelled = false;
  std::string output;
  std::function<void(std::string_view)> sink;

 private:
  [[noreturn]] void stop(lua_State* state, LuaFault fault);
  std::int64_t thread_milliseconds() const;

  LuaLimits limits_;
  std::uint64_t used_ = 0;
  std::size_t memory_ = 0;
  std::size_t written_ = 0;
  std::int64_t started_ = 0;
  std::optional<LuaFault> spent_;
};

// How many instructions pass between two looks at the budget.
inline constexpr int kInstructionsPerLook = 1000;
void set_look_interval(lua_State* state, int instructions);

}  // namespace gv
