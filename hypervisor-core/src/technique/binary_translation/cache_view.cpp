// SPDX-License-Identifier: MIT
//
// cache_view.cpp - the translation cache as a value for views (gv/translation_cache.h).

#include "technique/binary_translation/binary_translation.h"

#include "x86/disassemble.h"

#include <cstring>

namespace gv {

using namespace x86;

namespace {

// The instructions of one guest instruction stand together, in the order of their addresses.
TranslatedInstruction& instruction_of(TranslationUnit& unit, std::uint32_t guest,
                                      Treatment treatment) {
  if (unit.instructions.empty() || unit.instructions.back().address.value != guest) {
    TranslatedInstruction& added = unit.instructions.emplace_back();
    added.address = Gva(guest);
    added.treatment = treatment;
  }
  return unit.instructions.back();
}

TranslationUnit view_of(const TranslatedCode& code, const UnitRecord& record) {
  const CacheStorage& s = code.storage();
  TranslationUnit unit;
  unit.guest = Gva(record.guest);
  unit.entry = Gva(record.entry);
  unit.cache_bytes = record.end - record.begin;
  unit.live = record.live;
  unit.checked = record.checked;
  for (std::uint32_t i = 0; i < record.places; ++i) {
    const Place& place = s.places[record.first_place + i];
    const std::uint32_t address = record.begin + place.offset;
    if (address >= record.end) {
      break;  // the branch at its end gave way to the next unit
    }
    const Disassembly text = disassemble(s.code + (address - monitor_hole::kCode),
                                         record.end - address, Gva(address), CodeSize::Bits32);
    const bool inside = place.guest - record.guest < record.guest_bytes;
    if (!inside) {
      continue;  // of the way out: the exits tell it
    }
    TranslatedInstruction& guest = instruction_of(unit, place.guest, place.treatment());
    guest.cache.push_back({.address = Gva(address),
                           .length = text.length,
                           .retires = (place.flags & Place::kRetires) != 0,
                           .text = text.text});
  }
  const std::uint8_t* bytes = code.guest_copy(record);
  for (TranslatedInstruction& guest : unit.instructions) {
    const auto offset = static_cast<std::uint32_t>(guest.address.value) - record.guest;
    const Disassembly text =
        disassemble(bytes + offset, record.guest_bytes - offset, guest.address, CodeSize::Bits32);
    guest.text = text.text;
    guest.bytes.assign(bytes + offset, bytes + offset + text.length);
  }
  for (const std::uint16_t number : record.exit) {
    if (number != 0xffff) {
      const StubRecord& stub = code.stub(number);
      std::int32_t displacement = 0;
      std::memcpy(&displacement, s.code + (stub.displacement - monitor_hole::kCode),
                  sizeof displacement);
      const bool gave_way = stub.displacement >= record.end;
      const std::uint32_t leads_to =
          gave_way ? record.end : stub.displacement + 4 + static_cast<std::uint32_t>(displacement);
      unit.exits.push_back({Gva(stub.target), stub.linked, Gva(leads_to)});
    }
  }
  return unit;
}

}  // namespace

std::optional<TranslationCacheView> BinaryTranslation::translation_cache() {
  TranslationCacheView view;
  view.size = code_.storage().code_size;
  view.used = code_.bytes_used();
  for (std::uint32_t i = 0; i < code_.units(); ++i) {
    const UnitRecord& record = code_.storage().units[i];
    if (!record.landing) {
      view.units.push_back(view_of(code_, record));
    }
  }
  if (stands_in_cache() && code_.covers(Gva(cache_rip()))) {
    view.executing = Gva(cache_rip());
  }
  return view;
}

}  // namespace gv
