// SPDX-License-Identifier: MIT
//
// shadow_page_table.h - the tables that the real MMU walks for a deprivileged guest.
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
// `State` is outside machine memory. The last 4 MiB of linear space belong to
// the hypervisor (kMonitorBase), supervisor and read-only.
//
// Source: SDM vol. 3C, "Memory Virtualization", virtual TLB scheme.
// Control thread only.

#pragma once

#include "gv/address.h"
#include "gv/snapshot.h"
#include "memory/guest_memory.h"

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

class ShadowPageTable {
 public:
  // `monitor_pages` are mapped from kMonitorBase upwards, read-only.
  // REQUIRES: pool.count >= 3.
  ShadowPageTable(MachineMemory& machine, FramePool pool, const std::vector<Mfn>& monitor_pages);

  Mpa root() const { return base_of(pool_.first); }

  // One more page of the hypervisor's own, in the last 4 MiB. It stays.
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
  // Present entries below kMonitorBase, in address order; at most `limit`.
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
  static constexpr std::uint32_t kFixedFrames = 2;  // the root and the monitor's table
  Mpa entry_address(Mfn table, std::uint32_t index) const;
  Mfn pool_frame(std::uint32_t index) const { return Mfn(pool_.first.number + index); }

  MachineMemory& machine_;
  FramePool pool_;
  State state_;
};

}  // namespace gv
