// SPDX-License-Identifier: MIT
//
// frame_table.h - for every machine frame: who owns it, how often it is referred to, as what.
//
// A frame has an owner, a count of references and, apart from that, a use with a count of its
// own. While the use's count is not zero the use cannot change: a frame that somebody may write
// to is no page table, and a page table is not writable. This alone keeps paravirtual guests,
// whose tables the MMU walks unshadowed, inside their own memory.
//
// The table lies in machine frames of Xen's own, one record of 16 bytes per frame, so that a
// checkpoint of memory carries it along. What a use demands of a frame's contents is not known
// here: page_tables.h checks that.
//
// Control thread only.

#pragma once

#include "gv/event.h"
#include "memory/machine_memory.h"
#include "xen/identity.h"

#include <cstdint>
#include <optional>
#include <type_traits>

namespace gv::xen {

namespace frame_flag {
inline constexpr std::uint8_t kAllocated = 1;  // its owner holds one of the references
inline constexpr std::uint8_t kPinned = 2;     // its use is held by a pin
inline constexpr std::uint8_t kValidated = 4;  // its contents have been checked for its use
inline constexpr std::uint8_t kXenHeap = 8;    // Xen's own, shared with its owner: never freed
inline constexpr std::uint8_t kPaeTop = 16;    // an L2 table that holds Xen's entries (PAE)
}  // namespace frame_flag

struct FrameRecord {
  std::uint32_t references = 0;  // 0: free
  std::uint32_t use_references = 0;
  DomainId owner = kNobody;
  FrameUse use = FrameUse::None;
  std::uint8_t flags = 0;
  // Tables of a level that appear in tables of the same level, to be seen by their guest: how
  // many such entries this one has (positive), or in how many it appears (negative). Never both.
  std::int32_t linear = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  void set(std::uint8_t flag) { flags = static_cast<std::uint8_t>(flags | flag); }
  void clear(std::uint8_t flag) { flags = static_cast<std::uint8_t>(flags & ~flag); }
};
static_assert(sizeof(FrameRecord) == 16 && std::is_trivially_copyable_v<FrameRecord>);

enum class Placement : std::uint8_t { Bottom, Top };  // Xen's own frames below, domains' above

class FrameTable {
 public:
  static std::uint32_t frames_needed(std::uint32_t machine_frames);
  // The records go to the machine's first frames. They are made; all else is free.
  explicit FrameTable(MachineMemory& memory);

  std::uint32_t frames() const { return memory_.frames(); }
  bool valid(std::uint64_t mfn) const { return mfn < memory_.frames(); }
  // REQUIRES: valid(frame.number).
  FrameRecord& operator[](Mfn frame);
  const FrameRecord& operator[](Mfn frame) const;
  MachineMemory& memory() { return memory_; }

  // A zeroed frame, its one reference being its allocation; empty: the machine is full.
  std::optional<Mfn> allocate(DomainId owner, Placement where);
  std::uint32_t free_frames() const { return free_; }

  // One reference more, if the frame exists and belongs to the domain.
  bool get(std::uint64_t mfn, DomainId owner);
  // One less; a frame without references is free, its contents gone.
  void put(Mfn frame);

  // Where the next search starts: what a checkpoint carries besides memory.
  struct State {
    std::uint32_t bottom = 0, top = 0, free = 0;
  };
  State state() const { return {bottom_, top_, free_}; }
  void restore(const State& state) {
    bottom_ = state.bottom;
    top_ = state.top;
    free_ = state.free;
  }

 private:
  MachineMemory& memory_;
  std::uint32_t bottom_ = 0, top_ = 0;  // no free frame lies below, or at or above
  std::uint32_t free_ = 0;
};

}  // namespace gv::xen
