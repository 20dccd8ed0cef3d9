// SPDX-License-Identifier: MIT
//
// shadow_page_table.h - the tables that the real MMU walks where it knows no nested ones.
//
// The guest's tables map Gva to Gpa; the MMU needs Gva to Mpa. The shadow holds
// the combination, filled one page at a time when the guest faults: a software
// TLB. It follows the TLB's contract and no more. A guest that changes a
// present entry must say so (INVLPG, MOV CR3), as it must on hardware; a CR3
// load drops everything. What this deliberately is not: a cache of several
// address spaces kept coherent by write-protecting guest tables.
//
// The D bit: a clean page is mapped read-only, so that the first write faults
// and the hypervisor can set D in the guest's entry.
//
// The tables live in machine frames of the pool given at construction; only
// `State` is outside machine memory. For a deprivileged guest the last 4 MiB of
// linear space belong to the hypervisor (kMonitorBase), supervisor and read-only;
// hardware assistance needs no place there, and the guest has it all.
//
// Source: SDM vol. 3C, "Memory Virtualization", virtual TLB scheme.
// Control thread only.

#pragma once

#include "gv/address.h"
#include "gv/snapshot.h"
#include "memory/guest_memory.h"
#include "memory/page_walker.h"

#include <cstdint>
#include <vector>

namespace gv {

inline constexpr Gva kMonitorBase(0xffc00000);

struct FramePool {
  Mfn first;
  std::uint32_t count = 0;
};

// One entry to be mapped; 4 KiB each, whatever the guest's page size.
struct ShadowMapping {
  Gva address;
  Mfn frame;
  bool writable = false;
  bool user = false;
};

// What the shadow is to hold after an access that the guest's tables allow: `walk` is the record of
// theirs. The CPU runs with CR0.WP set.
ShadowMapping shadow_mapping(const GuestMemory& memory, const PageWalk& walk, AccessKind kind,
                             AccessLevel level);

class ShadowPageTable {
 public:
  // `monitor_pages` are mapped from kMonitorBase upwards, read-only; none: no such place is kept.
  // REQUIRES: pool.count >= 3.
  ShadowPageTable(MachineMemory& machine, FramePool pool, const std::vector<Mfn>& monitor_pages);

  Mpa root() const { return base_of(pool_.first); }

  // One more page of the hypervisor's own, in the last 4 MiB. It stays.
  // REQUIRES: there are monitor pages.
  void map_monitor(Gva address, Mfn frame, bool writable);
  // Takes the right to write to this frame from every entry; how many had it. The caller flushes.
  std::uint32_t write_protect(Mfn frame);

  enum class MapResult : std::uint8_t { Mapped, PoolExhausted };
  MapResult map(const ShadowMapping& mapping);

  // Both return how many present entries were dropped. The caller flushes the engine's TLB.
  std::uint32_t drop_page(Gva address);
  std::uint32_t drop_directory_entry(Gva address);  // everything in its 4 MiB
  std::uint32_t drop_all();

  // The record of a walk through the shadow; walk.physical is an Mpa.
  PageWalk walk(Gva address) const;
  // Present entries but the hypervisor's own, in address order; at most `limit`.
  std::vector<MappedPage> mapped(std::size_t limit) const;

  // What a checkpoint must carry besides machine memory.
  struct State {
    std::uint32_t used_frames = 0;
    std::uint32_t entries = 0;
    bool operator==(const State&) const = default;
  };
  const State& state() const { return state_; }
  void restore(const State& state) { state_ = state; }

 private:
  // The root, and the monitor's table.
  std::uint32_t fixed_frames() const { return has_monitor_ ? 2 : 1; }
  std::uint32_t guest_directories() const;
  bool is_monitors(Gva address) const { return has_monitor_ && address >= kMonitorBase; }
  Mpa entry_address(Mfn table, std::uint32_t index) const;
  Mfn pool_frame(std::uint32_t index) const { return Mfn(pool_.first.number + index); }

  MachineMemory& machine_;
  FramePool pool_;
  bool has_monitor_;
  State state_;
};

}  // namespace gv
