// SPDX-License-Identifier: MIT

#include "xen/frame_table.h"

#include "gv/result.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace gv::xen {

std::uint32_t FrameTable::frames_needed(std::uint32_t machine_frames) {
  const std::uint64_t bytes = std::uint64_t{machine_frames} * sizeof(FrameRecord);
  return static_cast<std::uint32_t>((bytes + kPageSize - 1) / kPageSize);
}

FrameTable::FrameTable(MachineMemory& memory) : memory_(memory), top_(memory.frames()) {
  std::uint8_t* at = memory_.at(Mpa(0));
  for (std::uint32_t i = 0; i < memory_.frames(); ++i) {
    new (at + std::size_t{i} * sizeof(FrameRecord)) FrameRecord();
  }
  const std::uint32_t own = frames_needed(memory_.frames());
  for (std::uint32_t i = 0; i < own; ++i) {
    FrameRecord& record = (*this)[Mfn(i)];
    record.owner = kXenItself;
    record.references = 1;
    record.set(frame_flag::kAllocated | frame_flag::kXenHeap);
  }
  bottom_ = own;
  free_ = memory_.frames() - own;
}

FrameRecord& FrameTable::operator[](Mfn frame) {
  GV_CHECK(valid(frame.number));
  return reinterpret_cast<FrameRecord*>(memory_.at(Mpa(0)))[frame.number];
}

const FrameRecord& FrameTable::operator[](Mfn frame) const {
  GV_CHECK(valid(frame.number));
  return reinterpret_cast<const FrameRecord*>(memory_.at(Mpa(0)))[frame.number];
}

std::optional<Mfn> FrameTable::allocate(DomainId owner, Placement where) {
  if (free_ == 0) {
    return std::nullopt;
  }
  Mfn found(where == Placement::Bottom ? bottom_ : top_ - 1);
  while ((*this)[found].references != 0) {
    found = Mfn(where == Placement::Bottom ? found.number + 1 : found.number - 1);
  }
  if (where == Placement::Bottom) {
    bottom_ = found.number + 1;
  } else {
    top_ = found.number;
  }
  --free_;
  FrameRecord& record = (*this)[found];
  record = FrameRecord{};
  record.owner = owner;
  record.references = 1;
  record.set(frame_flag::kAllocated);
  std::memset(memory_.at(base_of(found)), 0, kPageSize);
  return found;
}

bool FrameTable::get(std::uint64_t mfn, DomainId owner) {
  // Xen's own frames are given to nobody, whoever asks in its name.
  if (!valid(mfn) || owner == kXenItself) {
    return false;
  }
  FrameRecord& record = (*this)[Mfn(static_cast<std::uint32_t>(mfn))];
  if (record.references == 0 || record.owner != owner || record.references == UINT32_MAX) {
    return false;
  }
  ++record.references;
  return true;
}

void FrameTable::put(Mfn frame) {
  FrameRecord& record = (*this)[frame];
  GV_CHECK(record.references > 0);
  if (--record.references > 0) {
    return;
  }
  GV_CHECK(record.use_references == 0 && !record.has(frame_flag::kXenHeap));
  record = FrameRecord{};
  std::memset(memory_.at(base_of(frame)), 0, kPageSize);
  ++free_;
  bottom_ = std::min(bottom_, frame.number);
  top_ = std::max(top_, frame.number + 1);
}

}  // namespace gv::xen
