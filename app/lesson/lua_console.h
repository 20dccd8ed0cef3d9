// SPDX-License-Identifier: MIT
//
// lua_console.h - a line of Lua at a time, on the live machine.
//
// The global `machine` is the session that is shown; `lab` is as in a lesson.
// Lines run on the console's own thread, in order, so a line that runs a guest
// for a minute does not stop the window; cancel() ends it.
//
// Threads: every method may be called from any thread.

#pragma once

#include "gv/session.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gv {

enum class ConsoleLineKind : std::uint8_t { Input, Output, Result, Error };
struct ConsoleLine {
  ConsoleLineKind kind = ConsoleLineKind::Output;
  std::string text;
};

class LuaConsole {
 public:
  LuaConsole();
  ~LuaConsole();
  LuaConsole(const LuaConsole&) = delete;
  LuaConsole& operator=(const LuaConsole&) = delete;

  void set_machine(std::shared_ptr<Session> session);
  void submit(std::string line);
  void cancel();
  bool busy() const;
  // Lines since the last call, in order.
  std::vector<ConsoleLine> take_lines();
  // Names that could follow `prefix` ("mach", "machine:re"), sorted.
  std::vector<std::string> completions(const std::string& prefix) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
