// SPDX-License-Identifier: MIT
//
// machine_values.h - what a machine shows, as the tables that scripts see.
//
// The same JSON serves Lua tables, `glassvisor boot --json` and lesson results,
// so a number has one name everywhere. Names are those of gv/*.h.

#pragma once

#include "gv/event_log.h"
#include "gv/snapshot.h"
#include "lesson/lua_host.h"

#include <optional>
#include <string>

namespace gv {

LuaValue value_of(const RegisterFile& registers);
LuaValue value_of(const PhysicalRegisters& registers);
LuaValue value_of(const Ledger& ledger);
LuaValue value_of(const Position& position);
LuaValue value_of(const PageWalk& walk);
LuaValue value_of(const TranslationCacheView& cache);
LuaValue value_of(const Event& event, std::uint64_t sequence);
std::string screen_text(const VgaTextScreen& screen);  // 25 lines, trailing blanks cut
std::string hexadecimal(std::uint64_t value);          // 16 digits

// Names back to values; empty when there is none of that name.
std::optional<ExitReason> exit_reason_from_name(std::string_view name);
std::optional<Mnemonic> mnemonic_from_name(std::string_view name);
std::optional<int> event_kind_from_name(std::string_view name);
std::string all_exit_reasons();  // "privileged-instruction, …", for messages
std::string all_event_kinds();

// Which events a script asks for. An empty field asks for all.
struct EventFilter {
  std::optional<int> kind;
  std::optional<ExitReason> reason;            // of exit and resume events
  std::optional<Mnemonic> mnemonic;            // of exit and emulate events
  std::optional<Storey> storey;                // where an exit came from
  std::optional<std::uint32_t> qualification;  // of exit events: port, vector, CR
  std::optional<FaultKind> fault;              // of page-fault events
  std::uint64_t first = 0;                     // sequence numbers
  std::uint64_t last = ~std::uint64_t{0};
  std::uint64_t from = 0;  // retired instructions, both included
  std::uint64_t to = ~std::uint64_t{0};

  bool admits(const Event& event) const;
};

}  // namespace gv
