// SPDX-License-Identifier: MIT
//
// block_cache.h - decoded instructions, kept by the physical address of their bytes.
//
// A block is a run of instructions within one page that always run one after
// the other. Keyed by physical address, blocks survive changes of CR3; they are
// void only when their bytes are written. Each page knows which of its 64-byte
// pieces hold decoded bytes, so that data beside code costs little.
//
// A block that is written while it runs is not freed under the runner: its
// remaining operations are turned into ones that say Withdrawn.
//
// Control thread only.

#pragma once

#include "engine/interpreter/operation.h"
#include "x86/decode.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace gv::interpreter {

struct Block {
  std::uint64_t key = ~std::uint64_t{0};
  std::uint32_t bytes = 0;
  std::vector<Operation> operations;
};

class BlockCache {
 public:
  explicit BlockCache(std::uint32_t frames) : pages_(frames) {}

  static std::uint64_t key_of(std::uint64_t physical, x86::CodeSize size) {
    return physical << 2 | static_cast<std::uint64_t>(size);
  }
  // Null when it has not been decoded yet.
  const Block* find(std::uint64_t key) const {
    const Block* block = slots_[slot_of(key)];
    return block != nullptr && block->key == key ? block : nullptr;
  }
  // Decodes from `bytes`, the rest of the page that `physical` lies in. The block has no
  // operations when the first instruction goes on into the next page.
  const Block* decode(std::uint64_t physical, const std::uint8_t* bytes, x86::CodeSize size);

  bool has_code(std::uint64_t physical) const {
    const std::uint64_t frame = physical >> 12;
    return frame < pages_.size() && pages_[frame] != nullptr;
  }
  void written(std::uint64_t physical, std::size_t bytes);
  void forget_all();

  std::uint64_t decoded_blocks() const { return decoded_; }
  std::uint64_t withdrawn_blocks() const { return withdrawn_; }

 private:
  struct Page {
    std::uint64_t pieces_with_code = 0;
    std::vector<std::unique_ptr<Block>> blocks;
  };
  static constexpr int kSlotBits = 13;
  static std::size_t slot_of(std::uint64_t key) {
    return (key * 0x9e3779b97f4a7c15u) >> (64 - kSlotBits);
  }
  static std::uint64_t pieces(std::uint64_t offset, std::size_t bytes);

  std::array<const Block*, std::size_t{1} << kSlotBits> slots_{};
  std::vector<std::unique_ptr<Page>> pages_;
  std::vector<std::unique_ptr<Block>> graveyard_;  // perhaps still running
  std::uint64_t decoded_ = 0, withdrawn_ = 0;
};

}  // namespace gv::interpreter
