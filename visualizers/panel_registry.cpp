// SPDX-License-Identifier: MIT
//
// panel_registry.cpp - the list of all panels, and what panels share.

#include "visualizers/console/console_panel.h"
#include "visualizers/devices/devices_panel.h"
#include "visualizers/disassembly/disassembly_panel.h"
#include "visualizers/ledger/ledger_panel.h"
#include "visualizers/microscope/microscope_panel.h"
#include "visualizers/page_tables/page_tables_panel.h"
#include "visualizers/panel.h"
#include "visualizers/race/race_panel.h"
#include "visualizers/registers/registers_panel.h"
#include "visualizers/screen/screen_panel.h"
#include "visualizers/timeline/timeline_panel.h"
#include "visualizers/translation_cache/translation_cache_panel.h"
#include "visualizers/trap_theatre/trap_theatre_panel.h"
#include "visualizers/vmcs/vmcs_panel.h"

#include <algorithm>

namespace gv {

std::vector<std::unique_ptr<Panel>> make_panels() {
  std::vector<std::unique_ptr<Panel>> panels;
  panels.push_back(std::make_unique<TrapTheatrePanel>());
  panels.push_back(std::make_unique<DisassemblyPanel>());
  panels.push_back(std::make_unique<RegistersPanel>());
  panels.push_back(std::make_unique<PageTablesPanel>());
  panels.push_back(std::make_unique<ConsolePanel>());
  panels.push_back(std::make_unique<ScreenPanel>());
  panels.push_back(std::make_unique<TimelinePanel>());
  panels.push_back(std::make_unique<LedgerPanel>());
  panels.push_back(std::make_unique<DevicesPanel>());
  panels.push_back(std::make_unique<MicroscopePanel>());
  panels.push_back(std::make_unique<VmcsPanel>());
  panels.push_back(std::make_unique<TranslationCachePanel>());
  panels.push_back(std::make_unique<RacePanel>());
  return panels;
}

const Breakpoint* BreakpointList::at(Gva address) const {
  for (const Breakpoint& breakpoint : all) {
    const auto* where = std::get_if<AtAddress>(&breakpoint.where);
    if (where && where->address == address)
      return &breakpoint;
  }
  return nullptr;
}

void BreakpointList::toggle(Gva address) {
  if (const Breakpoint* found = at(address)) {
    all.erase(all.begin() + (found - all.data()));
  } else {
    Breakpoint breakpoint;
    breakpoint.id = next_id++;
    breakpoint.where = AtAddress{address};
    all.push_back(std::move(breakpoint));
  }
  changed = true;
}

}  // namespace gv
