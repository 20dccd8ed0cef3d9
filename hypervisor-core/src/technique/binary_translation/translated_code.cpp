// SPDX-License-Identifier: MIT

#include "technique/binary_translation/translated_code.h"

#include "technique/binary_translation/shared_cpu.h"
#include "x86/encode.h"

#include <algorithm>
#include <cstring>

namespace gv {

namespace {

constexpr std::uint32_t kMiss = monitor_hole::kCode;        // INT kMiss, for the whole table
constexpr std::uint32_t kUnits = monitor_hole::kCode + 16;  // the first unit
// What one more unit may take, generously: twelve of the longest sequences and a landing.
constexpr std::uint32_t kLargestUnit = 2048;
constexpr std::uint32_t kMostPlaces = 400;
constexpr std::uint32_t kJump = static_cast<std::uint32_t>(x86::kNearJumpBytes);
constexpr std::uint8_t kJumpOpcode = 0xe9, kInterruptOpcode = 0xcd;

}  // namespace

TranslatedCode::TranslatedCode(MachineMemory& machine, Mfn first, std::uint32_t code_bytes,
                               VcpuEngine& engine)
    : storage_(machine, first, code_bytes), engine_(engine) {
  evict();
}

std::uint8_t* TranslatedCode::at(std::uint32_t address) const {
  return storage_.code + (address - monitor_hole::kCode);
}

void TranslatedCode::written(std::uint32_t address, std::uint32_t bytes) {
  engine_.memory_written(base_of(storage_.code_frame) + (address - monitor_hole::kCode), bytes);
}

std::uint32_t TranslatedCode::stub_address(std::uint32_t number) const {
  return monitor_hole::kCode + storage_.unit_space + number * CacheStorage::kStubBytes;
}

bool TranslatedCode::covers(Gva address) const {
  return address.value >= monitor_hole::kCode &&
         address.value < monitor_hole::kCode + std::uint64_t{storage_.code_size};
}

CodeMap::Step TranslatedCode::step_at(Gva address) const {
  const auto linear = static_cast<std::uint32_t>(address.value);
  if (linear >= stub_address(0)) {
    const std::uint32_t number = (linear - stub_address(0)) / CacheStorage::kStubBytes;
    return {.guest = Gva(storage_.stubs[number].target), .interruptible = true};
  }
  const UnitRecord* unit = unit_at(linear);
  if (unit == nullptr) {
    return {};
  }
  if (!unit->live && linear >= unit->entry && linear < unit->entry + kJump) {
    return {.guest = Gva(unit->guest), .interruptible = true};
  }
  const Place* place = place_at(linear);
  if (place == nullptr) {
    return {.guest = Gva(unit->guest)};
  }
  return {.guest = Gva(place->guest),
          .retires = (place->flags & Place::kRetires) != 0,
          .first = (place->flags & Place::kFirst) != 0,
          .interruptible = (place->flags & Place::kInterruptible) != 0};
}

void TranslatedCode::evict() {
  CacheHeader& header = *storage_.header;
  header.top = kUnits;
  header.units = header.places = header.guest_bytes = header.stubs = 0;
  std::memset(storage_.buckets, 0, CacheStorage::kBuckets * sizeof(std::uint32_t));
  std::fill_n(storage_.lookup, CacheStorage::kLookupEntries, kMiss);
  const std::uint8_t miss[] = {kInterruptOpcode, cache_call::kMiss};
  std::memcpy(at(kMiss), miss, sizeof miss);
  for (std::uint32_t i = 0; i < header.frames; ++i) {
    CodeFrame& frame = storage_.code_frames[i];
    if (frame.state == CodeFrame::State::Protected) {
      frame.state = CodeFrame::State::Seen;
    }
  }
  header.pages = 0;
  if (header.frames + 2 > CacheStorage::kMostFrames) {
    header.frames = 0;  // what is known of them is lost: protected again when met again
  }
  engine_.forget_code(Gva(monitor_hole::kCode), storage_.code_size);
  written(monitor_hole::kCode, storage_.code_size);
}

bool TranslatedCode::has_room() const {
  const CacheHeader& h = *storage_.header;
  return h.top + kLargestUnit <= stub_address(0) && h.units + 2 <= storage_.most_units &&
         h.places + kMostPlaces <= storage_.most_places &&
         h.guest_bytes + kUnitGuestBytes <= storage_.most_bytes &&
         h.stubs + 4 <= storage_.most_stubs && h.frames + 2 <= CacheStorage::kMostFrames &&
         h.pages + 2 <= CacheStorage::kMostFrames;
}

std::uint32_t TranslatedCode::bytes_used() const {
  return storage_.header->top - monitor_hole::kCode +
         storage_.header->stubs * CacheStorage::kStubBytes;
}

namespace {

std::uint32_t bucket_of(std::uint32_t guest) {
  return (guest * 0x9e3779b1u) >> 20;  // of 4096
}

}  // namespace

const UnitRecord* TranslatedCode::find(std::uint32_t guest) const {
  for (std::uint32_t i = storage_.buckets[bucket_of(guest)]; i != 0;) {
    const UnitRecord& unit = storage_.units[i - 1];
    if (unit.guest == guest && unit.live) {
      return &unit;
    }
    i = unit.next;
  }
  return nullptr;
}

const UnitRecord* TranslatedCode::unit_at(std::uint32_t address) const {
  const UnitRecord* const first = storage_.units;
  const UnitRecord* const last = first + storage_.header->units;
  const UnitRecord* after = std::upper_bound(
      first, last, address, [](std::uint32_t a, const UnitRecord& unit) { return a < unit.begin; });
  if (after == first || address >= (after - 1)->end) {
    return nullptr;
  }
  return after - 1;
}

const Place* TranslatedCode::place_at(std::uint32_t address) const {
  const UnitRecord* unit = unit_at(address);
  if (unit == nullptr) {
    return nullptr;
  }
  const Place* const first = storage_.places + unit->first_place;
  const Place* const last = first + unit->places;
  const auto offset = static_cast<std::uint16_t>(address - unit->begin);
  const Place* found = std::lower_bound(
      first, last, offset, [](const Place& place, std::uint16_t o) { return place.offset < o; });
  return found == last || found->offset != offset ? nullptr : found;
}

Surroundings TranslatedCode::surroundings(std::uint32_t address) const {
  Surroundings where;
  where.address = address;
  where.stub[0] = stub_address(storage_.header->stubs);
  where.stub[1] = stub_address(storage_.header->stubs + 1);
  where.miss = kMiss;
  return where;
}

std::uint32_t TranslatedCode::add_stub(std::uint32_t target, std::uint32_t displacement) {
  const std::uint32_t number = storage_.header->stubs++;
  storage_.stubs[number] = {target, displacement, false};
  const std::uint8_t call[] = {kInterruptOpcode, cache_call::kStub};
  std::memcpy(at(stub_address(number)), call, sizeof call);
  written(stub_address(number), sizeof call);
  return number;
}

const UnitRecord& TranslatedCode::add(const Draft& draft, std::uint32_t address,
                                      const std::uint8_t* guest_bytes, const std::uint32_t gfn[2],
                                      bool checked) {
  CacheHeader& header = *storage_.header;
  if (address < header.top) {
    // In place of the branch that ended the unit before.
    storage_.units[header.units - 1].end = address;
    engine_.forget_code(Gva(address), header.top - address);
  }
  std::memcpy(at(address), draft.code.data(), draft.code.size());
  written(address, static_cast<std::uint32_t>(draft.code.size()));
  UnitRecord& unit = storage_.units[header.units++];
  unit = UnitRecord{};
  unit.guest = draft.guest;
  unit.begin = address;
  unit.entry = draft.entry;
  unit.end = address + static_cast<std::uint32_t>(draft.code.size());
  unit.first_place = header.places;
  unit.places = static_cast<std::uint16_t>(draft.places.size());
  std::copy(draft.places.begin(), draft.places.end(), storage_.places + header.places);
  header.places += unit.places;
  unit.first_byte = header.guest_bytes;
  unit.guest_bytes = draft.guest_bytes;
  if (guest_bytes != nullptr) {
    std::memcpy(storage_.bytes + header.guest_bytes, guest_bytes, draft.guest_bytes);
  }
  header.guest_bytes += draft.guest_bytes;
  unit.gfn[0] = gfn[0];
  unit.gfn[1] = gfn[1];
  unit.live = true;
  unit.checked = checked;
  unit.landing = guest_bytes == nullptr;
  for (std::size_t i = 0; i < draft.exits.size(); ++i) {
    unit.exit[i] =
        static_cast<std::uint16_t>(add_stub(draft.exits[i].target, draft.exits[i].displacement));
  }
  if (!unit.landing) {
    std::uint32_t& bucket = storage_.buckets[bucket_of(unit.guest)];
    unit.next = bucket;
    bucket = header.units;
  }
  header.top = unit.end;
  return unit;
}

std::uint32_t TranslatedCode::add_landing(const UnitRecord& unit) {
  if (unit.entry != unit.begin) {
    return unit.begin;  // it was made with one
  }
  const std::uint32_t address = storage_.header->top;
  constexpr std::uint32_t kNone[2] = {UnitRecord::kNoFrame, UnitRecord::kNoFrame};
  const Draft draft = translate_landing(unit.guest, unit.entry, surroundings(address));
  return add(draft, address, nullptr, kNone, false).begin;
}

void TranslatedCode::set_lookup(std::uint32_t guest, std::uint32_t landing) {
  storage_.lookup[guest & 0xffff] = landing;
}

std::optional<std::uint32_t> TranslatedCode::stub_before(std::uint32_t address) const {
  const std::uint32_t begin = address - cache_call::kBytes;
  if (begin < stub_address(0)) {
    return std::nullopt;
  }
  const std::uint32_t offset = begin - stub_address(0);
  const std::uint32_t number = offset / CacheStorage::kStubBytes;
  if (offset % CacheStorage::kStubBytes != 0 || number >= storage_.header->stubs) {
    return std::nullopt;
  }
  return number;
}

std::optional<std::uint32_t> TranslatedCode::place_instead_of(std::uint32_t number) const {
  const std::uint32_t displacement = storage_.stubs[number].displacement;
  const std::uint32_t jump = displacement - 1;
  const UnitRecord* unit = unit_at(jump);
  // A jcc has two opcode bytes, and falls through to the jump after it: it is never the last.
  const bool last = displacement + 4 == storage_.header->top && *at(jump) == kJumpOpcode &&
                    unit != nullptr && unit->live && jump >= unit->entry + kJump;
  const Place* place = place_at(jump);
  // A branch of the guest's own retires there; what falls through adds nothing.
  return last && place != nullptr && (place->flags & Place::kRetires) == 0 ? std::optional(jump)
                                                                           : std::nullopt;
}

void TranslatedCode::write_jump_displacement(std::uint32_t displacement, std::uint32_t target) {
  const std::int32_t value = x86::displacement_to(displacement, target);
  std::memcpy(at(displacement), &value, sizeof value);
  engine_.forget_code(Gva(displacement - 2), 6);
  written(displacement, 4);
}

void TranslatedCode::link(std::uint32_t number, std::uint32_t entry) {
  storage_.stubs[number].linked = true;
  write_jump_displacement(storage_.stubs[number].displacement, entry);
}

std::optional<std::uint32_t> TranslatedCode::void_units(
    const std::function<bool(const UnitRecord&)>& is_void) {
  CacheHeader& header = *storage_.header;
  std::uint32_t count = 0;
  for (std::uint32_t i = 0; i < header.units; ++i) {
    UnitRecord& unit = storage_.units[i];
    if (!unit.live || unit.landing || !is_void(unit)) {
      continue;
    }
    if (header.stubs == storage_.most_stubs) {
      return std::nullopt;
    }
    unit.live = false;
    ++count;
    const std::uint32_t stub = add_stub(unit.guest, unit.entry + 1);
    *at(unit.entry) = kJumpOpcode;
    const std::int32_t value = x86::displacement_to(unit.entry + 1, stub_address(stub));
    std::memcpy(at(unit.entry + 1), &value, sizeof value);
    engine_.forget_code(Gva(unit.entry), kJump);
    written(unit.entry, kJump);
  }
  return count;
}

CodeFrame* TranslatedCode::frame(std::uint32_t gfn) const {
  CodeFrame* const last = storage_.code_frames + storage_.header->frames;
  CodeFrame* found = std::find_if(storage_.code_frames, last,
                                  [&](const CodeFrame& known) { return known.gfn == gfn; });
  return found == last ? nullptr : found;
}

CodeFrame* TranslatedCode::know_frame(std::uint32_t gfn) {
  if (CodeFrame* known = frame(gfn)) {
    return known;
  }
  if (storage_.header->frames == CacheStorage::kMostFrames) {
    return nullptr;
  }
  CodeFrame& added = storage_.code_frames[storage_.header->frames++];
  added = CodeFrame{.gfn = gfn};
  return &added;
}

bool TranslatedCode::know_page(std::uint32_t page, std::uint32_t gfn) {
  CodePage* const last = storage_.code_pages + storage_.header->pages;
  CodePage* found = std::find_if(storage_.code_pages, last,
                                 [&](const CodePage& known) { return known.page == page; });
  if (found == last) {
    if (storage_.header->pages == CacheStorage::kMostFrames) {
      return false;
    }
    ++storage_.header->pages;
  }
  *found = {page, gfn};
  return true;
}

void TranslatedCode::for_each_page(const std::function<void(CodePage&)>& visit) const {
  for (std::uint32_t i = 0; i < storage_.header->pages; ++i) {
    visit(storage_.code_pages[i]);
  }
}

}  // namespace gv
