// SPDX-License-Identifier: MIT
//
// The methods of a machine in Lua that move it through its run.

#include "lesson/lab_surface.h"
#include "lesson/lua_condition.h"
#include "lesson/machine_values.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv {
namespace {

// Breakpoints of one m:run; a learner's standing ones have small numbers.
constexpr std::uint32_t kRunBreakpoint = 1'000'000;

// address=, exit=, mnemonic=, port=, event=, when=: where to stop. Nothing when none is given.
std::optional<Breakpoint> place_from(lua_State* state, OptionTable& options, const char* address,
                                     const char* exit, const char* event) {
  Breakpoint breakpoint;
  bool given = true;
  const auto mnemonic = options.text("mnemonic");
  auto qualification = options.number("port");
  if (const auto vector = options.number("vector"))
    qualification = vector;
  if (options.has(address)) {
    breakpoint.where = AtAddress{Gva(address_from(state, options.field(address)))};
  } else if (const auto reason = options.text(exit)) {
    if (*reason == "any") {
      breakpoint.where = OnAnyExit{};
    } else {
      OnExit on{reason_from(state, *reason), std::nullopt, std::nullopt};
      if (mnemonic)
        on.mnemonic = mnemonic_from(state, *mnemonic);
      if (qualification)
        on.qualification = static_cast<std::uint32_t>(*qualification);
      breakpoint.where = on;
    }
  } else if (const auto name = options.text(event)) {
    const auto kind = event_kind_from_name(*name);
    if (!kind) {
      raise_in_script(state, "'" + *name + "' is no kind of event; there are " + all_event_kinds());
    }
    breakpoint.where = OnEventKind{*kind};
  } else {
    given = false;
  }
  options.has(exit) ? void(options.text(exit)) : void();
  options.has(event) ? void(options.text(event)) : void();
  if (const auto text = options.text("when")) {
    auto compiled = compile_condition(*text);
    if (!compiled)
      raise_in_script(state, compiled.error().message);
    breakpoint.condition = compiled->condition;
    breakpoint.condition_text = *text;
    if (!given)
      breakpoint.where = OnAnyExit{};
    given = true;
  }
  if (!given)
    return std::nullopt;
  return breakpoint;
}

LuaValue stop_value(const Session& session, const Notice& notice) {
  const Snapshot& snapshot = *notice.snapshot;
  LuaValue value = {{"cause", std::string(name_of(notice.cause))},
                    {"text", notice.text.empty() ? snapshot.cause_text : notice.text},
                    {"retired", snapshot.position.retired},
                    {"cycles", snapshot.position.cycles},
                    {"events", snapshot.position.events},
                    {"ended", snapshot.state == RunState::Ended},
                    {"exit_code", snapshot.exit_code}};
  const EventView events = session.events();
  for (std::uint64_t i = std::min(events.end(), snapshot.position.events); i > events.first();) {
    --i;
    if (std::holds_alternative<ExitTaken>(events[i].body)) {
      value["exit"] = value_of(events[i], i);
      break;
    }
  }
  return value;
}

int machine_run(lua_State* state) {
  LabMachine& machine = machine_argument(state, 1);
  OptionTable options(state, 2, "run");
  Run run;
  run.instructions = options.number("instructions");
  run.until_console = options.text("until_console");
  if (auto place = place_from(state, options, "until_address", "until_exit", "until_event")) {
    place->id = kRunBreakpoint;
    run.until.push_back(std::move(*place));
  }
  options.done();
  const bool limited = run.instructions.has_value();
  const std::uint64_t limit = run.instructions.value_or(machine.environment->run_instructions);
  const std::uint64_t start = machine.session->snapshot()->position.retired;
  Notice notice;
  while (true) {
    const std::uint64_t done = machine.session->snapshot()->position.retired - start;
    run.instructions = limit - std::min(limit, done);
    run.host_milliseconds = machine.environment->run_milliseconds;
    notice = perform_for(state, run);
    // A breakpoint that a learner set in the window does not end a script's run.
    const bool foreign =
        notice.cause == StopCause::BreakpointHit && notice.breakpoint < kRunBreakpoint &&
        std::none_of(machine.standing.begin(), machine.standing.end(),
                     [&](const Breakpoint& b) { return b.id == notice.breakpoint; });
    if (!foreign)
      break;
  }
  if (notice.cause == StopCause::TimeLimit) {
    raise_in_script(state, fmt::format("the run took more than {} ms of real time; give it a limit",
                                       machine.environment->run_milliseconds));
  }
  if (notice.cause == StopCause::InstructionLimit && !limited) {
    raise_in_script(state, fmt::format("the run did not stop within {} instructions", limit));
  }
  if (notice.cause == StopCause::EngineFailed) {
    raise_in_script(state, "the engine failed: " + notice.text);
  }
  return push_json(state, stop_value(*machine.session, notice));
}

int machine_run_back(lua_State* state) {
  OptionTable options(state, 2, "run_back");
  RunBack back;
  auto place = place_from(state, options, "until_address", "until_exit", "until_event");
  options.done();
  if (!place)
    raise_in_script(state, "run_back needs until_exit, until_address or until_event");
  place->id = kRunBreakpoint;
  back.until.push_back(std::move(*place));
  const Notice notice = perform_for(state, back);
  return push_json(state, stop_value(session_of(state), notice));
}

int machine_step(lua_State* state) {
  const lua_Integer count = luaL_optinteger(state, 2, 1);
  luaL_argcheck(state, count > 0, 2, "step by at least one instruction");
  const Notice notice = perform_for(state, Step{static_cast<std::uint64_t>(count)});
  return push_json(state, stop_value(session_of(state), notice));
}

int machine_step_back(lua_State* state) {
  const lua_Integer count = luaL_optinteger(state, 2, 1);
  luaL_argcheck(state, count > 0, 2, "step by at least one instruction");
  const Notice notice = perform_for(state, StepBack{static_cast<std::uint64_t>(count)});
  return push_json(state, stop_value(session_of(state), notice));
}

int machine_seek(lua_State* state) {
  const lua_Integer retired = luaL_checkinteger(state, 2);
  luaL_argcheck(state, retired >= 0, 2, "an instant is not negative");
  const Notice notice = perform_for(state, Seek{static_cast<std::uint64_t>(retired)});
  return push_json(state, stop_value(session_of(state), notice));
}

int machine_breakpoint(lua_State* state) {
  LabMachine& machine = machine_argument(state, 1);
  OptionTable options(state, 2, "breakpoint");
  auto place = place_from(state, options, "address", "exit", "event");
  options.done();
  if (!place)
    raise_in_script(state, "a breakpoint needs address, exit, event or when");
  place->id = machine.next_breakpoint++;
  machine.standing.push_back(*place);
  perform_for(state, SetBreakpoints{machine.standing});
  lua_pushinteger(state, place->id);
  return 1;
}

int machine_clear_breakpoints(lua_State* state) {
  LabMachine& machine = machine_argument(state, 1);
  machine.standing.clear();
  perform_for(state, SetBreakpoints{});
  return 0;
}

constexpr luaL_Reg kMethods[] = {
    {"breakpoint", machine_breakpoint},
    {"clear_breakpoints", machine_clear_breakpoints},
    {"run", machine_run},
    {"run_back", machine_run_back},
    {"seek", machine_seek},
    {"step", machine_step},
    {"step_back", machine_step_back},
};

}  // namespace

std::span<const luaL_Reg> machine_moves() { return kMethods; }

}  // namespace gv
