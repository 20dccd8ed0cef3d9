// SPDX-License-Identifier: MIT
//
// checkpoint_store.h - the instants that a timeline can go back to.
//
// A checkpoint is the machine's state and a table of pages. A page that did
// not change since the checkpoint before is shared with it, an untouched page
// is none, so a checkpoint costs what was dirtied. Dirty pages are found by
// comparison: it works under every engine and needs nothing of the guest.
//
// Beyond kPageBudget old checkpoints are thinned, every second one: going far
// back then replays longer, and replaying fills the gap again.
//
// Control thread only.

#pragma once

#include "machine/machine.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace gv {

using PageBytes = std::array<std::uint8_t, kPageSize>;

struct Checkpoint {
  Position position;
  MachineState state;
  std::vector<std::shared_ptr<const PageBytes>> pages;  // by machine frame; null: all zero
};

class CheckpointStore {
 public:
  // REQUIRES: machine.at_boundary().
  void take(Machine& machine);
  // The latest checkpoint at or before `position`; null when there is none.
  const Checkpoint* latest_before(Position position) const;
  bool has(Position position) const;
  Result<void> restore(Machine& machine, const Checkpoint& checkpoint);
  // The timeline was cut: checkpoints after `position` are of another future.
  void forget_after(Position position);
  std::size_t count() const { return checkpoints_.size(); }

 private:
  static constexpr std::size_t kPageBudget = 131072;  // 512 MiB
  void thin();

  std::vector<std::unique_ptr<Checkpoint>> checkpoints_;  // by position
  std::vector<std::shared_ptr<const PageBytes>> newest_;  // what memory is compared with
  std::size_t pages_held_ = 0;                            // an upper bound
};

}  // namespace gv
