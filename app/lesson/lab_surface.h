// SPDX-License-Identifier: MIT
//
// lab_surface.h - what the files that make up `lab` share.
//
// Inside the lesson layer only.

#pragma once

#include "lesson/lab_bindings.h"
#include "lesson/lua_api.h"

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace gv {

// A machine as a script holds it.
struct LabMachine {
  LabEnvironment* environment = nullptr;
  std::shared_ptr<Session> session;
  std::vector<Breakpoint> standing;
  std::uint32_t next_breakpoint = 1;
};

std::span<const luaL_Reg> machine_moves();  // run, step, seek, breakpoints
std::span<const luaL_Reg> machine_looks();
std::span<const luaL_Reg> expect_functions();

LabEnvironment& environment_of(lua_State* state);
void push_machine(lua_State* state, LabEnvironment& environment, std::shared_ptr<Session> session);
LabMachine& machine_argument(lua_State* state, int index);
// Raises a Lua error that names the caller's line.
[[noreturn]] void raise_in_script(lua_State* state, const std::string& sentence);

// For the methods: the machine is their first argument.
Session& session_of(lua_State* state);
// Performs a command; a refusal is a Lua error.
Notice perform_for(lua_State* state, Command command);
int push_json(lua_State* state, const LuaValue& value);  // returns 1, the number of results
// A number, or the name of one of the image's symbols.
std::uint64_t address_from(lua_State* state, const LuaValue& value);
ExitReason reason_from(lua_State* state, const std::string& name);
Mnemonic mnemonic_from(lua_State* state, const std::string& name);

// The fields of an options table, each with its type; a field that nobody asked for is a mistake
// in the script, and done() says so.
class OptionTable {
 public:
  OptionTable(lua_State* state, int index, std::string function);
  OptionTable(lua_State* state, LuaValue value, std::string function);  // of a table in a table
  const std::string& function() const { return function_; }
  std::optional<std::string> text(const char* name);
  std::optional<std::uint64_t> number(const char* name);
  std::optional<bool> flag(const char* name);
  bool has(const char* name) const { return value_.contains(name); }
  const LuaValue& field(const char* name);
  void done();

 private:
  lua_State* state_;
  std::string function_;
  LuaValue value_;
  std::vector<std::string> known_;
};

// The guest that options describe: image, memory, cmdline, seed, disk.
Result<MachineConfig> guest_from(lua_State* state, OptionTable& options,
                                 const LabEnvironment& environment);
// The hypervisor that they describe: technique, engine (or the one `instead` of it), controls,
// costs. Error: also when this pair cannot be had here.
Result<void> put_technique(OptionTable& options, std::optional<EngineKind> instead,
                           EngineKind& engine, TechniqueKind& technique,
                           ExecutionControls& controls, CostModel& costs);

int lab_race(lua_State* state);  // lab_race.cpp

}  // namespace gv
