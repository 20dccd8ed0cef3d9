// SPDX-License-Identifier: MIT
//
// ledger.h - what a run did and what that cost, by cause.
//
// The ledger is always kept, also when events are not recorded. Costs are
// virtual cycles from the cost model; nothing here is a host clock.
//
// A plain value. Invariant: total cycles = retired or measured + interpreted +
// idle + what translation added + the switches between vCPUs + the sum of the
// cycles of all exits. Where an engine cannot count instructions, all cycles are
// nanoseconds of the host's clock: `measured` in the guest, the rest in us.

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

// What a translation cache did. Zero under every other technique.
struct TranslationCounts {
  // Instructions that the CPU executed because of translation: the guest has none of them.
  std::uint64_t added_instructions = 0;
  std::uint64_t units = 0;                               // made, made again included
  std::uint64_t ident = 0, rewritten = 0, callouts = 0;  // guest instructions translated
  std::uint64_t chains = 0;
  std::uint64_t lookup_hits = 0;    // indirect branches that found their target in the cache
  std::uint64_t lookup_misses = 0;  // those that had to ask the translator
  std::uint64_t code_writes = 0;    // writes to pages whose code is translated
  std::uint64_t units_invalidated = 0;
  std::uint64_t evictions = 0;
  bool operator==(const TranslationCounts&) const = default;
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
  // By number; their cycles are part of the exits', the work that each asked for included.
  std::array<LedgerRow, kHypercallCount> hypercalls{};
  LedgerRow vcpu_switches{};            // of the CPU from one vCPU to another
  std::uint64_t page_table_writes = 0;  // entries checked and written for a guest
  std::uint64_t shadow_misses = 0;      // hidden page faults
  std::uint64_t dirty_tracks = 0;       // hidden faults that only set a D bit
  std::uint64_t guest_faults = 0;       // page faults handed to the guest
  std::uint64_t shadow_fills = 0;
  std::uint64_t shadow_flushes = 0;
  std::uint64_t reflections = 0;  // exceptions and INT n delivered to the guest kernel
  std::uint64_t interrupts = 0;   // hardware interrupts delivered
  std::uint64_t port_accesses = 0;
  std::uint64_t unclaimed_ports = 0;
  TranslationCounts translation;

  const LedgerRow& operator[](ExitReason r) const { return exits[static_cast<std::size_t>(r)]; }
  LedgerRow& operator[](ExitReason r) { return exits[static_cast<std::size_t>(r)]; }
  std::uint64_t total_exits() const;
  std::uint64_t exit_cycles() const;
  std::uint64_t total_cycles() const {
    return retired + measured + interpreted.cycles + idle_cycles + translation.added_instructions +
           vcpu_switches.cycles + exit_cycles();
  }
  bool operator==(const Ledger&) const = default;
};

}  // namespace gv
