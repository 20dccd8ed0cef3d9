// SPDX-License-Identifier: MIT
//
// walk_view.cpp - decodes recorded walks.

#include "visualizers/page_tables/walk_view.h"

#include "visualizers/meaning/quantity.h"

#include <algorithm>
#include <charconv>

namespace gv {
namespace {

// Entries of four bytes are of 32-bit paging, which has two levels; the others have eight bytes.
enum class EntrySize : std::uint8_t { FourBytes, EightBytes };
EntrySize entry_size(const PageWalk& walk) {
  return walk.steps > 0 && walk.step[0].level != "PD" ? EntrySize::EightBytes
                                                      : EntrySize::FourBytes;
}

std::vector<EntryBit> bits_of(std::uint64_t entry, EntrySize size) {
  std::vector<EntryBit> bits = {{"P", "present", (entry & 1) != 0},
                                {"W", "writable", (entry & 2) != 0},
                                {"U", "user code may use it", (entry & 4) != 0},
                                {"A", "accessed: the CPU has used it", (entry & 0x20) != 0},
                                {"D", "dirty: written to", (entry & 0x40) != 0},
                                {"S", "page size: a large page ends here", (entry & 0x80) != 0}};
  if (size == EntrySize::EightBytes) {
    bits.push_back({"N", "no-execute: no code is fetched from there", (entry >> 63) != 0});
  }
  return bits;
}

// In long mode bits 63 to 48 repeat bit 47, or the CPU refuses the address.
bool is_canonical(const PageWalk& walk) {
  const auto top = static_cast<std::int64_t>(walk.address.value) >> 47;
  return walk.steps == 0 || walk.step[0].level != "PML4" || top == 0 || top == -1;
}

// The linear address as the tables consume it, from the top bit down.
std::vector<AddressSlice> slices_of(const PageWalk& walk) {
  const bool wide = entry_size(walk) == EntrySize::EightBytes;
  const int index_bits = wide ? 9 : 10;
  const int levels = walk.step[0].level == "PML4" ? 4 : wide ? 3 : 2;
  static constexpr std::string_view kNames[] = {"PT", "PD", "PDPT", "PML4"};
  // A large page leaves the lower tables' bits to the offset.
  const bool mapped = walk.outcome == WalkOutcome::Mapped;
  const int walked = mapped ? static_cast<int>(walk.steps) : levels;
  const std::uint64_t value = walk.address.value;
  std::vector<AddressSlice> slices;
  if (levels == 4) {
    slices.push_back({"sign", hex_text(value >> 48), 16, false});
  }
  for (int level = levels; level > levels - walked; --level) {
    const int shift = 12 + index_bits * (level - 1);
    const int bits = levels == 3 && level == 3 ? 2 : index_bits;
    slices.push_back({std::string(kNames[level - 1]) + " index",
                      hex_text(value >> shift & ((1U << bits) - 1)), bits, false});
  }
  const int rest = 12 + index_bits * (levels - walked);
  slices.push_back({"offset", hex_text(value & ((std::uint64_t{1} << rest) - 1)), rest, true});
  return slices;
}

}  // namespace

WalkColumn make_walk_column(const std::optional<PageWalk>& walk, std::string title,
                            std::string space, std::string_view prefix) {
  WalkColumn column{std::move(title), std::move(space), {}, {}, false, walk.has_value()};
  if (!walk)
    return column;
  const std::size_t steps = std::min<std::size_t>(walk->steps, walk->step.size());
  for (std::size_t i = 0; i < steps; ++i) {
    const WalkStep& step = walk->step[i];
    const bool last = i + 1 == steps;
    column.rungs.push_back({std::string(step.level), "[" + hex_text(step.index) + "]",
                            address_text(step.entry_address), address_text(step.entry),
                            bits_of(step.entry, entry_size(*walk)),
                            last && walk->outcome != WalkOutcome::Mapped});
  }
  if (!is_canonical(*walk)) {
    column.rungs.clear();
    column.result = "not canonical";
    return column;
  }
  column.mapped = walk->outcome == WalkOutcome::Mapped || walk->outcome == WalkOutcome::PagingOff;
  switch (walk->outcome) {
    case WalkOutcome::Mapped:
      column.result = std::string(prefix) + " " + address_text(walk->physical);
      break;
    case WalkOutcome::PagingOff:
      column.result = std::string(prefix) + " " + address_text(walk->physical) + ", paging is off";
      break;
    case WalkOutcome::NotPresent:
      column.result = "not present";
      break;
    case WalkOutcome::ProtectionFailed:
      column.result = "present, access refused";
      break;
    case WalkOutcome::ReservedBit:
      column.result = "a reserved bit is set";
      break;
    case WalkOutcome::OutsideMemory:
      column.result = "points outside memory";
      break;
  }
  return column;
}

WalkView make_walk_view(const Snapshot& snapshot, Gva address) {
  WalkView view;
  view.address = address_text(address.value);
  const auto matching = [&](const std::optional<PageWalk>& walk) {
    return walk && walk->address == address ? walk : std::optional<PageWalk>{};
  };
  const auto guest = matching(snapshot.guest_walk), shadow = matching(snapshot.shadow_walk);
  view.guest = make_walk_column(guest, "Guest's tables", "GVA to GPA", "GPA");
  view.shadow = make_walk_column(shadow, "Shadow tables", "GVA to MPA", "MPA");
  if (guest && snapshot.machine_address && view.guest.mapped) {
    view.machine = "MPA " + address_text(snapshot.machine_address->value);
  }
  if (guest && guest->steps > 0) {
    view.slices = slices_of(*guest);
  }
  if (!guest) {
    view.verdict = "The walk comes with the next picture of the machine.";
  } else if (!is_canonical(*guest)) {
    view.verdict =
        "An access now raises #GP before any table is read: bits 63 to 48 must repeat bit 47.";
  } else if (!view.guest.mapped) {
    view.verdict =
        "An access now is a true fault: the guest's own tables refuse, its handler must run.";
  } else if (shadow && !view.shadow.mapped) {
    view.verdict =
        "An access now is a hidden fault: the guest maps it, the shadow has no entry yet.";
  } else if (shadow && guest->writable && !shadow->writable) {
    view.verdict =
        "A write now is a hidden fault: the shadow is read-only so that the D bit is seen.";
  } else if (shadow) {
    view.verdict = "An access now needs no exit: the MMU finds the entry in the shadow.";
  } else {
    view.verdict = "An access now goes through the guest's own tables: there is no shadow.";
  }
  return view;
}

std::vector<Strip> make_strips(const std::vector<MappedPage>& pages) {
  std::vector<Strip> strips;
  for (const MappedPage& page : pages) {
    const std::uint64_t begin = page.address.value, end = begin + page.size;
    if (strips.empty() || strips.back().end != begin || strips.back().user != page.user ||
        strips.back().writable != page.writable) {
      strips.push_back({begin, end, 0, 0, 0, page.user, page.writable});
    }
    Strip& strip = strips.back();
    strip.end = end;
    ++strip.pages;
    strip.dirty += page.dirty ? 1U : 0U;
    strip.accessed += page.accessed ? 1U : 0U;
  }
  return strips;
}

std::optional<Gva> parse_address(std::string_view text) {
  if (const auto colon = text.find(':'); colon != std::string_view::npos)
    text.remove_prefix(colon + 1);
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  if (text.starts_with("0x") || text.starts_with("0X"))
    text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty())
    return std::nullopt;
  return Gva(value);
}

}  // namespace gv
