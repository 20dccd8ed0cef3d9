// SPDX-License-Identifier: MIT
//
// lua_host.h - Lua 5.4 in a box: text in, values out, nothing else.
//
// Lessons are ours, but answers are a stranger's. A host has only base, string,
// table, math and utf8; no files, no processes, no bytecode, no finalizers, no
// coroutines. Everything a script does draws on one budget: VM instructions,
// bytes allocated, and the steps of our own pattern matcher, which replaces
// Lua's because that one can run for years inside one C call. It is not a wall
// against bugs in Lua itself: the grader adds a process around it.
//
// A chunk and its caller exchange values as JSON: nil, booleans, numbers,
// strings, and tables as arrays or objects. Two hosts share nothing, so what a
// student's script overwrites, a check's script does not see.
//
// Threads: one thread at a time, save cancel().

#pragma once

#include "gv/result.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

struct lua_State;

namespace gv {

using LuaValue = nlohmann::json;  // null is nil

// Per call of run() or call(), save memory, which is the host's for life.
struct LuaLimits {
  std::uint64_t instructions = 50'000'000;
  std::size_t memory_bytes = std::size_t{64} << 20;
  std::size_t largest_allocation = std::size_t{8} << 20;
  std::size_t output_bytes = std::size_t{64} << 10;
  std::chrono::milliseconds cpu_time{10'000};  // safety net: of this thread, not the wall clock's
};

enum class LuaFault : std::uint8_t {
  Syntax,
  Runtime,
  InstructionLimit,
  MemoryLimit,
  TimeLimit,
  OutputLimit,
  Cancelled,
};

// Why a script stopped, as one sentence: "answers.lua:12: attempt to call a nil value (global
// 'f')".
struct LuaError {
  LuaFault fault = LuaFault::Runtime;
  std::string message;  // the whole sentence, with file and line in front where known
  std::string file;
  int line = 0;  // 0 when unknown
};
// Whether a budget and not the script's logic ended it: a Timeout rather than an Error.
bool is_limit(LuaFault fault);

// The values that a chunk or function returned (a JSON array), or the error.
struct LuaOutcome {
  LuaValue values = LuaValue::array();
  std::unique_ptr<LuaError> error;  // null when it went well
  bool ok() const { return error == nullptr; }
  LuaValue first() const { return values.empty() ? LuaValue() : values.front(); }
};

class LuaHost {
 public:
  explicit LuaHost(LuaLimits limits = {}, std::uint64_t seed = 0);
  ~LuaHost();
  LuaHost(const LuaHost&) = delete;
  LuaHost& operator=(const LuaHost&) = delete;

  // Runs Lua text; `name` is the file name for messages. `arguments` (a JSON array) become `...`.
  LuaOutcome run(std::string_view name, std::string_view source,
                 const LuaValue& arguments = LuaValue::array());
  LuaOutcome run_file(const std::string& path);
  // Runs `return <line>`, or `line` when that does not parse: for consoles.
  LuaOutcome evaluate(std::string_view name, std::string_view line);
  // Calls a global function, or a dotted path such as "answers.tasks.handle".
  LuaOutcome call(std::string_view path, const LuaValue& arguments);
  bool has_function(std::string_view path);
  void set_global(std::string_view name, const LuaValue& value);

  // Lets go of what scripts no longer reach, machines among it.
  void collect_garbage();

  // What print() wrote since the last call.
  std::string take_output();
  // Also hands each printed line to this function at once.
  void on_output(std::function<void(std::string_view)> sink);

  // Any thread: the running chunk ends with LuaFault::Cancelled at its next instruction.
  void cancel();

  std::uint64_t instructions_used() const;  // by the latest call
  std::size_t memory_used() const;

  // For bindings. Functions that they register run inside protected calls and may throw Lua errors.
  lua_State* state() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
