// SPDX-License-Identifier: MIT
//
// page_walk.h - the record of one walk through page tables.
//
// Walkers return this record instead of an address alone, so that nobody who
// shows or grades a walk has to repeat it. SDM vol. 3A, "Paging".

#pragma once

#include "gv/address.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace gv {

enum class WalkOutcome : std::uint8_t {
  Mapped,
  NotPresent,        // an entry's P bit is clear
  ProtectionFailed,  // present, but U/S, R/W or NX forbids this access
  ReservedBit,
  OutsideMemory,  // an entry points beyond the guest's memory
  PagingOff,      // CR0.PG is clear: linear = physical
};
std::string_view name_of(WalkOutcome outcome);

struct WalkStep {
  std::string_view level;           // "PML4", "PDPT", "PD", "PT"
  std::uint64_t entry_address = 0;  // physical, in the space of the tables
  std::uint64_t entry = 0;
  std::uint32_t index = 0;
};

struct PageWalk {
  Gva address;
  WalkOutcome outcome = WalkOutcome::NotPresent;
  std::array<WalkStep, 4> step{};
  std::uint8_t steps = 0;
  std::uint64_t physical = 0;  // of the byte: Gpa for the guest's tables, Mpa for a shadow
  std::uint64_t page_size = kPageSize;
  bool writable = false, user = false, accessed = false, dirty = false;
  bool executable = true;  // no entry on the way has NX
};

}  // namespace gv
