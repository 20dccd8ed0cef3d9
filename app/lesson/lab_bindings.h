// SPDX-License-Identifier: MIT
//
// lab_bindings.h - the Lua surface of a machine: the global `lab`.
//
// One table names every function; lua-scripts/library/lab.lua annotates the same
// names for the Lua language server, and a test keeps the two equal. Bindings
// speak to a Session only, as any front end does: Lua has no back door.
//
// Threads: as LuaHost.

#pragma once

#include "gv/machine_config.h"
#include "gv/race.h"
#include "gv/session.h"
#include "lesson/lua_host.h"
#include "lesson/verdict.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gv {

// What a script's machines may be, and who hears of what it does. One per script; outlives the
// host.
struct LabEnvironment {
  std::uint64_t seed = 1;
  std::optional<EngineKind> engine;              // instead of the script's
  std::string folder;                            // where relative image names are looked for
  std::uint64_t run_milliseconds = 60'000;       // host time of one m:run, a safety net
  std::uint64_t run_instructions = 200'000'000;  // when m:run names no limit
  std::size_t machines_at_most = 64;
  std::function<void(std::shared_ptr<Session>)> machine_created;  // may be empty
  std::function<void(std::shared_ptr<Race>)> race_created;  // may be empty
  std::uint32_t race_rounds_per_second = 0;                 // of lab.race; 0 for as fast as it goes
  // lab.say(text) and lab.pause(text): one sentence of narration. pause returns false to stop.
  std::function<void(const std::string&)> say;
  std::function<bool(const std::string&)> pause;
  // Calls a function of the learner's script by name: lab.submission("name", ...). May be empty.
  std::function<LuaOutcome(const std::string&, const LuaValue&)> submission;
  // Text by key, for lab.text(key).
  std::function<std::string(const std::string&)> text;

  std::string current_check;       // lab.check(id) sets it; findings carry it
  std::vector<Finding> findings;   // what lab.expect.* recorded
  std::uint64_t expectations = 0;  // how many lab.expect.* were evaluated
  std::vector<std::shared_ptr<Session>> machines;
};

// Puts `lab` into the host. `environment` must live as long as the host.
void install_lab(LuaHost& host, LabEnvironment& environment);
// Puts an existing session into the host as a global machine, for consoles on a live machine.
void set_machine(LuaHost& host, LabEnvironment& environment, const std::string& name,
                 std::shared_ptr<Session> session);
// Every name of the surface: "lab.machine", "lab.expect.equal", "Machine:run", … sorted.
std::vector<std::string> lab_surface();

}  // namespace gv
