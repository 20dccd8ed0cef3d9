// SPDX-License-Identifier: MIT
//
// translation_cache.h - the translations that a binary translator holds, as a value.
//
// For a view that draws guest code beside what is really executed. Taken on
// request at a stop; counters of what happened are in gv/ledger.h.
//
// A plain value.

#pragma once

#include "gv/address.h"

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

// How the translator treated one guest instruction. Adams and Agesen 2006, section 3.
enum class Treatment : std::uint8_t {
  Ident,      // copied
  Rewritten,  // replaced by instructions that do its work on the virtual CPU's state, in the cache
  Callout,    // replaced by a call to the hypervisor
};
std::string_view name_of(Treatment treatment);

struct CacheInstruction {
  Gva address;  // in the cache
  std::uint8_t length = 0;
  bool retires = false;  // completes the guest's instruction
  std::string text;
};

struct TranslatedInstruction {
  Gva address;  // the guest's
  Treatment treatment = Treatment::Ident;
  std::vector<std::uint8_t> bytes;  // the guest's
  std::string text;
  std::vector<CacheInstruction> cache;
};

// A direct branch out of a unit.
struct UnitExit {
  Gva guest_target;
  bool chained = false;
  Gva leads_to;  // in the cache: another unit, or the stub that calls the translator
};

struct TranslationUnit {
  Gva guest;
  Gva entry;  // in the cache
  std::uint32_t cache_bytes = 0;
  bool live = true;      // false: invalidated; its entry leads to the translator
  bool checked = false;  // compares the guest's bytes at every entry: code and data share a page
  std::vector<TranslatedInstruction> instructions;
  std::vector<UnitExit> exits;
};

struct TranslationCacheView {
  std::uint32_t size = 0, used = 0;    // bytes
  std::vector<TranslationUnit> units;  // in the order of their addresses in the cache
  Gva executing;  // where the CPU stands in the cache; 0 when it runs elsewhere
};

}  // namespace gv
