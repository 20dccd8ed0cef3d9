// SPDX-License-Identifier: MIT
//
// panel_ids.h - the stable names of panels and controls that lessons use.
//
// A lesson written today must open the right panel in five years, so these
// names are part of the lesson format: add, never rename. A highlight is a panel
// id, or "panel/part" such as "registers/eflags".

#pragma once

#include <array>
#include <string_view>

namespace gv {

inline constexpr std::array<std::string_view, 15> kPanelIds = {
    "trap-theatre", "disassembly", "registers", "page-tables",       "console",
    "screen",       "timeline",    "ledger",    "devices",           "lua-console",
    "breakpoints",  "microscope",  "vmcs",      "translation-cache", "race"};

// What a learner may do by hand with the machine while a beat is open.
inline constexpr std::array<std::string_view, 10> kControlIds = {
    "step",                 // one instruction forwards
    "step-back",            // one instruction backwards
    "run",                  // run and pause
    "run-to-exit",          // to the next exit
    "run-back-to-exit",     // to the previous exit
    "scrub",                // the time bar
    "race",                 // start and change a race
    "input",                // typing into the guest's console
    "lua",                  // the Lua console
    "execution-controls"};  // what makes a guest exit under hardware assistance

bool is_panel_id(std::string_view id);  // a panel, or "panel/part"
bool is_control_id(std::string_view id);

}  // namespace gv
