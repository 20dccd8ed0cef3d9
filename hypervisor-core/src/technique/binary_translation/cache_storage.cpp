// SPDX-License-Identifier: MIT

#include "technique/binary_translation/cache_storage.h"

#include "technique/binary_translation/shared_cpu.h"

#include <algorithm>

namespace gv {

namespace {

// Hands out page-aligned stretches of consecutive frames.
class Carver {
 public:
  Carver(MachineMemory* machine, Mfn first) : machine_(machine), next_(first) {}
  template <class T>
  T* take(std::uint64_t count) {
    T* at = machine_ == nullptr ? nullptr : reinterpret_cast<T*>(machine_->at(base_of(next_)));
    next_ = Mfn(next_.number +
                static_cast<std::uint32_t>((count * sizeof(T) + kPageSize - 1) / kPageSize));
    return at;
  }
  Mfn next() const { return next_; }

 private:
  MachineMemory* machine_;
  Mfn next_;
};

}  // namespace

std::uint32_t CacheStorage::code_bytes(std::uint32_t wanted) {
  const std::uint32_t bounded = std::clamp(wanted, kSmallestCode, kLargestCode);
  return (bounded + static_cast<std::uint32_t>(kPageSize) - 1) &
         ~static_cast<std::uint32_t>(kPageOffsetMask);
}

namespace {

// The same walk for counting and for placing.
Mfn lay_out(CacheStorage& s, MachineMemory* machine, Mfn first, std::uint32_t code_bytes) {
  Carver carver(machine, first);
  s.code_size = code_bytes;
  s.unit_space = code_bytes / 4 * 3;
  s.most_units = code_bytes / 32;
  s.most_places = code_bytes / 3;
  s.most_bytes = code_bytes / 2;
  s.most_stubs = (code_bytes - s.unit_space) / CacheStorage::kStubBytes;
  s.shared_frame = carver.next();
  s.shared = carver.take<std::uint8_t>(sizeof(SharedCpu));
  s.lookup_frame = carver.next();
  s.lookup = carver.take<std::uint32_t>(CacheStorage::kLookupEntries);
  s.code_frame = carver.next();
  s.code = carver.take<std::uint8_t>(code_bytes);
  s.header = carver.take<CacheHeader>(1);
  s.buckets = carver.take<std::uint32_t>(CacheStorage::kBuckets);
  s.units = carver.take<UnitRecord>(s.most_units);
  s.places = carver.take<Place>(s.most_places);
  s.bytes = carver.take<std::uint8_t>(s.most_bytes);
  s.stubs = carver.take<StubRecord>(s.most_stubs);
  s.code_frames = carver.take<CodeFrame>(CacheStorage::kMostFrames);
  s.code_pages = carver.take<CodePage>(CacheStorage::kMostFrames);
  return carver.next();
}

}  // namespace

CacheStorage::CacheStorage(MachineMemory& machine, Mfn first, std::uint32_t code_bytes) {
  lay_out(*this, &machine, first, code_bytes);
}

std::uint32_t CacheStorage::frames(std::uint32_t code_bytes) {
  CacheStorage counted;
  return lay_out(counted, nullptr, Mfn(0), code_bytes).number;
}

}  // namespace gv
