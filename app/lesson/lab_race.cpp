// SPDX-License-Identifier: MIT
//
// lab.race: one guest under several techniques at equal progress.
//
// The script waits until the race is over. A window shows it meanwhile, and there
// it goes no faster than a person can follow.

#include "gv/race.h"

#include "lesson/lab_surface.h"
#include "lesson/lua_value.h"
#include "lesson/machine_values.h"

namespace gv {
namespace {

constexpr std::uint64_t kInstructionStep = 10'000;

RaceLane lane_from(lua_State* state, const LuaValue& table) {
  OptionTable options(state, table, "lab.race: a lane");
  RaceLane lane;
  // The lanes are what the race is about: no other engine takes one's place.
  auto put =
      put_technique(options, std::nullopt, lane.engine, lane.technique, lane.controls, lane.cost);
  if (!put)
    raise_in_script(state, "lab.race: " + put.error().message);
  lane.name = options.text("name").value_or(std::string(name_of(lane.technique)));
  options.done();
  return lane;
}

RaceConfig config_from(lua_State* state, const LabEnvironment& environment) {
  OptionTable options(state, 1, "lab.race");
  auto guest = guest_from(state, options, environment);
  if (!guest)
    raise_in_script(state, guest.error().message);
  RaceConfig config;
  config.guest = std::move(*guest);
  const std::string ruler = options.text("ruler").value_or("instructions");
  if (ruler != name_of(RaceRuler::Instructions) && ruler != name_of(RaceRuler::ConsoleLines))
    raise_in_script(state, "lab.race: ruler is \"instructions\" or \"console-lines\"");
  const bool lines = ruler == name_of(RaceRuler::ConsoleLines);
  config.ruler = lines ? RaceRuler::ConsoleLines : RaceRuler::Instructions;
  config.step = options.number("step").value_or(lines ? 1 : kInstructionStep);
  config.limit = options.number("limit");
  const LuaValue& lanes = options.field("lanes");
  if (!lanes.is_array() || lanes.empty())
    raise_in_script(state,
                    "lab.race needs lanes, such as lanes = { { technique = \"bare-metal\" } }");
  options.done();
  for (const LuaValue& lane : lanes)
    config.lanes.push_back(lane_from(state, lane));
  config.rounds_per_second = environment.race_rounds_per_second;
  config.lane_milliseconds = environment.run_milliseconds;
  return config;
}

LuaValue value_of(const RaceLaneView& lane) {
  const Snapshot& snapshot = *lane.snapshot;
  return {{"name", lane.lane.name},
          {"engine", std::string(name_of(lane.lane.engine))},
          {"technique", std::string(name_of(lane.lane.technique))},
          {"retired", snapshot.position.retired},
          {"lines", lane.lines},
          {"ended", snapshot.state == RunState::Ended},
          {"text", lane.end},
          {"ledger", gv::value_of(snapshot.ledger)}};
}

}  // namespace

int lab_race(lua_State* state) {
  LabEnvironment& environment = environment_of(state);
  RaceConfig config = config_from(state, environment);
  // A guest without an end must not keep a script for ever.
  if (!config.limit && config.ruler == RaceRuler::Instructions)
    config.limit = environment.run_instructions;
  auto made = Race::create(std::move(config));
  if (!made)
    raise_in_script(state, "lab.race: " + made.error().message);
  const std::shared_ptr<Race> race = std::move(*made);
  if (environment.race_created)
    environment.race_created(race);
  race->start();
  if (!race->wait())
    raise_in_script(state, "the lesson was left");
  LuaValue result = LuaValue::array();
  for (const RaceLaneView& lane : race->view()->lanes)
    result.push_back(value_of(lane));
  return push_json(state, result);
}

}  // namespace gv
