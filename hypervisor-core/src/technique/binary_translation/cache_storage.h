// SPDX-License-Identifier: MIT
//
// cache_storage.h - how a translation cache lies in the hypervisor's frames.
//
// Everything that the cache is, code and book-keeping, is plain values in
// machine memory. So a checkpoint carries the cache along with all other pages,
// and going back in time brings back the very cache that was there: the run
// that follows translates, chains and evicts at the same instants.
//
// Only what the guest's ring has to reach is mapped: the shared words, the
// table for indirect branches and the code.

#pragma once

#include "memory/machine_memory.h"
#include "technique/binary_translation/translator.h"

#include <cstdint>
#include <vector>

namespace gv {

struct UnitRecord {
  static constexpr std::uint32_t kNoFrame = 0xffffffff;
  std::uint32_t guest = 0;
  std::uint32_t begin = 0, entry = 0, end = 0;  // linear, in the cache
  std::uint32_t first_place = 0;
  std::uint32_t first_byte = 0;  // of the copy of the guest's code
  std::uint32_t gfn[2] = {kNoFrame, kNoFrame};
  std::uint32_t next = 0;  // in its bucket: index + 1
  std::uint16_t places = 0, guest_bytes = 0;
  std::uint16_t exit[2] = {0xffff, 0xffff};  // stubs, by number
  bool live = false, checked = false, landing = false;
};

// A branch that leads to the translator until it leads to a unit.
struct StubRecord {
  std::uint32_t target = 0;        // the guest's
  std::uint32_t displacement = 0;  // of the branch, in the cache
  bool linked = false;
};

// A guest frame that code was translated from.
struct CodeFrame {
  enum class State : std::uint8_t {
    Seen,
    Protected,  // writes fault
    Checked,    // code and data share it: its units look at their bytes instead
  };
  std::uint32_t gfn = 0;
  State state = State::Seen;
  std::uint8_t writes = 0;  // that made its units void
};

// A linear page that code was translated from, and what it was mapped to.
struct CodePage {
  std::uint32_t page = 0;  // address / kPageSize
  std::uint32_t gfn = 0;
};

struct CacheHeader {
  std::uint32_t top = 0;  // where the next unit goes
  std::uint32_t units = 0, places = 0, guest_bytes = 0, stubs = 0, frames = 0, pages = 0;
};

struct CacheStorage {
  static constexpr std::uint32_t kBuckets = 4096;
  static constexpr std::uint32_t kLookupEntries = 1u << 16;
  static constexpr std::uint32_t kMostFrames = 1024;
  static constexpr std::uint32_t kStubBytes = 8;
  static constexpr std::uint32_t kSmallestCode = 8 << 10, kLargestCode = 1 << 20;

  // Bytes of code, in whole pages within the bounds above.
  static std::uint32_t code_bytes(std::uint32_t wanted);
  // How many frames a cache of so much code takes.
  static std::uint32_t frames(std::uint32_t code_bytes);

  CacheStorage() = default;  // of nothing
  CacheStorage(MachineMemory& machine, Mfn first, std::uint32_t code_bytes);

  std::uint32_t code_size = 0;   // units and stubs together
  std::uint32_t unit_space = 0;  // of those, for units
  std::uint32_t most_units = 0, most_places = 0, most_bytes = 0, most_stubs = 0;

  Mfn shared_frame, lookup_frame, code_frame;
  std::uint8_t* shared = nullptr;
  std::uint32_t* lookup = nullptr;
  std::uint8_t* code = nullptr;
  CacheHeader* header = nullptr;
  std::uint32_t* buckets = nullptr;
  UnitRecord* units = nullptr;
  Place* places = nullptr;
  std::uint8_t* bytes = nullptr;
  StubRecord* stubs = nullptr;
  CodeFrame* code_frames = nullptr;
  CodePage* code_pages = nullptr;
};

}  // namespace gv
