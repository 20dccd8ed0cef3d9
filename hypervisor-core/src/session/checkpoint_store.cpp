// SPDX-License-Identifier: MIT

#include "session/checkpoint_store.h"

#include <algorithm>
#include <cstring>

namespace gv {

namespace {

const PageBytes kZeroPage{};

bool earlier(const std::unique_ptr<Checkpoint>& checkpoint, Position position) {
  return checkpoint->position < position;
}

// Positions order by retired instructions and events; virtual time follows from both.
Position order_key(Position p) { return {p.retired, 0, p.events}; }

}  // namespace

void CheckpointStore::take(Machine& machine) {
  MachineMemory& memory = machine.machine_memory();
  newest_.resize(memory.frames());
  for (std::uint32_t i = 0; i < memory.frames(); ++i) {
    const std::uint8_t* now = memory.at(base_of(Mfn(i)));
    const std::uint8_t* before = newest_[i] ? newest_[i]->data() : kZeroPage.data();
    if (std::memcmp(now, before, kPageSize) != 0) {
      auto page = std::make_shared<PageBytes>();
      std::memcpy(page->data(), now, kPageSize);
      newest_[i] = std::move(page);
      ++pages_held_;
    }
  }
  auto checkpoint = std::make_unique<Checkpoint>();
  checkpoint->position = order_key(machine.position());
  checkpoint->state = machine.save();
  checkpoint->pages = newest_;
  const auto at =
      std::lower_bound(checkpoints_.begin(), checkpoints_.end(), checkpoint->position, earlier);
  checkpoints_.insert(at, std::move(checkpoint));
  if (pages_held_ > kPageBudget) {
    thin();
  }
}

const Checkpoint* CheckpointStore::latest_before(Position position) const {
  const Position key = order_key(position);
  const Checkpoint* best = nullptr;
  for (const auto& checkpoint : checkpoints_) {
    if (checkpoint->position <= key) {
      best = checkpoint.get();
    }
  }
  return best;
}

bool CheckpointStore::has(Position position) const {
  const Checkpoint* found = latest_before(position);
  return found != nullptr && found->position == order_key(position);
}

Result<void> CheckpointStore::restore(Machine& machine, const Checkpoint& checkpoint) {
  // The engine first: leaving a suspended guest may still write to memory.
  GV_TRY(machine.restore(checkpoint.state));
  MachineMemory& memory = machine.machine_memory();
  for (std::uint32_t i = 0; i < memory.frames(); ++i) {
    std::uint8_t* now = memory.at(base_of(Mfn(i)));
    const std::uint8_t* then = checkpoint.pages[i] ? checkpoint.pages[i]->data() : kZeroPage.data();
    if (std::memcmp(now, then, kPageSize) != 0) {
      std::memcpy(now, then, kPageSize);
    }
  }
  newest_ = checkpoint.pages;
  return {};
}

void CheckpointStore::forget_after(Position position) {
  const Position key = order_key(position);
  std::erase_if(checkpoints_, [&](const auto& c) { return c->position > key; });
}

void CheckpointStore::thin() {
  // The first stays (it is the beginning), and the newest half.
  std::vector<std::unique_ptr<Checkpoint>> kept;
  const std::size_t dense_from = checkpoints_.size() / 2;
  for (std::size_t i = 0; i < checkpoints_.size(); ++i) {
    if (i == 0 || i >= dense_from || i % 2 == 0) {
      kept.push_back(std::move(checkpoints_[i]));
    }
  }
  checkpoints_ = std::move(kept);
  // What the dropped ones alone held is free now; count again from a round figure.
  pages_held_ = kPageBudget * 3 / 4;
}

}  // namespace gv
