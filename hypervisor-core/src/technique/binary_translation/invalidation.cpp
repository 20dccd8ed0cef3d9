// SPDX-License-Identifier: MIT
//
// invalidation.cpp - when the guest's code is no longer what was translated.

#include "technique/binary_translation/binary_translation.h"

#include <algorithm>
#include <cstring>

namespace gv {

namespace {

// So many times a frame's code may be written before its units look for themselves.
constexpr std::uint8_t kWritesUntilChecked = 3;

bool comes_from(const UnitRecord& unit, std::uint32_t gfn) {
  return unit.gfn[0] == gfn || unit.gfn[1] == gfn;
}

}  // namespace

void BinaryTranslation::evict(EvictionCause cause) {
  make_pending();
  if (code_.empty()) {
    return;
  }
  ++context_.ledger.translation.evictions;
  context_.record(linear_rip(), CacheEvicted{code_.units(), code_.bytes_used(), cause});
  code_.evict();
}

void BinaryTranslation::void_units(InvalidationCause cause, Gfn gfn,
                                   const std::function<bool(const UnitRecord&)>& is_void) {
  if (stands_in_cache()) {
    const UnitRecord* here = code_.unit_at(cache_rip());
    if (here == nullptr || is_void(*here)) {
      make_pending();
    }
  }
  const auto count = code_.void_units(is_void);
  if (!count) {
    evict(EvictionCause::NoRoom);
    return;
  }
  if (*count > 0) {
    context_.ledger.translation.units_invalidated += *count;
    context_.record(linear_rip(), UnitsInvalidated{cause, gfn, *count});
  }
}

// The guest's bytes from `guest` on: as many as are mapped, up to a unit's. Where there is no
// memory the bus reads ones, and those decode to #UD.
std::uint32_t BinaryTranslation::fetch(std::uint32_t guest, std::uint8_t* out,
                                       std::uint32_t gfn[2]) {
  gfn[0] = gfn[1] = UnitRecord::kNoFrame;
  std::uint32_t done = 0;
  for (int page = 0; page < 2 && done < kUnitGuestBytes; ++page) {
    const std::uint32_t at = guest + done;
    const std::uint32_t in_page = static_cast<std::uint32_t>(kPageSize) - (at & 0xfff);
    const auto bytes = std::min(in_page, static_cast<std::uint32_t>(kUnitGuestBytes) - done);
    const PageWalk walk = PageWalker(context_.memory)
                              .walk(paging(), Gva(at), AccessKind::Execute, AccessLevel::Supervisor,
                                    page == 0 ? SetAccessedDirty::Yes : SetAccessedDirty::No);
    const bool reached =
        walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
    if (!reached || at >= kMonitorBase.value) {
      break;
    }
    const Gfn frame = frame_of(Gpa(walk.physical));
    if (const std::uint8_t* memory = context_.memory.frame(frame)) {
      std::memcpy(out + done, memory + (at & 0xfff), bytes);
      gfn[page] = frame.number;
    } else {
      std::memset(out + done, 0xff, bytes);
    }
    done += bytes;
  }
  return done;
}

void BinaryTranslation::protect(std::uint32_t gfn) {
  CodeFrame* frame = code_.know_frame(gfn);
  GV_CHECK(frame != nullptr);
  if (frame->state != CodeFrame::State::Seen) {
    return;
  }
  frame->state = CodeFrame::State::Protected;
  if (const auto machine = context_.memory.p2m().lookup(Gfn(gfn))) {
    if (shadow_.write_protect(*machine) > 0) {
      context_.engine.flush_tlb();
    }
  }
}

bool BinaryTranslation::is_write_protected(Gfn gfn) const {
  const CodeFrame* frame = code_.frame(gfn.number);
  return frame != nullptr && frame->state == CodeFrame::State::Protected;
}

// The guest is about to write to a frame whose code is translated. It may; the units are void.
void BinaryTranslation::protected_write(Gfn gfn) {
  CodeFrame* frame = code_.frame(gfn.number);
  // Code that writes beside itself would fault, be void and be translated again for ever.
  const UnitRecord* writer = stands_in_cache() ? code_.unit_at(cache_rip()) : nullptr;
  const bool beside_itself = writer != nullptr && comes_from(*writer, gfn.number);
  frame->writes = static_cast<std::uint8_t>(std::min(frame->writes + 1, 255));
  frame->state = beside_itself || frame->writes >= kWritesUntilChecked ? CodeFrame::State::Checked
                                                                       : CodeFrame::State::Seen;
  void_units(InvalidationCause::CodeWritten, gfn,
             [&](const UnitRecord& unit) { return comes_from(unit, gfn.number); });
}

void BinaryTranslation::wrote_memory(Gva address, std::size_t bytes) {
  if (code_.empty()) {
    return;
  }
  for (const Gva at : {address, address + (bytes - 1)}) {
    const PageWalk walk =
        PageWalker(context_.memory)
            .walk(paging(), at, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::No);
    const Gfn frame = frame_of(Gpa(walk.physical));
    if ((walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff) &&
        is_write_protected(frame)) {
      protected_write(frame);
    }
  }
}

// Each page that code came from: is it still mapped to the frame that it came from?
void BinaryTranslation::mappings_changed() {
  if (code_.empty()) {
    return;
  }
  code_.for_each_page([&](CodePage& page) {
    const PageWalk walk =
        PageWalker(context_.memory)
            .walk(paging(), Gva(std::uint64_t{page.page} << 12), AccessKind::Execute,
                  AccessLevel::Supervisor, SetAccessedDirty::No);
    const bool mapped =
        walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
    const std::uint32_t now = mapped ? frame_of(Gpa(walk.physical)).number : UnitRecord::kNoFrame;
    if (now == page.gfn || page.gfn == UnitRecord::kNoFrame) {
      return;
    }
    const std::uint32_t before = std::exchange(page.gfn, UnitRecord::kNoFrame);
    const std::uint32_t number = page.page;
    void_units(InvalidationCause::MappingChanged, Gfn(before), [&](const UnitRecord& unit) {
      return unit.guest >> 12 == number || (unit.guest + unit.guest_bytes - 1) >> 12 == number;
    });
  });
}

void BinaryTranslation::memory_changed() {
  evict(EvictionCause::OutsideWrite);
  context_.engine.forget_code();
}

}  // namespace gv
