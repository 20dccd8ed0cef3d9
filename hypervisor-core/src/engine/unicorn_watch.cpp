// SPDX-License-Identifier: MIT
//
// unicorn_watch.cpp - addresses and memory that somebody waits to see reached.

#include "engine/unicorn_state.h"

namespace gv {

void UnicornEngine::watch(const std::vector<Gva>& addresses) {
  State& s = *state_;
  s.watched.clear();
  for (const Gva address : addresses) {
    s.watched.push_back(address.value);
  }
  s.watch_passed = s.guest_retired();
  const Gva here = linear_rip();
  s.watch_passed_at =
      (s.map != nullptr && s.map->covers(here) ? s.map->step_at(here).guest : here).value;
  s.counter.clear();
}

std::int32_t UnicornEngine::State::next_watched(const BlockFacts& facts, std::int32_t index,
                                                std::uint64_t retired_at_index) const {
  for (const BlockFacts::Watched& at : facts.watched) {
    const auto ahead = static_cast<std::uint64_t>(at.index - index);
    const auto added_ahead =
        static_cast<std::uint64_t>(facts.added_before(at.index) - facts.added_before(index));
    // The count alone does not tell: an instruction that the hypervisor emulated is not in it.
    const bool passed =
        retired_at_index + ahead - added_ahead == watch_passed && at.address == watch_passed_at;
    if (at.index >= index && !passed) {
      return at.index;
    }
  }
  return -1;
}

void UnicornEngine::State::note_watch(const BlockFacts& facts, std::int32_t index) {
  watch_passed = guest_retired();
  for (const BlockFacts::Watched& at : facts.watched) {
    if (at.index == index) {
      watch_passed_at = at.address;
    }
  }
}

bool UnicornEngine::watch_memory(const std::vector<WatchedRange>& ranges) {
  State& s = *state_;
  s.ranges_stale = s.ranges_stale || s.memory_watch.ranges() != ranges;
  s.memory_watch.set(ranges);
  return true;
}

void UnicornEngine::State::install_memory_hooks() {
  for (const uc_hook hook : memory_hooks) {
    uc_hook_del(uc, hook);
  }
  if (!memory_hooks.empty()) {
    repair_after_lookups();  // as after the CODE hook's end
  }
  memory_hooks.clear();
  for (const WatchedRange& range : memory_watch.ranges()) {
    // An access may begin before the range and reach into it.
    constexpr std::uint64_t kWidestAccess = 64;
    const std::uint64_t page = range.address.page_base().value;
    const std::uint64_t first =
        std::max(page, range.address.value - std::min(range.address.value, kWidestAccess));
    uc_hook hook = 0;
    uc_hook_add(uc, &hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE,
                reinterpret_cast<void*>(&UnicornHooks::memory), this, first,
                range.address.value + range.bytes - 1);
    memory_hooks.push_back(hook);
  }
}

std::vector<MemoryTouch> UnicornEngine::take_touches() {
  State& s = *state_;
  return s.memory_watch.touched()
             ? s.memory_watch.take_retired(s.guest_retired(), s.retired_now,
                                           s.suspended == Suspended::InPortHook)
             : std::vector<MemoryTouch>();
}

std::vector<MemoryTouch> UnicornEngine::take_unfinished_touches() {
  return state_->memory_watch.take_unfinished();
}

}  // namespace gv
