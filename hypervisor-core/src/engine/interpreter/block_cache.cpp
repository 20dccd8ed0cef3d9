// SPDX-License-Identifier: MIT

#include "engine/interpreter/block_cache.h"

#include "engine/interpreter/cpu.h"
#include "engine/interpreter/decoder.h"

#include <algorithm>

namespace gv::interpreter {

namespace {

constexpr std::size_t kLongestBlock = 48;

bool withdrawn(Cpu& cpu, const Operation&) {
  cpu.outcome = Outcome::Withdrawn;
  return false;
}

}  // namespace

std::uint64_t BlockCache::pieces(std::uint64_t offset, std::size_t bytes) {
  const std::uint64_t first = offset / 64;
  const std::uint64_t last = std::min<std::uint64_t>((offset + bytes - 1) / 64, 63);
  const std::uint64_t up_to_last = last == 63 ? ~std::uint64_t{0} : (std::uint64_t{2} << last) - 1;
  return up_to_last & ~((std::uint64_t{1} << first) - 1);
}

const Block* BlockCache::decode(std::uint64_t physical, const std::uint8_t* bytes,
                                x86::CodeSize size) {
  graveyard_.clear();
  auto& page = pages_[physical >> 12];
  if (page == nullptr) {
    page = std::make_unique<Page>();
  }
  const std::uint64_t key = key_of(physical, size);
  // A slot lost to another block: the block itself is still there.
  for (const auto& known : page->blocks) {
    if (known->key == key) {
      slots_[slot_of(key)] = known.get();
      return known.get();
    }
  }
  auto block = std::make_unique<Block>();
  block->key = key;
  const std::size_t available = kPageSize - (physical & kPageOffsetMask);
  std::size_t at = 0;
  while (at < available && block->operations.size() < kLongestBlock) {
    const Decoded decoded = interpreter::decode(bytes + at, available - at, size);
    if (decoded.needs_more_bytes) {
      break;
    }
    if (decoded.operation.stands_alone && at > 0) {
      break;
    }
    block->operations.push_back(decoded.operation);
    at += decoded.operation.length;
    if (decoded.operation.ends_block || decoded.operation.stands_alone) {
      break;
    }
  }
  block->bytes = static_cast<std::uint32_t>(at);
  ++decoded_;
  page->pieces_with_code |= pieces(physical & kPageOffsetMask, std::max<std::size_t>(at, 1));
  page->blocks.push_back(std::move(block));
  const Block* added = page->blocks.back().get();
  slots_[slot_of(key)] = added;
  return added;
}

void BlockCache::written(std::uint64_t physical, std::size_t bytes) {
  auto& page = pages_[physical >> 12];
  const std::uint64_t offset = physical & kPageOffsetMask;
  if ((page->pieces_with_code & pieces(offset, bytes)) == 0) {
    return;
  }
  const auto hit = [&](const std::unique_ptr<Block>& block) {
    const std::uint64_t first = block->key >> 2;
    return first < physical + bytes && physical < first + block->bytes;
  };
  std::uint64_t left = 0;
  for (auto& block : page->blocks) {
    if (hit(block)) {
      const Block*& slot = slots_[slot_of(block->key)];
      if (slot == block.get()) {
        slot = nullptr;
      }
      for (Operation& operation : block->operations) {
        operation.handler = &withdrawn;
      }
      ++withdrawn_;
      graveyard_.push_back(std::move(block));
    } else {
      left |= pieces((block->key >> 2) & kPageOffsetMask, std::max<std::uint32_t>(block->bytes, 1));
    }
  }
  std::erase(page->blocks, nullptr);
  page->pieces_with_code = left;
  if (page->blocks.empty()) {
    page.reset();
  }
}

void BlockCache::forget_all() {
  for (auto& page : pages_) {
    if (page != nullptr) {
      for (auto& block : page->blocks) {
        graveyard_.push_back(std::move(block));
      }
      page.reset();
    }
  }
  slots_.fill(nullptr);
}

}  // namespace gv::interpreter
