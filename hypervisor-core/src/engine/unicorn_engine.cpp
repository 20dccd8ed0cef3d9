// SPDX-License-Identifier: MIT
//
// unicorn_engine.cpp - entering the guest, stopping exactly, saving and restoring.

#include "engine/unicorn_engine.h"

#include "engine/unicorn_state.h"
#include "x86/control_registers.h"

namespace gv {

namespace {

// An address that no guest runs: Unicorn retranslates the block at `until` each time.
// (Its list of exit addresses instead of `until` loses hooks added later, in 2.1.1.)
constexpr std::uint64_t kNever = 0xffffffff;
constexpr std::uint64_t kAddressSpaceEnd = std::uint64_t{1} << 32;
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
  if (const uc_err error = uc_open(UC_ARCH_X86, UC_MODE_32, &s.uc)) {
    return engine_broke(error, "opening a CPU");
  }
  std::unique_ptr<UnicornEngine> engine(new UnicornEngine(std::move(state)));
  // Before anything else: later Unicorn has already reserved its default.
  uc_ctl_set_tcg_buffer_size(s.uc, kTranslationBufferBytes);
  if (const uc_err error = uc_mem_map_ptr(s.uc, 0, memory.size(), UC_PROT_ALL, memory.at(Mpa(0)))) {
    return engine_broke(error, "mapping the machine's memory");
  }
  if (memory.size() < kAddressSpaceEnd) {
    uc_mmio_map(s.uc, memory.size(), kAddressSpaceEnd - memory.size(), &UnicornHooks::bus_read,
                nullptr, &UnicornHooks::bus_write, nullptr);
  }
  // A fresh Unicorn has no FPU defaults; 0 would mean single precision.
  std::uint64_t value = 0x37f;
  uc_reg_write(s.uc, UC_X86_REG_FPCW, &value);
  value = 0x1f80;
  uc_reg_write(s.uc, UC_X86_REG_MXCSR, &value);
  s.context_size = uc_context_size(s.uc);
  if (!UnicornHooks::install(s) || uc_context_alloc(s.uc, &s.context) != UC_ERR_OK ||
      uc_context_alloc(s.uc, &s.ring0) != UC_ERR_OK) {
    return Error{ErrorCode::Internal, "Unicorn refused a hook or a context"};
  }
  s.fiber = std::make_unique<Fiber>([](void* self) { static_cast<State*>(self)->live(); }, &s);
  return engine;
}

UnicornEngine::~UnicornEngine() {
  State& s = *state_;
  s.leave_uc();
  s.fiber.reset();
  if (s.context != nullptr) {
    uc_context_free(s.context);
  }
  if (s.ring0 != nullptr) {
    uc_context_free(s.ring0);
  }
  if (s.uc != nullptr) {
    uc_close(s.uc);
  }
}

Result<void> UnicornEngine::set_up_monitor(const MonitorPages& pages) {
  State& s = *state_;
  s.apply_idle();
  set_idtr(pages.idtr);
  uc_x86_mmr tr{};
  tr.selector = pages.task_register.selector;
  tr.base = pages.task_register.base;
  tr.limit = pages.task_register.limit;
  tr.flags = std::uint32_t{pages.task_register.attributes} << 8;
  uc_reg_write(s.uc, UC_X86_REG_TR, &tr);
  if (const uc_err error = uc_context_save(s.uc, s.ring0)) {
    return engine_broke(error, "saving the ring-0 template");
  }
  s.monitor = pages;
  return {};
}

// The fiber's whole life: apply what is pending, run, hand over why it ended.
void UnicornEngine::State::live() {
  for (;;) {
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
    const uc_err error = uc_emu_start(uc, read_register(UC_X86_REG_EIP), kNever, 0, 0);
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
  eip = static_cast<std::uint32_t>(read_register(UC_X86_REG_EIP));
  eip_valid = true;
  const std::uint64_t linear = eip + code_segment().base;
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

namespace {

constexpr const char* kNo64BitCode =
    "the guest has entered 64-bit code, and Unicorn is used here as a 32-bit CPU; use --engine "
    "interpreter, or --engine kvm --technique hardware-assisted";

}  // namespace

Result<Exit> UnicornEngine::run(const Entry& entry) {
  State& s = *state_;
  s.entry = entry;
  s.broken.reset();
  s.stopped_short = false;
  for (;;) {
    std::optional<Exit> exit;
    if (s.suspended != Suspended::InPortHook) {
      const bool whole = s.map == nullptr || s.interruptible_at(rip() + code_base());
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
    if (s.known_segment_valid && s.known_segment.bits == 64) {
      return Error{ErrorCode::NotAvailable, kNo64BitCode};
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
    if (intercept == index && index == 0 && intercept_to_pass == (block & 0xffffffffu)) {
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
  state_->intercepts = wanted;
  state_->counter.clear();
  state_->block_rest = 0;  // a block cut here is over: what comes next is looked at anew
}

void UnicornEngine::pass_intercepted(Gva at) { state_->intercept_to_pass = at.value; }

void UnicornEngine::flush_tlb() { state_->tlb_stale = true; }
void UnicornEngine::enter_address_space(std::uint64_t tag) { state_->use_space(tag); }

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
  uc_hook_del(s.uc, s.block_hook);
  GV_CHECK(UnicornHooks::install_block_hook(s));
  forget_code();
}

// What a saved state holds after Unicorn's own context image.
struct PendingRegisters {
  std::array<std::uint32_t, 8> gprs;
  std::uint32_t gprs_dirty, eip, eflags;
  bool gprs_valid, eip_valid, eip_dirty, eflags_valid, eflags_dirty, interrupt_shadow, fpu_used;
  std::array<std::int32_t, kSegmentCount> selectors;  // -1: none pending
  bool switching;
  PrivilegeSwitch privilege_switch;
  std::uint64_t space_tag_bits;
  std::uint64_t true_cr2, added;
};

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
  p.eip = s.eip;
  p.eflags = s.eflags;
  p.gprs_valid = s.gprs_valid;
  p.eip_valid = s.eip_valid;
  p.eip_dirty = s.eip_dirty;
  p.eflags_valid = s.eflags_valid;
  p.eflags_dirty = s.eflags_dirty;
  p.interrupt_shadow = s.interrupt_shadow;
  p.fpu_used = s.fpu_used;
  for (std::size_t i = 0; i < s.selectors.size(); ++i) {
    p.selectors[i] = s.selectors[i] ? *s.selectors[i] : -1;
  }
  p.switching = s.privilege_switch.has_value();
  p.privilege_switch = s.privilege_switch.value_or(PrivilegeSwitch{});
  p.space_tag_bits = s.space_bits;
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
  PendingRegisters p{};
  if (state.context.size() != s.context_size + sizeof p) {
    return Error{ErrorCode::InvalidInput, "the saved CPU state is of another engine version"};
  }
  s.leave_uc();
  s.leave_hook = false;
  s.stepping = false;
  s.block_rest = 0;
  s.stopped_short = false;
  s.memory_watch.forget();
  std::memcpy(s.context, state.context.data(), s.context_size);
  uc_context_restore(s.uc, s.context);
  std::memcpy(&p, state.context.data() + s.context_size, sizeof p);
  s.gprs = p.gprs;
  s.gprs_dirty = p.gprs_dirty;
  s.eip = p.eip;
  s.eflags = p.eflags;
  s.gprs_valid = p.gprs_valid;
  s.eip_valid = p.eip_valid;
  s.eip_dirty = p.eip_dirty;
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
  s.space_bits = p.space_tag_bits;
  s.true_cr2 = p.true_cr2;
  s.mode_may_have_changed = s.if_may_have_changed = false;
  s.retired_now = state.retired;
  s.added = s.added_now = p.added;
  s.known_segment_valid = false;
  s.tlb_stale = true;
  forget_code();
  return {};
}

}  // namespace gv
