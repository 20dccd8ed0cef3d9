// SPDX-License-Identifier: MIT
//
// block_counter.h - how many instructions each translated block retires.
//
// Unicorn calls back at every block with its address and size in bytes. This
// turns the pair into a count in a few instructions of host code: one probe of
// a direct-mapped table. Blocks that need attention (port I/O, control
// registers, RDTSC) are kept out of that table, so that they miss on purpose
// and take the slow path.
//
// A pure cache of what the bytes say; it may be emptied at any time. Code that
// changes is reported through code_translated(), because whoever translates
// anew must also count anew.

#pragma once

#include "engine/vcpu_engine.h"
#include "gv/address.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace gv {

// What one block's bytes say.
struct BlockFacts {
  std::int32_t count = 1;
  // Of those, instructions that are not the guest's; then also one flag each: it retires.
  std::int32_t added = 0;
  std::vector<bool> retires;
  bool interruptible = true;  // an asynchronous event may come before it
  bool has_port_io = false;
  bool may_change_mode = false;   // control registers, descriptor tables: re-read them afterwards
  bool may_change_if = false;     // STI, POPF, IRET
  bool ends_with_shadow = false;  // STI or a load of SS: interrupts wait one instruction
  bool uses_fpu = false;
  std::int32_t intercept_index = -1;        // of the first instruction the engine must not run
  std::vector<std::uint16_t> port_offsets;  // of each IN, OUT, INS, OUTS
  std::vector<std::int32_t> port_indices;   // the same, counted in instructions
  struct Watched {
    std::int32_t index = 0;  // counted in instructions
    std::uint64_t address = 0;
    auto operator<=>(const Watched&) const = default;
  };
  std::vector<Watched> watched;  // instructions at watched addresses
  bool needs_attention() const {
    return has_port_io || !watched.empty() || may_change_mode || may_change_if ||
           ends_with_shadow || intercept_index >= 0;
  }
  bool operator==(const BlockFacts&) const = default;
  // Of the first `instructions` of the block, how many are not the guest's.
  std::int32_t added_before(std::int32_t instructions) const;
};

// Reads the facts from a block's bytes; `bits` is 16, 32 or 64.
BlockFacts read_block(const std::uint8_t* bytes, std::size_t size, int bits,
                      const Intercepts& intercepts = {});
// Where each instruction begins.
std::vector<std::uint16_t> instruction_offsets(const std::uint8_t* bytes, std::size_t size,
                                               int bits);
// Instructions in the first `size` bytes.
std::int32_t count_instructions(const std::uint8_t* bytes, std::size_t size, int bits);

// Address, size in bytes and address space of a block in one word. A translated block has at most
// 512 instructions, hence under 2^15 bytes.
using BlockKey = std::uint64_t;
constexpr BlockKey block_key(std::uint64_t address, std::uint32_t size, BlockKey space_bits) {
  return (address & 0xffffffffu) | (std::uint64_t{size} << 32) | space_bits;
}

class BlockCounter {
 public:
  struct alignas(16) Slot {  // never across two cache lines
    BlockKey key = ~BlockKey{0};
    std::int32_t count = 0;
    std::uint32_t added = 0;
  };
  // The one place where the count of `key` may be: it is if the keys are equal. The hot path.
  const Slot& slot(BlockKey key) const { return slots_[slot_of(key)]; }
  // Null when never seen.
  const BlockFacts* facts(BlockKey key) const;
  const BlockFacts* remember(BlockKey key, BlockFacts facts);
  // The block's code was translated (again). Differing facts void everything
  // known, since the same frame may be mapped in other address spaces.
  void code_translated(BlockKey key, const BlockFacts& facts);
  void clear();
  // Forgets the blocks that begin in [first, end) or reach into it.
  void forget(std::uint64_t first, std::uint64_t end);

 private:
  static constexpr int kSlotBits = 12;
  static constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
  // Multiplicative hashing by 2^64 over the golden ratio: the best bits are the highest.
  static std::size_t slot_of(BlockKey key) {
    return (key * 0x9e3779b97f4a7c15u) >> (64 - kSlotBits);
  }

  std::array<Slot, kSlots> slots_{};
  std::unordered_map<BlockKey, BlockFacts> facts_;
};

}  // namespace gv
