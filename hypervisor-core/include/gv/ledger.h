// SPDX-License-Identifier: MIT
//
// ledger.h - what a run did and what that cost, by cause.
//
// The ledger is always kept, also when events are not recorded. Costs are
// virtual cycles from the cost model; nothing here is a host clock.
//
// A plain value. Invariant: total cycles = retired or measured + interpreted +
// idle + the sum of the cycles of all exits. Where an engine cannot count instructions, all
// cycles are nanoseconds of the host's clock: `measured` in the guest, the rest in us.

#pragma once

#include "gv/event.h"
#include "gv/exit.h"
#include "gv/instruction.h"

#include <array>
#include <cstdint>

namespace gv {

struct LedgerRow {
  std::uint64_t count = 0;
  std::uint64_t cycles = 0;
  bool operator==(const LedgerRow&) const = default;
};

struct Ledger {
  std::uint64_t retired = 0;   // instructions completed, emulated ones included
  std::uint64_t direct = 0;    // of those, executed by the CPU itself
  std::uint64_t measured = 0;  // cycles in the guest, on an engine that does not count
  // Executed in software, one by one: all of them or none. Cycles besides the retired ones.
  LedgerRow interpreted{};
  std::uint64_t idle_cycles = 0;                     // virtual time that passed in HLT
  std::array<LedgerRow, kExitReasonCount> exits{};   // by ExitReason
  std::array<LedgerRow, kMnemonicCount> emulated{};  // by Mnemonic, of PrivilegedInstruction exits
  std::uint64_t shadow_misses = 0;                   // hidden page faults
  std::uint64_t dirty_tracks = 0;                    // hidden faults that only set a D bit
  std::uint64_t guest_faults = 0;                    // page faults handed to the guest
  std::uint64_t shadow_fills = 0;
  std::uint64_t shadow_flushes = 0;
  std::uint64_t reflections = 0;  // exceptions and INT n delivered to the guest kernel
  std::uint64_t interrupts = 0;   // hardware interrupts delivered
  std::uint64_t port_accesses = 0;
  std::uint64_t unclaimed_ports = 0;

  const LedgerRow& operator[](ExitReason r) const { return exits[static_cast<std::size_t>(r)]; }
  LedgerRow& operator[](ExitReason r) { return exits[static_cast<std::size_t>(r)]; }
  std::uint64_t total_exits() const;
  std::uint64_t exit_cycles() const;
  std::uint64_t total_cycles() const {
    return retired + measured + interpreted.cycles + idle_cycles + exit_cycles();
  }
  bool operator==(const Ledger&) const = default;
};

}  // namespace gv
