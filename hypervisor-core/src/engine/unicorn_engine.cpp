// SPDX-License-Identifier: MIT
//
// unicorn_engine.cpp - entering the guest and stopping exactly.

#include "engine/unicorn_engine.h"

#include "engine/unicorn_state.h"

namespace gv {

namespace {

// An address that no guest runs: Unicorn retranslates the block at `until` each time.
// (Its list of exit addresses instead of `until` loses hooks added later, in 2.1.1.)
constexpr std::uint64_t kNever = 0xffffffff;
constexpr std::uint64_t kNeverInLongMode = std::uint64_t{1} << 63;  // not canonical
constexpr std::uint8_t kHltOpcode = 0xf4;
constexpr std::uint64_t kFarFuture = INT64_MAX / 4;

Error engine_broke(uc_err error, const char* doing) {
  return Error{ErrorCode::Internal,
               std::string("Unicorn failed while ") + doing + ": " + uc_strerror(error)};
}

}  // namespace

UnicornEngine::UnicornEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<UnicornEngine>> UnicornEngine::create(MachineMemory& memory) {
  const auto& layout = unicorn_context_layout();
  if (!layout) {
    return layout.error();
  }
  auto state = std::make_unique<State>(memory);
  State& s = *state;
  s.layout = *layout;
  std::unique_ptr<UnicornEngine> engine(new UnicornEngine(std::move(state)));
  GV_TRY(s.open_instance(s.narrow, UC_MODE_32));
  s.uc = s.narrow.uc;
  s.context = s.narrow.context;
  s.context_size = uc_context_size(s.uc);
  // A fresh Unicorn has no FPU defaults; 0 would mean single precision.
  s.write_register(UC_X86_REG_FPCW, 0x37f);
  s.write_register(UC_X86_REG_MXCSR, 0x1f80);
  if (uc_context_alloc(s.uc, &s.ring0) != UC_ERR_OK) {
    return Error{ErrorCode::Internal, "Unicorn refused a context"};
  }
  s.fiber = std::make_unique<Fiber>([](void* self) { static_cast<State*>(self)->live(); }, &s);
  return engine;
}

UnicornEngine::~UnicornEngine() {
  State& s = *state_;
  s.leave_uc();
  s.fiber.reset();
  if (s.ring0 != nullptr) {
    uc_context_free(s.ring0);
  }
  s.close_instance(s.wide);
  s.close_instance(s.narrow);
}

Result<void> UnicornEngine::set_up_monitor(const MonitorPages& pages) {
  State& s = *state_;
  s.monitor.reset();  // another vCPU's: this one gets to ring 0 without it, once
  s.apply_idle();
  set_idtr(pages.idtr);
  uc_x86_mmr tr{};
  tr.selector = pages.task_register.selector;
  tr.base = pages.task_register.base;
  tr.limit = pages.task_register.limit;
  tr.flags = std::uint32_t{pages.task_register.attributes} << 8;
  uc_reg_write(s.uc, UC_X86_REG_TR, &tr);
  // In long mode rings change without it, and a 32-bit vCPU beside this one may need its own.
  if (!s.in_long_mode()) {
    if (const uc_err error = uc_context_save(s.uc, s.ring0)) {
      return engine_broke(error, "saving the ring-0 template");
    }
  }
  s.monitor = pages;
  return {};
}

void UnicornEngine::use_monitor(const MonitorPages& pages) { state_->monitor = pages; }

// The fiber's whole life: apply what is pending, run, hand over why it ended.
void UnicornEngine::State::live() {
  for (;;) {
    if (const auto settled = settle_instance(); !settled) {
      broken = settled.error();
      suspended = Suspended::Idle;
      suspend();
      continue;
    }
    if (stepping != (code_hook != 0)) {
      if (stepping) {
        uc_hook_add(uc, &code_hook, UC_HOOK_CODE,
                    reinterpret_cast<void*>(&UnicornHooks::instruction), this, 1, 0);
      } else {
        uc_hook_del(uc, code_hook);
        code_hook = 0;
        repair_after_lookups();  // it looks up every block that it covered
      }
      code_stale = true;  // translated blocks carry their hooks with them
    }
    if (UnicornInstance& instance = is_wide ? wide : narrow; instance.memory_end != memory_end) {
      if (const auto laid_out = lay_out_memory(instance, is_wide ? UC_MODE_64 : UC_MODE_32);
          !laid_out) {
        broken = laid_out.error();
        suspended = Suspended::Idle;
        suspend();
        continue;
      }
      repair_after_lookups();  // it looks up the code of every page that went
      code_stale = tlb_stale = true;
    }
    if (std::exchange(ranges_stale, false)) {
      install_memory_hooks();
      code_stale = true;
    }
    if (std::exchange(code_stale, false)) {
      uc_ctl_flush_tb(uc);
      buffer_used = 0;
    }
    apply_idle();
    leave_hook = false;
    const uc_err error = uc_emu_start(uc, read_rip(), is_wide ? kNeverInLongMode : kNever, 0, 0);
    repair_after_lookups();
    if (!leave_hook || parking || abandoned) {
      if (!leave_hook && !abandoned) {
        finish_start(error);
      }
      suspended = Suspended::Idle;
      suspend();
    }
  }
}

// At its end uc_emu_start looks `until` up in the guest's tables, with the
// guest's rights. No address is sure to be mapped, so a page fault may be left
// behind: as a pending exception, and in CR2 (a deprivileged guest never sees that).
void UnicornEngine::State::repair_after_lookups() {
  uc_context_save(uc, context);
  clear_pending_exception();
  uc_context_restore(uc, context);
  if (!monitor && read_register(UC_X86_REG_CR2) != true_cr2) {
    write_cr2(true_cr2);
  }
}

// uc_emu_start returned by itself: a stop that a hook asked for, or an exit.
void UnicornEngine::State::finish_start(uc_err error) {
  if (hook_stop != HookStop::None) {
    return;
  }
  forget_registers();
  rip = read_rip();
  rip_valid = true;
  const std::uint64_t linear = this->linear(rip);
  const auto here = [&] {
    if (stepping) {
      count_steps(linear != step_address);
    } else {
      count_to(linear);
    }
  };
  switch (error) {
    case UC_ERR_OK: {
      std::uint8_t last = 0;
      const bool halted = read_code(linear - 1, &last, 1) == 1 && last == kHltOpcode;
      retired_now = static_cast<std::uint64_t>(stepping ? limit + steps_done : block_end());
      added_now = added;
      exit = halted ? Exit{HaltExecuted{}} : Exit{TripleFaulted{}};
      break;
    }
    case UC_ERR_INSN_INVALID:
      here();
      exit = InvalidOpcode{};
      break;
    case UC_ERR_READ_UNMAPPED:
    case UC_ERR_WRITE_UNMAPPED:
    case UC_ERR_FETCH_UNMAPPED:
    case UC_ERR_READ_PROT:
    case UC_ERR_WRITE_PROT:
    case UC_ERR_FETCH_PROT:
      here();
      exit = MachineMemoryMissed{Mpa(linear), Direction::Read};
      break;
    default:
      broken = engine_broke(error, "running the guest");
  }
}

// Ends a suspended uc_emu_start whose outcome no longer matters.
void UnicornEngine::State::leave_uc() {
  if (suspended == Suspended::Idle || fiber == nullptr) {
    return;
  }
  abandoned = true;
  remaining = INT64_MIN / 2;
  look_again = false;
  fiber->resume();
  abandoned = false;
}

void UnicornEngine::State::set_targets(std::uint64_t executed_at_block_end) {
  // So many of the guest's take at least as many to execute; the slow path looks again then.
  const std::uint64_t exactly =
      entry.stop_exactly > UINT64_MAX - added ? UINT64_MAX : entry.stop_exactly + added;
  const std::uint64_t target = std::min(entry.stop_at_block, exactly);
  const bool keep_looking = look_again;
  limit = static_cast<std::int64_t>(std::min(target, kFarFuture));
  set_remaining(limit - static_cast<std::int64_t>(executed_at_block_end));
  if (keep_looking) {
    force_slow_path();
  }
}

Result<Exit> UnicornEngine::run(const Entry& entry) {
  State& s = *state_;
  s.entry = entry;
  s.broken.reset();
  s.stopped_short = false;
  for (;;) {
    std::optional<Exit> exit;
    if (s.suspended != Suspended::InPortHook) {
      const bool whole = s.map == nullptr || s.interruptible_at(s.linear(rip()));
      const bool at_target =
          s.block_rest == 0 && !s.interrupt_shadow && whole && s.retired_now >= entry.stop_at_block;
      const bool short_here = s.block_rest == 0 && (!whole || s.interrupt_shadow);
      if (s.memory_watch.touched() && whole) {
        s.stopped_short = short_here;
        return Exit{MemoryTouched{}};
      }
      if (at_target || s.guest_retired() >= entry.stop_exactly) {
        s.stopped_short = short_here;
        return Exit{BudgetSpent{}};
      }
    }
    if (s.block_rest > 0) {
      exit = s.run_steps(entry.stop_exactly - s.guest_retired());
    } else {
      exit = s.run_blocks();
    }
    if (s.broken) {
      return *s.broken;
    }
    if (exit) {
      return *exit;
    }
  }
}

// Whole blocks, until an exit (returned) or until run() has to look again.
std::optional<Exit> UnicornEngine::State::run_blocks() {
  hook_stop = HookStop::None;
  if (suspended == Suspended::InPortHook) {
    set_targets(static_cast<std::uint64_t>(block_end()));
  } else {
    look_again = false;
    added = added_now;
    set_targets(retired_now);
    block = 0;
    if (interrupt_shadow || mode_may_have_changed || if_may_have_changed) {
      force_slow_path();
    }
    leave_hook =
        leave_hook || privilege_switch.has_value() || code_stale || ranges_stale || code_hook != 0;
  }
  fiber->resume();
  if (suspended != Suspended::Idle || hook_stop == HookStop::None) {
    return exit;
  }
  forget_registers();
  retired_now = static_cast<std::uint64_t>(limit - true_remaining());
  added_now = added;
  if (hook_stop == HookStop::TargetReached) {
    return Exit{BudgetSpent{}};
  }
  if (hook_stop == HookStop::BufferFull) {
    code_stale = true;
    return std::nullopt;
  }
  if (hook_stop == HookStop::ModeChanged) {
    return std::nullopt;  // live() sees to it
  }
  if (hook_stop == HookStop::WatchReached) {
    note_watch(stepped, 0);
    stopped_short = interrupt_shadow || !stepped.interruptible;
    return Exit{AddressReached{}};
  }
  return std::nullopt;
}

// Inside the canonical block one by one, until so many of the guest's instructions are done.
std::optional<Exit> UnicornEngine::State::run_steps(std::uint64_t guest_steps) {
  std::int32_t steps = block_rest;
  const std::int32_t index = stepped.count - block_rest;  // of the next instruction
  hook_stop = HookStop::None;
  if (suspended != Suspended::InPortHook) {
    std::int32_t intercept = monitor ? -1 : stepped.intercept_index;
    if (stepped_user_port) {
      intercept = instructions_until_port();
    }
    if (intercept == index && index == 0 && intercept_to_pass == address_of(block)) {
      intercept_to_pass.reset();
      intercept = -1;
      stepped.count = block_rest = steps = 1;  // what follows is looked at anew
    }
    if (intercept == index) {
      block_rest = 0;
      intercept_to_pass.reset();
      return stepped_user_port ? Exit{Faulted{13, 0, Gva(0)}} : Exit{Intercepted{}};
    }
    if (intercept > index) {
      steps = std::min(steps, intercept - index);
    }
    const std::int32_t watched_index = next_watched(stepped, index, guest_retired());
    if (watched_index == index) {
      note_watch(stepped, index);
      return Exit{AddressReached{}};
    }
    if (watched_index > index) {
      steps = std::min(steps, watched_index - index);
    }
    limit = static_cast<std::int64_t>(retired_now);
    steps_left = steps;
    guest_steps_left = guest_steps;
    added = added_now;
    steps_done = 0;
    stepping = true;
  }
  fiber->resume();
  if (suspended == Suspended::InPortHook) {
    return exit;
  }
  stepping = false;
  if (suspended == Suspended::Idle && hook_stop == HookStop::StepsDone) {
    forget_registers();
    retired_now = static_cast<std::uint64_t>(limit + steps_done);
    added_now = added;
    block_rest -= steps_done;
    if (block_rest == 0) {
      interrupt_shadow = stepped.ends_with_shadow;
      if (stepped.may_change_mode) {
        refresh_space();
      }
      if (stepped.may_change_if && entry.stop_when_if_may_change && !interrupt_shadow) {
        return Exit{BudgetSpent{}};
      }
    }
    return std::nullopt;
  }
  block_rest = 0;
  if (stepped.may_change_mode) {
    refresh_space();
  }
  return exit;
}

// The index of the stepped block's first port instruction that has not run yet.
std::int32_t UnicornEngine::State::instructions_until_port() const {
  const std::int32_t index = stepped.count - block_rest;
  for (const std::int32_t port : stepped.port_indices) {
    if (port >= index) {
      return port;
    }
  }
  return -1;
}

std::uint64_t UnicornEngine::retired() const { return state_->guest_retired(); }
std::uint64_t UnicornEngine::added() const { return state_->added_now; }

bool UnicornEngine::inside_block() const {
  return state_->block_rest > 0 || state_->suspended == Suspended::InPortHook ||
         state_->stopped_short;
}

void UnicornEngine::switch_privilege(const PrivilegeSwitch& to) { state_->privilege_switch = to; }

void UnicornEngine::intercept(const Intercepts& wanted) {
  if (state_->intercepts == wanted) {
    return;
  }
  state_->intercepts = wanted;
  state_->counter.clear();
  state_->block_rest = 0;  // a block cut here is over: what comes next is looked at anew
}

void UnicornEngine::pass_intercepted(Gva at) { state_->intercept_to_pass = at.value; }

void UnicornEngine::flush_tlb() { state_->tlb_stale = true; }
void UnicornEngine::enter_address_space(std::uint64_t tag) {
  State& s = *state_;
  if (s.monitor) {
    s.use_space(tag);
    return;
  }
  s.given_space = tag;
  s.refresh_space();
}

void UnicornEngine::limit_memory(Mpa end) {
  State& s = *state_;
  GV_CHECK(end.value <= s.machine.size() && end.page_offset() == 0);
  s.leave_hook = s.leave_hook || s.memory_end != end.value;  // live() sees to it
  s.memory_end = end.value;
}

void UnicornEngine::leave_block() {
  state_->block_rest = 0;
  state_->interrupt_shadow = state_->stopped_short = false;
}

void UnicornEngine::forget_code() {
  state_->code_stale = true;
  state_->counter.clear();
  state_->trap_index.clear();
}

void UnicornEngine::forget_code(Gva first, std::uint64_t bytes) {
  State& s = *state_;
  const std::uint64_t end = first.value + bytes;
  s.counter.forget(first.value, end);
  s.trap_index.clear();
  // Unicorn finds the code through the CPU's tables and rights of this moment.
  const bool reachable = (s.read_register(UC_X86_REG_CS) & 3) != 3;
  if (s.code_stale || !reachable || s.suspended == Suspended::InPortHook) {
    s.code_stale = true;
    s.leave_hook = true;
    return;
  }
  uc_ctl_remove_cache(s.uc, first.value, end);
}

void UnicornEngine::set_code_map(const CodeMap* map) {
  State& s = *state_;
  s.map = map;
  GV_CHECK(!s.is_wide);
  uc_hook_del(s.uc, s.narrow.block_hook);
  GV_CHECK(UnicornHooks::install_block_hook(s, s.narrow));
  forget_code();
}

}  // namespace gv
