// SPDX-License-Identifier: MIT
//
// snapshot_builder.h - the picture of a machine that views may keep.
//
// Reads the live machine once and copies what the view request asks for.
// Control thread only; the result is anybody's.

#pragma once

#include "gv/snapshot.h"
#include "machine/machine.h"
#include "session/symbol_table.h"

namespace gv {

// Everything but generation, state, cause and furthest, which the caller knows.
Snapshot build_snapshot(Machine& machine, const SymbolTable& symbols, const ViewRequest& view,
                        const MachineConfig& config);

}  // namespace gv
