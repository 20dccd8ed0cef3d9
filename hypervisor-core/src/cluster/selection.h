// SPDX-License-Identifier: MIT
//
// selection.h - which VM leaves an overloaded host first.
//
// MMT the one that moves soonest, MU the least busy, RS any, MC the one whose
// load follows the others most, since those peak together.
//
// Pure but for the random numbers handed in; any thread.
// Source: Beloglazov and Buyya 2012, "VM Selection".

#pragma once

#include "gv/random.h"

#include <cstdint>
#include <optional>
#include <span>

namespace gv {

enum class SelectionRule : std::uint8_t {
  MinimumMigrationTime,  // MMT
  MinimumUtilisation,    // MU
  Random,                // RS
  MaximumCorrelation,    // MC
};

// What a monitor sees of one VM.
struct VmLoad {
  double utilisation = 0;           // now, of its own size
  double memory_mib = 0;            // what a migration has to copy
  std::span<const double> history;  // of its own size, newest first
};

// The index of the VM to move; the first of equals. None if there is no VM.
std::optional<std::size_t> select_vm(SelectionRule rule, std::span<const VmLoad> vms,
                                     Random& random);

}  // namespace gv
