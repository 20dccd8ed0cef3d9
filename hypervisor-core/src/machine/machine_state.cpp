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
  if (is_host()) {
    for (std::size_t i = 0; i < hosted_.size(); ++i) {
      const HostedVcpu& each = hosted_[i];
      MachineState::Vcpu& kept = state.vcpus.emplace_back();
      kept.started = each.started;
      if (i != current_) {
        StateWriter guest;
        each.guest->save(guest);
        kept = {each.registers, guest.take(), each.shown, each.halted, each.started};
      }
    }
    const std::lock_guard lock(console_mutex_);
    for (const std::string& console : domain_consoles_) {
      state.domain_console_bytes.push_back(console.size());
    }
  }
  state.current_vcpu = current_;
  state.charged_until = charged_until_;
  state.reschedule = reschedule_;
  return state;
}

Result<void> Machine::restore(const MachineState& state) {
  GV_TRY(engine_->restore(state.engine));
  GV_TRY(restore_vcpus(state));
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
  if (!hosted_.empty()) {
    hosted_[current_].guest->take_cpu_again();
  }
  const std::lock_guard lock(console_mutex_);
  console_.resize(std::min<std::size_t>(console_.size(), state.console_bytes));
  return {};
}

// Who has the CPU, and the others' registers. The current one's technique is restored like any.
Result<void> Machine::restore_vcpus(const MachineState& state) {
  if (!is_host()) {
    return {};
  }
  if (state.vcpus.size() != hosted_.size() || state.current_vcpu >= hosted_.size()) {
    return Error{ErrorCode::InvalidInput, "the saved machine has other vCPUs than this one"};
  }
  current_ = state.current_vcpu;
  charged_until_ = state.charged_until;
  reschedule_ = state.reschedule;
  for (std::size_t i = 0; i < hosted_.size(); ++i) {
    HostedVcpu& each = hosted_[i];
    const MachineState::Vcpu& kept = state.vcpus[i];
    each.started = kept.started;
    if (i != current_) {
      each.registers = kept.engine;
      each.shown = kept.registers;
      each.halted = kept.halted;
      StateReader guest(kept.technique);
      if (!each.guest->restore(guest)) {
        return Error{ErrorCode::InvalidInput, "the saved machine does not fit this one"};
      }
    }
  }
  technique_ = hosted_[current_].guest.get();
  interrupts_ = hosted_[current_].vcpu;
  context_->vcpu = static_cast<std::uint16_t>(current_);
  const std::lock_guard lock(console_mutex_);
  for (std::size_t i = 0; i < domain_consoles_.size(); ++i) {
    domain_consoles_[i].resize(
        std::min<std::size_t>(domain_consoles_[i].size(), state.domain_console_bytes[i]));
  }
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
  for (std::size_t i = 0; is_host() && i < hosted_.size(); ++i) {
    const HostedVcpu& each = hosted_[i];
    if (i == current_ || !each.started) {
      continue;
    }
    XXH3_64bits_update(hash, each.shown.gpr.data(), sizeof each.shown.gpr);
    const std::uint64_t others[] = {i, each.shown.rip, each.shown.rflags, each.shown.cr3};
    XXH3_64bits_update(hash, others, sizeof others);
  }
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
