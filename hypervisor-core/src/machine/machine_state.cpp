// SPDX-License-Identifier: MIT
//
// machine_state.cpp - the whole machine but its memory, put away and back; and its hash.

#include "machine/machine.h"

#include <xxhash.h>

namespace gv {

MachineState Machine::save() {
  GV_CHECK(at_boundary());
  MachineState state;
  state.engine = engine_->save();
  StateWriter technique;
  technique_->save(technique);
  state.technique = technique.take();
  state.devices = platform_.bus->save();
  if (xen_ != nullptr) {
    StateWriter xen;
    xen_->save(xen);
    state.xen = xen.take();
    StateWriter store;
    xenstore_->save(store);
    state.xenstore = store.take();
  }
  state.ledger = ledger_;
  state.emulated = context_->emulated;
  state.time = context_->time;
  state.events = recorder_.next();
  state.console_bytes = console_bytes();
  state.retired_after_exit = retired_after_exit_;
  state.irq_levels = irq_levels_;
  state.halted = halted_;
  state.end = end_;
  return state;
}

Result<void> Machine::restore(const MachineState& state) {
  GV_TRY(engine_->restore(state.engine));
  StateReader technique(state.technique), xen(state.xen), store(state.xenstore);
  if (!technique_->restore(technique) || !platform_.bus->restore(state.devices) ||
      (xen_ != nullptr && (!xen_->restore(xen) || !xenstore_->restore(store)))) {
    return Error{ErrorCode::InvalidInput, "the saved machine does not fit this one"};
  }
  ledger_ = state.ledger;
  context_->emulated = state.emulated;
  context_->time = state.time;
  recorder_.seek(state.events);
  retired_after_exit_ = state.retired_after_exit;
  irq_levels_ = state.irq_levels;
  halted_ = state.halted;
  end_ = state.end;
  port_reply_ = 0;
  address_reached_ = boundary_served_ = false;
  touches_.clear();
  unfinished_touches_.clear();
  memory_->watch().take();
  context_->kinds_recorded = 0;
  const std::lock_guard lock(console_mutex_);
  console_.resize(std::min<std::size_t>(console_.size(), state.console_bytes));
  return {};
}

namespace {

void hash_segment(XXH3_state_t* hash, const Segment& segment) {
  const std::uint64_t fields[4] = {segment.selector, segment.base, segment.limit,
                                   segment.attributes};
  XXH3_64bits_update(hash, fields, sizeof fields);
}

}  // namespace

std::uint64_t Machine::state_hash() {
  XXH3_state_t* hash = XXH3_createState();
  XXH3_64bits_reset(hash);
  const RegisterFile r = technique_->registers();
  XXH3_64bits_update(hash, r.gpr.data(), sizeof r.gpr);
  const std::uint64_t words[] = {r.rip,
                                 r.rflags,
                                 r.cr0,
                                 r.cr2,
                                 r.cr3,
                                 r.cr4,
                                 r.gdtr.base,
                                 r.gdtr.limit,
                                 r.idtr.base,
                                 r.idtr.limit,
                                 context_->retired(),
                                 context_->now(),
                                 halted_ ? 1u : 0u,
                                 irq_levels_};
  XXH3_64bits_update(hash, words, sizeof words);
  for (const Segment& segment : r.segment) {
    hash_segment(hash, segment);
  }
  hash_segment(hash, r.tr);
  hash_segment(hash, r.ldtr);
  const std::vector<std::uint8_t> devices = platform_.bus->save();
  XXH3_64bits_update(hash, devices.data(), devices.size());
  if (xen_ != nullptr) {
    StateWriter xen;
    xen_->save(xen);
    xenstore_->save(xen);
    const std::vector<std::uint8_t> bytes = xen.take();
    XXH3_64bits_update(hash, bytes.data(), bytes.size());
  }
  for (std::uint32_t i = 0; i < memory_->p2m().guest_frames(); ++i) {
    XXH3_64bits_update(hash, memory_->frame(Gfn(i)), kPageSize);
  }
  const std::uint64_t digest = XXH3_64bits_digest(hash);
  XXH3_freeState(hash);
  return digest;
}

}  // namespace gv
