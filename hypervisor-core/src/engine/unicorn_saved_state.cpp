// SPDX-License-Identifier: MIT
//
// unicorn_saved_state.cpp - the Unicorn engine's whole CPU as bytes, and back.

#include "engine/unicorn_state.h"

namespace gv {

namespace {

// What a saved state holds after Unicorn's own context image.
struct PendingRegisters {
  std::array<std::uint64_t, kGprCount> gprs;
  std::uint64_t rip;
  std::uint32_t gprs_dirty, eflags;
  bool gprs_valid, rip_valid, rip_dirty, eflags_valid, eflags_dirty, interrupt_shadow, fpu_used;
  std::array<std::int32_t, kSegmentCount> selectors;  // -1: none pending
  bool switching;
  PrivilegeSwitch privilege_switch;
  std::uint64_t space_tag, given_space, true_cr2, added;
  bool is_wide;
};

}  // namespace

EngineState UnicornEngine::save() {
  State& s = *state_;
  GV_CHECK(s.suspended != Suspended::InPortHook && s.block_rest == 0);
  if (s.suspended == Suspended::InTrapHook) {
    s.leave_hook = s.parking = true;
    s.fiber->resume();
    s.parking = false;
  }
  uc_context_save(s.uc, s.context);
  PendingRegisters p{};
  p.gprs = s.gprs;
  p.gprs_dirty = s.gprs_dirty;
  p.rip = s.rip;
  p.eflags = s.eflags;
  p.gprs_valid = s.gprs_valid;
  p.rip_valid = s.rip_valid;
  p.rip_dirty = s.rip_dirty;
  p.eflags_valid = s.eflags_valid;
  p.eflags_dirty = s.eflags_dirty;
  p.interrupt_shadow = s.interrupt_shadow;
  p.fpu_used = s.fpu_used;
  for (std::size_t i = 0; i < s.selectors.size(); ++i) {
    p.selectors[i] = s.selectors[i] ? *s.selectors[i] : -1;
  }
  p.switching = s.privilege_switch.has_value();
  p.privilege_switch = s.privilege_switch.value_or(PrivilegeSwitch{});
  p.space_tag = s.space_tag;
  p.given_space = s.given_space;
  p.is_wide = s.is_wide;
  p.true_cr2 = s.true_cr2;
  p.added = s.added_now;
  EngineState state;
  state.retired = s.retired_now;
  state.context.resize(s.context_size + sizeof p);
  std::memcpy(state.context.data(), s.context, s.context_size);
  std::memcpy(state.context.data() + s.context_size, &p, sizeof p);
  // A replay from here starts with an empty TLB; so must the run that goes on.
  s.tlb_stale = true;
  return state;
}

Result<void> UnicornEngine::restore(const EngineState& state) {
  State& s = *state_;
  GV_TRY(switch_in(state));
  PendingRegisters p{};
  std::memcpy(&p, state.context.data() + s.context_size, sizeof p);
  s.memory_watch.forget();
  s.retired_now = state.retired;
  s.added = s.added_now = p.added;
  forget_code();
  return {};
}

Result<void> UnicornEngine::switch_in(const EngineState& state) {
  State& s = *state_;
  PendingRegisters p{};
  if (state.context.size() != s.context_size + sizeof p) {
    return Error{ErrorCode::InvalidInput, "the saved CPU state is of another engine version"};
  }
  s.leave_uc();
  s.leave_hook = false;
  s.stepping = false;
  s.block_rest = 0;
  s.stopped_short = false;
  std::memcpy(&p, state.context.data() + s.context_size, sizeof p);
  GV_TRY(s.use_instance(p.is_wide ? UC_MODE_64 : UC_MODE_32));
  std::memcpy(s.context, state.context.data(), s.context_size);
  uc_context_restore(s.uc, s.context);
  s.gprs = p.gprs;
  s.gprs_dirty = p.gprs_dirty;
  s.rip = p.rip;
  s.eflags = p.eflags;
  s.gprs_valid = p.gprs_valid;
  s.rip_valid = p.rip_valid;
  s.rip_dirty = p.rip_dirty;
  s.eflags_valid = p.eflags_valid;
  s.eflags_dirty = p.eflags_dirty;
  s.interrupt_shadow = p.interrupt_shadow;
  s.fpu_used = p.fpu_used;
  for (std::size_t i = 0; i < s.selectors.size(); ++i) {
    s.selectors[i].reset();
    if (p.selectors[i] >= 0) {
      s.selectors[i] = static_cast<std::uint16_t>(p.selectors[i]);
    }
  }
  s.privilege_switch.reset();
  if (p.switching) {
    s.privilege_switch = p.privilege_switch;
  }
  s.true_cr2 = p.true_cr2;
  s.mode_may_have_changed = s.if_may_have_changed = false;
  s.known_segment_valid = false;
  s.given_space = p.given_space;
  s.use_space(p.space_tag);
  s.tlb_stale = true;
  return {};
}

}  // namespace gv
