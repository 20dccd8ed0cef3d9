// SPDX-License-Identifier: MIT
//
// The methods of a machine in Lua that look at it and write into it; lab_moves.cpp has the others.

#include "lesson/lab_surface.h"
#include "lesson/lua_budget.h"
#include "lesson/lua_value.h"
#include "lesson/machine_values.h"
#include "lesson/scan_codes.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint64_t kEventsAtMost = 10'000;

// A snapshot that holds what `view` asks for.
std::shared_ptr<const Snapshot> look(lua_State* state, const ViewRequest& view) {
  const Notice notice = perform_for(state, Look{view});
  return notice.snapshot ? notice.snapshot : session_of(state).snapshot();
}

ViewRequest nothing() {
  ViewRequest view;
  view.disassembly = false;
  view.devices = false;
  return view;
}

int machine_registers(lua_State* state) {
  return push_json(state, value_of(session_of(state).snapshot()->registers));
}

int machine_physical(lua_State* state) {
  return push_json(state, value_of(session_of(state).snapshot()->physical));
}

int machine_virtual_interrupts(lua_State* state) {
  lua_pushboolean(state, session_of(state).snapshot()->virtual_if);
  return 1;
}

int machine_ledger(lua_State* state) {
  return push_json(state, value_of(session_of(state).snapshot()->ledger));
}

int machine_position(lua_State* state) {
  return push_json(state, value_of(session_of(state).snapshot()->position));
}

EventFilter filter_from(lua_State* state, OptionTable& options) {
  EventFilter filter;
  if (const auto kind = options.text("kind")) {
    filter.kind = event_kind_from_name(*kind);
    if (!filter.kind) {
      raise_in_script(state, "'" + *kind + "' is no kind of event; there are " + all_event_kinds());
    }
  }
  if (const auto reason = options.text("reason"))
    filter.reason = reason_from(state, *reason);
  if (const auto name = options.text("mnemonic"))
    filter.mnemonic = mnemonic_from(state, *name);
  if (const auto name = options.text("storey")) {
    for (Storey storey :
         {Storey::GuestUser, Storey::GuestKernel, Storey::Hypervisor, Storey::Hardware}) {
      if (name_of(storey) == *name)
        filter.storey = storey;
    }
    if (!filter.storey)
      raise_in_script(state, "'" + *name + "' is no storey");
  }
  if (const auto name = options.text("fault")) {
    for (FaultKind kind : {FaultKind::GuestFault, FaultKind::ShadowMiss, FaultKind::DirtyTrack,
                           FaultKind::CodeWrite}) {
      if (name_of(kind) == *name)
        filter.fault = kind;
    }
    if (!filter.fault)
      raise_in_script(state, "'" + *name + "' is no kind of page fault");
  }
  auto number = options.number("port");
  if (const auto vector = options.number("vector"))
    number = vector;
  if (number)
    filter.qualification = static_cast<std::uint32_t>(*number);
  filter.first = options.number("first").value_or(filter.first);
  filter.last = options.number("last").value_or(filter.last);
  filter.from = options.number("from").value_or(filter.from);
  filter.to = options.number("to").value_or(filter.to);
  return filter;
}

// Calls `visit` with each event up to the present instant that the filter admits, until it
// returns false.
template <class Visit>
void for_each_event(lua_State* state, const EventFilter& filter, Visit visit) {
  const Session& session = session_of(state);
  const EventView events = session.events();
  const std::uint64_t end = std::min(events.end(), session.snapshot()->position.events);
  const std::uint64_t stop = filter.last < end ? filter.last + 1 : end;
  for (std::uint64_t i = std::max(events.first(), filter.first); i < stop; ++i) {
    if (filter.admits(events[i]) && !visit(events[i], i))
      return;
  }
}

int machine_events(lua_State* state) {
  OptionTable options(state, 2, "events");
  const EventFilter filter = filter_from(state, options);
  const std::uint64_t limit = options.number("limit").value_or(kEventsAtMost);
  options.done();
  lua_newtable(state);
  lua_Integer count = 0;
  for_each_event(state, filter, [&](const Event& event, std::uint64_t sequence) {
    if (static_cast<std::uint64_t>(count) >= limit)
      return false;
    LuaBudget::of(state).pay(state, 50);
    push_value(state, value_of(event, sequence));
    lua_rawseti(state, -2, ++count);
    return true;
  });
  return 1;
}

int machine_count(lua_State* state) {
  OptionTable options(state, 2, "count");
  const EventFilter filter = filter_from(state, options);
  options.done();
  lua_Integer count = 0;
  for_each_event(state, filter, [&](const Event&, std::uint64_t) {
    ++count;
    return true;
  });
  lua_pushinteger(state, count);
  return 1;
}

int machine_narrate(lua_State* state) {
  OptionTable options(state, 2, "narrate");
  const EventFilter filter = filter_from(state, options);
  const std::uint64_t limit = options.number("limit").value_or(100);
  options.done();
  lua_newtable(state);
  lua_Integer count = 0;
  for_each_event(state, filter, [&](const Event& event, std::uint64_t) {
    if (static_cast<std::uint64_t>(count) >= limit)
      return false;
    LuaBudget::of(state).pay(state, 50);
    const std::string sentence = narrate(event);
    lua_pushlstring(state, sentence.data(), sentence.size());
    lua_rawseti(state, -2, ++count);
    return true;
  });
  return 1;
}

int machine_console(lua_State* state) {
  const std::string text = session_of(state).console();
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int machine_screen(lua_State* state) {
  const std::string text = screen_text(session_of(state).snapshot()->screen);
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int machine_walk(lua_State* state) {
  ViewRequest view = nothing();
  const std::uint64_t address = address_from(state, value_at(state, 2));
  view.walk = Gva(address);
  const auto snapshot = look(state, view);
  LuaValue value = LuaValue::object();
  if (snapshot->guest_walk)
    value["guest"] = value_of(*snapshot->guest_walk);
  if (snapshot->shadow_walk)
    value["shadow"] = value_of(*snapshot->shadow_walk);
  if (snapshot->machine_address)
    value["machine_address"] = snapshot->machine_address->value;
  return push_json(state, value);
}

// What a binary translator holds; nil under another technique.
int machine_translation_cache(lua_State* state) {
  ViewRequest view = nothing();
  view.translation_cache = true;
  const auto snapshot = look(state, view);
  if (!snapshot->translation_cache) {
    lua_pushnil(state);
    return 1;
  }
  return push_json(state, value_of(*snapshot->translation_cache));
}

int machine_memory(lua_State* state) {
  const std::uint64_t address = address_from(state, value_at(state, 2));
  const lua_Integer count = luaL_checkinteger(state, 3);
  luaL_argcheck(state, count > 0 && count <= 65536, 3, "1 to 65536 bytes");
  ViewRequest view = nothing();
  view.memory = {Gva(address), static_cast<std::uint32_t>(count)};
  const auto snapshot = look(state, view);
  lua_pushlstring(state, reinterpret_cast<const char*>(snapshot->memory.data()),
                  snapshot->memory.size());
  return 1;
}

int machine_word(lua_State* state) {
  const std::uint64_t address = address_from(state, value_at(state, 2));
  ViewRequest view = nothing();
  view.memory = {Gva(address), 4};
  const auto snapshot = look(state, view);
  if (snapshot->memory.size() < 4) {
    lua_pushnil(state);
    return 1;
  }
  std::uint32_t word = 0;
  for (std::size_t i = 4; i-- > 0;)
    word = word << 8 | snapshot->memory[i];
  lua_pushinteger(state, word);
  return 1;
}

int machine_symbols(lua_State* state) {
  const std::string_view part = luaL_optstring(state, 2, "");
  LuaValue found = LuaValue::array();
  for (const Symbol& symbol : session_of(state).symbols()) {
    if (symbol.name.find(part) == std::string::npos)
      continue;
    found.push_back(
        {{"name", symbol.name}, {"address", symbol.address.value}, {"size", symbol.size}});
  }
  return push_json(state, found);
}

int machine_symbolize(lua_State* state) {
  const std::string name =
      session_of(state).symbolize(Gva(static_cast<std::uint64_t>(luaL_checkinteger(state, 2))));
  lua_pushlstring(state, name.data(), name.size());
  return 1;
}

// From the next instruction on.
int machine_disassemble(lua_State* state) {
  const lua_Integer count = luaL_optinteger(state, 2, 10);
  luaL_argcheck(state, count > 0 && count <= 200, 2, "1 to 200 lines");
  ViewRequest view = nothing();
  view.disassembly = true;
  view.disassembly_lines = static_cast<int>(count) * 2 + 40;
  const auto snapshot = look(state, view);
  LuaValue lines = LuaValue::array();
  for (const DisassembledLine& line : snapshot->disassembly) {
    if (line.address < snapshot->next_instruction)
      continue;
    if (lines.size() >= static_cast<std::size_t>(count))
      break;
    constexpr const char* kKinds[] = {"innocuous", "privileged", "sensitive-unprivileged"};
    lines.push_back({{"address", line.address.value},
                     {"length", line.length},
                     {"text", line.text},
                     {"symbol", line.symbol},
                     {"sensitivity", kKinds[static_cast<int>(line.kind)]}});
  }
  return push_json(state, lines);
}

int machine_type(lua_State* state) {
  std::size_t length = 0;
  const char* text = luaL_checklstring(state, 2, &length);
  perform_for(state, Type{std::string(text, length)});
  return 0;
}

int machine_press(lua_State* state) {
  const auto codes = scan_codes_of(luaL_checkstring(state, 2));
  if (codes.empty())
    raise_in_script(state, "press takes letters, digits, space and '\\n'");
  perform_for(state, PressKeys{codes});
  return 0;
}

int machine_state_hash(lua_State* state) {
  ViewRequest view = nothing();
  view.state_hash = true;
  const auto snapshot = look(state, view);
  const std::string text = hexadecimal(snapshot->state_hash.value_or(0));
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int machine_event_log_hash(lua_State* state) {
  const std::string text = hexadecimal(session_of(state).event_log_hash());
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int machine_technique(lua_State* state) {
  const std::string_view name = name_of(session_of(state).config().technique);
  lua_pushlstring(state, name.data(), name.size());
  return 1;
}

int machine_engine(lua_State* state) {
  const std::string_view name = name_of(session_of(state).config().engine);
  lua_pushlstring(state, name.data(), name.size());
  return 1;
}

int machine_ended(lua_State* state) {
  lua_pushboolean(state, session_of(state).snapshot()->state == RunState::Ended);
  return 1;
}

int machine_write_memory(lua_State* state) {
  const std::uint64_t address = address_from(state, value_at(state, 2));
  std::size_t length = 0;
  const char* bytes = luaL_checklstring(state, 3, &length);
  perform_for(state, WriteMemory{Gva(address), {bytes, bytes + length}});
  return 0;
}

int machine_write_register(lua_State* state) {
  static constexpr const char* kNames[] = {"eax", "ecx", "edx", "ebx",  "esp",
                                           "ebp", "esi", "edi", nullptr};
  const int index = luaL_checkoption(state, 2, nullptr, kNames);
  const auto value = static_cast<std::uint64_t>(luaL_checkinteger(state, 3));
  perform_for(state, WriteRegister{static_cast<Gpr>(index), value});
  return 0;
}

constexpr luaL_Reg kMethods[] = {
    {"console", machine_console},
    {"count", machine_count},
    {"disassemble", machine_disassemble},
    {"ended", machine_ended},
    {"engine", machine_engine},
    {"event_log_hash", machine_event_log_hash},
    {"events", machine_events},
    {"ledger", machine_ledger},
    {"memory", machine_memory},
    {"narrate", machine_narrate},
    {"physical", machine_physical},
    {"position", machine_position},
    {"press", machine_press},
    {"registers", machine_registers},
    {"screen", machine_screen},
    {"state_hash", machine_state_hash},
    {"symbolize", machine_symbolize},
    {"symbols", machine_symbols},
    {"technique", machine_technique},
    {"translation_cache", machine_translation_cache},
    {"type", machine_type},
    {"virtual_interrupts", machine_virtual_interrupts},
    {"walk", machine_walk},
    {"word", machine_word},
    {"write_memory", machine_write_memory},
    {"write_register", machine_write_register},
};

}  // namespace

int push_json(lua_State* state, const LuaValue& value) {
  push_value(state, value);
  return 1;
}

Session& session_of(lua_State* state) { return *machine_argument(state, 1).session; }

Notice perform_for(lua_State* state, Command command) {
  LuaBudget::of(state).pay(state, 100);
  Notice notice = session_of(state).perform(std::move(command));
  if (notice.refused)
    raise_in_script(state, "the machine refused: " + notice.text);
  return notice;
}

// An address: a number, or the name of one of the image's symbols.
std::uint64_t address_from(lua_State* state, const LuaValue& value) {
  if (value.is_number_integer())
    return value.get<std::uint64_t>();
  if (!value.is_string())
    raise_in_script(state, "an address is a number or a symbol's name");
  const auto& name = value.get_ref<const std::string&>();
  for (const Symbol& symbol : session_of(state).symbols()) {
    if (symbol.name == name)
      return symbol.address.value;
  }
  raise_in_script(state, "'" + name + "' is no symbol of this image");
}

ExitReason reason_from(lua_State* state, const std::string& name) {
  const auto reason = exit_reason_from_name(name);
  if (!reason) {
    raise_in_script(state, "'" + name + "' is no exit reason; there are " + all_exit_reasons());
  }
  return *reason;
}

Mnemonic mnemonic_from(lua_State* state, const std::string& name) {
  const auto mnemonic = mnemonic_from_name(name);
  if (!mnemonic)
    raise_in_script(state, "'" + name + "' is no instruction that exits know by name");
  return *mnemonic;
}

std::span<const luaL_Reg> machine_looks() { return kMethods; }

}  // namespace gv
