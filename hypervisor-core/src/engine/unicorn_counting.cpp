// SPDX-License-Identifier: MIT
//
// unicorn_counting.cpp - what a block's bytes say, and which address space it is in.

#include "engine/unicorn_state.h"

namespace gv {

const BlockFacts* UnicornEngine::State::facts_of(std::uint64_t address, std::uint32_t size,
                                                 BlockKey key) {
  if (const BlockFacts* known = counter.facts(key)) {
    return counter.remember(key, *known);
  }
  std::array<std::uint8_t, 8192> bytes;
  const std::size_t got =
      read_code(address, bytes.data(), std::min<std::size_t>(size, bytes.size()));
  return counter.remember(key, read_facts(address, bytes.data(), got));
}

BlockFacts UnicornEngine::State::read_facts(std::uint64_t address, const std::uint8_t* bytes,
                                            std::size_t size) {
  const int bits = code_segment().bits;
  BlockFacts facts = read_block(bytes, size, bits, intercepts);
  if (map != nullptr && map->covers(Gva(address))) {
    // Nothing in there changes the CPU's mode or its IF: it is the guest's that it works on.
    facts.may_change_mode = facts.may_change_if = facts.ends_with_shadow = false;
    facts.interruptible = map->step_at(Gva(address)).interruptible;
    std::int32_t index = 0;
    for (const std::uint16_t offset : instruction_offsets(bytes, size, bits)) {
      const CodeMap::Step step = map->step_at(Gva(address + offset));
      facts.retires.push_back(step.retires);
      facts.added += step.retires ? 0 : 1;
      if (step.first &&
          std::find(watched.begin(), watched.end(), step.guest.value) != watched.end()) {
        facts.watched.push_back({index, step.guest.value});
      }
      ++index;
    }
    return facts;
  }
  if (!watched.empty()) {
    // An address inside an instruction is not arrived at: code that jumps there is another block.
    std::int32_t index = 0;
    for (const std::uint16_t offset : instruction_offsets(bytes, size, bits)) {
      if (std::find(watched.begin(), watched.end(), address + offset) != watched.end()) {
        facts.watched.push_back({index, address + offset});
      }
      ++index;
    }
  }
  return facts;
}

// How many instructions of the current block stand before `linear`; all of it
// when the address is elsewhere, as after a block that ran to its end.
std::int32_t UnicornEngine::State::instructions_before(std::uint64_t linear) {
  const std::uint64_t start = address_of(block);
  const std::uint64_t size = (block >> 32) & 0x7fff;
  if (block == 0 || linear < start || linear > start + size) {
    return block_count();
  }
  const auto offset = linear - start;
  const auto [slot, fresh] = trap_index.try_emplace(block * 31 + offset, 0);
  if (fresh) {
    std::array<std::uint8_t, 8192> bytes;
    const std::size_t got =
        read_code(start, bytes.data(), std::min<std::size_t>(offset, bytes.size()));
    slot->second = count_instructions(bytes.data(), got, code_segment().bits);
  }
  return slot->second;
}

UnicornEngine::State::Counts UnicornEngine::State::counts_at(std::uint64_t linear) {
  const std::int32_t before = instructions_before(linear);
  const BlockFacts* facts = block == 0 ? nullptr : counter.facts(block);
  Counts counts{static_cast<std::uint64_t>(block_end() - block_count() + before), added};
  if (facts != nullptr && facts->added != 0) {
    counts.added -= static_cast<std::uint64_t>(facts->added - facts->added_before(before));
  }
  return counts;
}

void UnicornEngine::State::count_to(std::uint64_t linear) {
  const Counts counts = counts_at(linear);
  retired_now = counts.executed;
  added_now = counts.added;
}

bool UnicornEngine::State::interruptible_at(std::uint64_t linear) const {
  return map == nullptr || !map->covers(Gva(linear)) || map->step_at(Gva(linear)).interruptible;
}

void UnicornEngine::State::refresh_space() {
  known_segment_valid = false;
  if (monitor) {
    return;
  }
  const std::uint64_t cr3 = read_register(UC_X86_REG_CR3) ^ given_space;
  const std::uint64_t cs = read_register(UC_X86_REG_CS) & 0xffff;
  // In long mode paging is on, and CR3 is wider.
  use_space(is_wide ? cr3 ^ (cs << 48) : cr3 ^ (read_register(UC_X86_REG_CR0) << 32) ^ (cs << 48));
}

void UnicornEngine::State::use_space(std::uint64_t tag) {
  space_tag = tag;
  const auto [space, fresh] = spaces.try_emplace({tag, high_half}, spaces.size());
  if (fresh && spaces.size() > 0xffff) {
    spaces.clear();
    counter.clear();
    space_bits = 0;
    return;
  }
  space_bits = space->second << 47;
}

void UnicornEngine::State::use_high_half(std::uint64_t high) {
  high_half = high;
  use_space(space_tag);
}

BlockKey UnicornEngine::State::key_of(std::uint64_t address, std::uint32_t size) {
  const std::uint64_t high_now = high_half;
  if (address >> 32 == high_now) {
    return block_key(address, size, space_bits);
  }
  use_high_half(address >> 32);
  const BlockKey key = block_key(address, size, space_bits);
  use_high_half(high_now);
  return key;
}

}  // namespace gv
