// SPDX-License-Identifier: MIT
//
// translated_code.h - the translation cache: units of code, links between them, and their end.
//
// Units are put one after the other. A branch out of a unit leads to a stub
// (an INT that calls the translator) until it is linked to its target. Indirect
// branches go through a table of landings. A unit whose guest code changed is
// void: its entry becomes a jump to a stub, so that every branch that leads
// there leads to the translator again, and none has to be found.
//
// Eviction: when anything runs out, everything goes. With a few thousand units
// of a kernel's working set that is rare; it needs no list of who leads where,
// and it leaves the same cache behind in every replay. Generations would keep
// hot units at the price of exactly those lists.
//
// It decides nothing about guests: what to translate and when is
// binary_translation.cpp's.
//
// Control thread only.

#pragma once

#include "engine/vcpu_engine.h"
#include "technique/binary_translation/cache_storage.h"

#include <functional>
#include <optional>

namespace gv {

class TranslatedCode final : public CodeMap {
 public:
  TranslatedCode(MachineMemory& machine, Mfn first, std::uint32_t code_bytes, VcpuEngine& engine);

  // CodeMap
  bool covers(Gva address) const override;
  Step step_at(Gva address) const override;

  // Empties the cache. Frames and pages that were seen stay known.
  void evict();
  bool has_room() const;
  bool empty() const { return storage_.header->units == 0; }
  std::uint32_t units() const { return storage_.header->units; }
  std::uint32_t bytes_used() const;
  std::uint32_t top() const { return storage_.header->top; }

  const UnitRecord* find(std::uint32_t guest) const;
  // The unit that this address is in; null in stubs and where nothing is.
  const UnitRecord* unit_at(std::uint32_t address) const;
  const Place* place_at(std::uint32_t address) const;
  const std::uint8_t* guest_copy(const UnitRecord& unit) const {
    return storage_.bytes + unit.first_byte;
  }

  // Where the next draft goes, at the top or over the branch at the top that leads nowhere yet.
  Surroundings surroundings(std::uint32_t address) const;
  const UnitRecord& add(const Draft& draft, std::uint32_t address, const std::uint8_t* guest_bytes,
                        const std::uint32_t gfn[2], bool checked);
  // A landing for a unit that has none before it.
  std::uint32_t add_landing(const UnitRecord& unit);
  void set_lookup(std::uint32_t guest, std::uint32_t landing);

  // The stub whose INT ends before `address`; empty when that is no stub.
  std::optional<std::uint32_t> stub_before(std::uint32_t address) const;
  const StubRecord& stub(std::uint32_t number) const { return storage_.stubs[number]; }
  // Where code could be put so that this branch needs no jump: it is the last in the cache.
  std::optional<std::uint32_t> place_instead_of(std::uint32_t stub) const;
  void link(std::uint32_t stub, std::uint32_t entry);
  void mark_linked(std::uint32_t stub) { storage_.stubs[stub].linked = true; }

  // Voids the units for which `is_void`; how many. Fails (empty) when no stub is left for one.
  std::optional<std::uint32_t> void_units(const std::function<bool(const UnitRecord&)>& is_void);

  // Guest frames and linear pages that code came from.
  CodeFrame* frame(std::uint32_t gfn) const;  // null: never
  CodeFrame* know_frame(std::uint32_t gfn);   // null: no room
  bool know_page(std::uint32_t page, std::uint32_t gfn);
  void for_each_page(const std::function<void(CodePage&)>& visit) const;

  const CacheStorage& storage() const { return storage_; }
  std::uint32_t stub_address(std::uint32_t number) const;

 private:
  std::uint8_t* at(std::uint32_t address) const;
  // Code in the cache was written: engines that keep decoded code have to hear of it.
  void written(std::uint32_t address, std::uint32_t bytes);
  void write_jump_displacement(std::uint32_t displacement, std::uint32_t target);
  std::uint32_t add_stub(std::uint32_t target, std::uint32_t displacement);

  CacheStorage storage_;
  VcpuEngine& engine_;
};

}  // namespace gv
