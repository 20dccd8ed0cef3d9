// SPDX-License-Identifier: MIT
//
// unicorn_hooks.cpp - Unicorn's callbacks, turned into counts and exits.

#include "engine/unicorn_state.h"

#include "x86/control_registers.h"

namespace gv {

namespace {

// Generous figures for the code that Unicorn emits, callbacks included.
constexpr std::uint64_t kBlockOverhead = 320;
constexpr std::uint64_t kHostBytesPerInstruction = 96;
constexpr std::uint64_t kFlushAt = kTranslationBufferBytes / 4 * 3;

using State = UnicornEngine::State;

// Ends uc_emu_start before the instruction at `address`. EIP is written because
// Unicorn does not always bring it up to date: a block that was reached by a
// chained jump may still show an earlier one.
void stop_before(State& s, std::uint64_t address, HookStop why) {
  s.hook_stop = why;
  s.write_register(s.ids->instruction_pointer, s.offset_of(address));
  uc_emu_stop(s.uc);
}

State& state_of(void* user) { return *static_cast<State*>(user); }

// A block that is not simply counted and run: a target is near, its facts are
// unknown or ask for attention, or the previous block asked for a look.
void block_needs_thought(State& s, std::uint64_t address, std::uint32_t size,
                         std::int32_t known_count) {
  if (known_count > 0) {
    s.remaining += known_count;  // undo the hot path's subtraction
  }
  const bool shadow = std::exchange(s.interrupt_shadow, false);
  const bool if_changed = std::exchange(s.if_may_have_changed, false);
  s.set_remaining(s.true_remaining());
  if (std::exchange(s.mode_may_have_changed, false)) {
    if (s.in_long_mode() != s.is_wide) {
      s.interrupt_shadow = shadow;
      s.if_may_have_changed = if_changed;
      s.block_rest = 0;
      stop_before(s, address, HookStop::ModeChanged);
      return;
    }
    s.refresh_space();
    s.true_cr2 = s.monitor ? 0 : s.read_register(UC_X86_REG_CR2);
    s.block = block_key(address, size, s.space_bits);
  }
  const std::int64_t at = s.limit - s.remaining;  // retired when this block starts
  const BlockFacts* facts = s.facts_of(address, size, s.block);

  const auto stop = [&](HookStop why) {
    s.block_rest = 0;
    if (why == HookStop::WatchReached || why == HookStop::MemoryTouched ||
        why == HookStop::BufferFull) {
      // The block will start once more, and then all this must be as it was.
      s.interrupt_shadow = shadow;
      s.if_may_have_changed = if_changed;
    }
    stop_before(s, address, why);
  };
  if (s.abandoned) {
    stop(HookStop::TargetReached);
    return;
  }
  if (s.buffer_used > kFlushAt) {
    stop(HookStop::BufferFull);
    return;
  }
  if (!shadow && facts->interruptible &&
      (static_cast<std::uint64_t>(at) >= s.entry.stop_at_block ||
       (if_changed && s.entry.stop_when_if_may_change))) {
    stop(HookStop::TargetReached);
    return;
  }
  if (s.memory_watch.touched() && facts->interruptible) {
    stop(HookStop::MemoryTouched);
    return;
  }
  // Port I/O from ring 3 traps on a CPU whose IOPL forbids it; Unicorn lets it
  // pass. Step up to it and raise the #GP that the hardware would.
  const bool user_port = facts->has_port_io && (s.read_register(UC_X86_REG_CS) & 3) == 3 &&
                         x86::eflags::iopl(s.read_register(UC_X86_REG_EFLAGS)) < 3;
  // At ring 1 to 3 these instructions trap by themselves.
  const bool intercept = facts->intercept_index >= 0 && !s.monitor;
  const std::uint64_t guest_at = static_cast<std::uint64_t>(at) - s.added;
  const std::int32_t watched = s.next_watched(*facts, 0, guest_at);
  if (watched == 0) {
    s.stepped = *facts;
    stop(HookStop::WatchReached);
    return;
  }
  // Also when the target is the block's end: a privileged instruction there may
  // belong to the translation without belonging to the block's size.
  const bool target_inside =
      watched > 0 ||
      guest_at + static_cast<std::uint64_t>(facts->count - facts->added) >= s.entry.stop_exactly;
  if (intercept || user_port || target_inside) {
    stop(HookStop::StepNeeded);
    s.block_rest = facts->count;
    s.stepped = *facts;
    s.stepped_user_port = user_port;
    return;
  }
  s.remaining -= facts->count;
  if (facts->added != 0) {
    s.added += static_cast<std::uint64_t>(facts->added);
  }
  if (s.map != nullptr) {
    s.set_targets(static_cast<std::uint64_t>(s.block_end()));
  }
  s.ports_touched = 0;
  s.fpu_used = s.fpu_used || facts->uses_fpu;
  s.mode_may_have_changed = facts->may_change_mode;
  // In the shadow of STI nothing may be delivered yet: look once more after this block.
  s.if_may_have_changed = facts->may_change_if || (shadow && if_changed);
  s.interrupt_shadow = facts->ends_with_shadow;
  if (s.mode_may_have_changed || s.if_may_have_changed || s.interrupt_shadow ||
      s.memory_watch.touched()) {
    s.force_slow_path();
  }
}

// What the BLOCK hook does besides counting. Not inlined, so that the hook itself needs no stack
// frame: it runs at every block, and saving six registers would be half of its cost.
[[gnu::noinline]] void block_not_counted(State& s, std::uint64_t address, std::uint32_t size,
                                         std::int32_t count) {
  if (s.stepping) {
    return;  // the CODE hook counts; these blocks are not canonical
  }
  if (s.monitor && address == s.monitor->iret_stub.value) {
    s.block = 0;
    return;  // the hypervisor's own instruction
  }
  block_needs_thought(s, address, size, count);
}

// Hands a port access to the run loop; returns after it answered.
void exit_for_port(State& s, const PortAccessed& access) {
  if (s.stepping) {
    // The CODE hook has counted this instruction already.
    s.count_steps(false);
    s.rip = s.offset_of(s.step_address);
  } else {
    // Unicorn 2.1.1 leaves EIP at the block's start here; the n-th port access
    // of a block is its n-th port instruction.
    const BlockFacts* facts = s.counter.facts(s.block);
    const auto n = static_cast<std::size_t>(s.ports_touched++);
    const std::uint16_t offset =
        facts != nullptr && n < facts->port_offsets.size() ? facts->port_offsets[n] : 0;
    const std::uint64_t linear = s.address_of(s.block) + offset;
    s.count_to(linear);
    s.rip = s.offset_of(linear);
  }
  if (s.abandoned) {
    return;
  }
  s.exit = access;
  s.suspended = Suspended::InPortHook;
  s.rip_valid = true;
  s.suspend();
  s.suspended = Suspended::Idle;
}

// Hands over s.exit in the middle of a hook that a stop ends exactly, and goes on with the answer.
// Unicorn will find RIP so many bytes ahead of where it is put.
void exit_in_hook(State& s, std::uint64_t rip_ahead) {
  if (!s.abandoned) {
    s.suspended = Suspended::InTrapHook;
    s.suspend();
    s.suspended = Suspended::Idle;
  }
  if (s.leave_hook || s.abandoned) {
    uc_emu_stop(s.uc);
    return;
  }
  s.apply_in_trap_hook(rip_ahead);
}

}  // namespace

namespace {

enum class Blocks : std::uint8_t { Plain, Mapped, Wide };

template <Blocks kKind>
[[gnu::always_inline]] inline void count_block(std::uint64_t address, std::uint32_t size,
                                               void* user) {
  State& s = state_of(user);
  if constexpr (kKind == Blocks::Wide) {
    if (address >> 32 != s.high_half) [[unlikely]] {
      s.use_high_half(address >> 32);
    }
  }
  const BlockKey key = block_key(address, size, s.space_bits);
  const BlockCounter::Slot& slot = s.counter.slot(key);
  s.block = key;
  std::int32_t count = -1;
  if (slot.key == key) [[likely]] {
    count = slot.count;
    s.remaining -= slot.count;
    // Not at zero either: a privileged instruction may follow in the same translation.
    if (s.remaining > 0) [[likely]] {
      if constexpr (kKind == Blocks::Mapped) {
        s.added += slot.added;
      }
      return;
    }
  }
  block_not_counted(s, address, size, count);
}

}  // namespace

void UnicornHooks::block(uc_engine*, std::uint64_t address, std::uint32_t size, void* user) {
  count_block<Blocks::Plain>(address, size, user);
}

void UnicornHooks::wide_block(uc_engine*, std::uint64_t address, std::uint32_t size, void* user) {
  count_block<Blocks::Wide>(address, size, user);
}

void UnicornHooks::mapped_block(uc_engine*, std::uint64_t address, std::uint32_t size, void* user) {
  count_block<Blocks::Mapped>(address, size, user);
}

void UnicornHooks::translated(uc_engine*, uc_tb* current, uc_tb*, void* user) {
  State& s = state_of(user);
  // A block that rewrites itself is translated twice more, unseen.
  s.buffer_used += 3 * (kBlockOverhead + kHostBytesPerInstruction * current->icount);
  if (s.buffer_used > kFlushAt) {
    s.force_slow_path();
  }
  if (s.stepping) {
    return;
  }
  std::array<std::uint8_t, 8192> bytes;
  const std::size_t wanted = std::min<std::size_t>(current->size, bytes.size());
  const std::size_t got = s.read_code(current->pc, bytes.data(), wanted);
  if (got == wanted) {
    s.counter.code_translated(s.key_of(current->pc, current->size),
                              s.read_facts(current->pc, bytes.data(), got));
    s.trap_index.clear();
  }
}

void UnicornHooks::trap(uc_engine*, std::uint32_t vector, void* user) {
  State& s = state_of(user);
  uc_context_save(s.uc, s.context);
  s.forget_registers();
  s.rip = s.read_rip();
  s.rip_valid = true;
  const std::uint64_t linear = s.linear(s.rip);

  if (s.stepping) {
    // A fault has not retired; INT n has, and stands after itself.
    const bool completed = linear != s.step_address;
    s.count_steps(completed);
  } else {
    s.count_to(linear);
  }

  // A SETcc, RCL or RCR whose store faults leaves bits in EFLAGS that are no flags. Among them may
  // be VM, by which segments would be loaded as in real mode.
  if (s.is_wide && (s.rflags_now() & ~x86::eflags::kLegalInLongMode) != 0) {
    s.eflags &= x86::eflags::kLegalInLongMode;
    s.eflags_dirty = true;
  }

  std::uint32_t error = 0;
  std::memcpy(&error, reinterpret_cast<const std::uint8_t*>(s.context) + s.layout.error_code,
              sizeof error);
  // Whether it was INT n. Contributory exceptions leave their vector behind (it
  // was clear before); of the others, INT n stands after its own two bytes.
  std::int32_t raised = -1;
  std::memcpy(&raised, reinterpret_cast<const std::uint8_t*>(s.context) + s.layout.old_exception,
              sizeof raised);
  bool software = false;
  if (raised == -1) {
    std::uint8_t before[2] = {0, 0};
    s.read_code(linear - 2, before, sizeof before);
    const bool one_byte_form =
        (vector == 3 && before[1] == 0xcc) || (vector == 4 && before[1] == 0xce);
    software = one_byte_form || (before[0] == 0xcd && before[1] == vector);
  }
  if (software) {
    s.exit = SoftwareInterrupted{static_cast<std::uint8_t>(vector)};
  } else {
    Faulted fault{static_cast<std::uint8_t>(vector), error, Gva(0)};
    if (vector == 14) {
      s.true_cr2 = s.read_register(UC_X86_REG_CR2) & (s.is_wide ? ~0ull : 0xffffffffull);
      fault.address = Gva(s.true_cr2);
    }
    s.exit = fault;
  }

  exit_in_hook(s, 0);
}

// SYSCALL in 64-bit code; elsewhere it is an invalid opcode, as on Intel's CPUs. Unicorn itself
// does nothing but call this, with RIP at the instruction, and go on behind it.
void UnicornHooks::system_call(uc_engine*, void* user) {
  State& s = state_of(user);
  const std::uint64_t here = s.read_rip();
  const std::uint64_t linear = s.linear(here);
  std::array<std::uint8_t, 15> bytes{};
  s.read_code(linear, bytes.data(), bytes.size());
  const auto opcode = std::find(bytes.begin(), bytes.end(), 0x0f);  // behind any prefixes
  const auto length = static_cast<std::uint64_t>(opcode - bytes.begin()) + 2;
  const bool valid = s.code_segment().bits == 64 && (s.extended_features() & x86::efer::SCE) != 0;
  if (valid && !s.intercepts.system_calls) {
    s.enter_system_call(here + length, length);
    return;
  }
  uc_context_save(s.uc, s.context);
  s.forget_registers();
  if (s.stepping) {
    s.count_steps(valid);
  } else {
    s.count_to(valid ? linear + length : linear);
  }
  s.rip = valid ? here + length : here;
  s.rip_valid = s.rip_dirty = true;
  s.exit = valid ? Exit{SystemCallExecuted{}} : Exit{InvalidOpcode{}};
  exit_in_hook(s, length);
}

std::uint32_t UnicornHooks::port_in(uc_engine*, std::uint32_t port, int size, void* user) {
  State& s = state_of(user);
  s.forget_registers();
  exit_for_port(
      s, {static_cast<std::uint16_t>(port), static_cast<std::uint8_t>(size), Direction::Read, 0});
  return s.entry.port_reply;
}

void UnicornHooks::port_out(uc_engine*, std::uint32_t port, int size, std::uint32_t value,
                            void* user) {
  State& s = state_of(user);
  s.forget_registers();
  exit_for_port(s, {static_cast<std::uint16_t>(port), static_cast<std::uint8_t>(size),
                    Direction::Write, value});
}

// Only while memory is watched. The address is the machine's, and EIP is exact here: Unicorn
// brings it up to date before each access when there are MEM hooks.
void UnicornHooks::memory(uc_engine*, uc_mem_type type, std::uint64_t address, int size,
                          std::int64_t, void* user) {
  State& s = state_of(user);
  MemoryTouch touch{0,
                    0,
                    0,
                    Mpa(address),
                    static_cast<std::uint32_t>(size),
                    type == UC_MEM_WRITE ? Direction::Write : Direction::Read};
  const std::uint64_t linear = s.linear(s.read_rip());
  if (!s.memory_watch.wants(touch) || s.abandoned ||
      (s.monitor && linear == s.monitor->iret_stub.value)) {
    return;
  }
  const UnicornEngine::State::Counts counts =
      s.stepping
          ? UnicornEngine::State::Counts{static_cast<std::uint64_t>(s.limit + s.steps_done - 1),
                                         s.added - (s.step_retires ? 0u : 1u)}
          : s.counts_at(linear);
  touch.before = counts.executed - counts.added;
  touch.retired = touch.before + 1;
  touch.executed = counts.executed;
  s.memory_watch.note(touch);
  if (s.stepping) {
    s.steps_left = 0;  // stop after this one
  } else {
    s.force_slow_path();
  }
}

// Only while stepping: called before each instruction, and a stop here is exact.
void UnicornHooks::instruction(uc_engine*, std::uint64_t address, std::uint32_t, void* user) {
  State& s = state_of(user);
  if (s.monitor && address == s.monitor->iret_stub.value) {
    return;
  }
  if (s.steps_left == 0 || s.guest_steps_left == 0 || s.abandoned) {
    stop_before(s, address, HookStop::StepsDone);
    return;
  }
  --s.steps_left;
  ++s.steps_done;
  s.step_retires =
      s.map == nullptr || !s.map->covers(Gva(address)) || s.map->step_at(Gva(address)).retires;
  s.guest_steps_left -= s.step_retires ? 1 : 0;
  s.added += s.step_retires ? 0 : 1;
  s.step_address = address;
}

// Physical addresses that no memory answers float high, as an empty bus does.
std::uint64_t UnicornHooks::bus_read(uc_engine*, std::uint64_t, unsigned, void*) {
  return ~std::uint64_t{0};
}
void UnicornHooks::bus_write(uc_engine*, std::uint64_t, unsigned, std::uint64_t, void*) {}

bool UnicornHooks::install_block_hook(State& s, UnicornInstance& instance) {
  auto* callback = s.map != nullptr       ? &UnicornHooks::mapped_block
                   : &instance == &s.wide ? &UnicornHooks::wide_block
                                          : &UnicornHooks::block;
  return uc_hook_add(instance.uc, &instance.block_hook, UC_HOOK_BLOCK,
                     reinterpret_cast<void*>(callback), &s, 1, 0) == UC_ERR_OK;
}

bool UnicornHooks::install(State& s, UnicornInstance& instance) {
  uc_hook hook = 0;
  const auto add = [&](int type, auto* callback, auto... extra) {
    return uc_hook_add(instance.uc, &hook, type, reinterpret_cast<void*>(callback), &s, 1, 0,
                       extra...) == UC_ERR_OK;
  };
  return install_block_hook(s, instance) &&
         add(UC_HOOK_EDGE_GENERATED, &UnicornHooks::translated) &&
         add(UC_HOOK_INTR, &UnicornHooks::trap) &&
         add(UC_HOOK_INSN, &UnicornHooks::system_call, UC_X86_INS_SYSCALL) &&
         add(UC_HOOK_INSN, &UnicornHooks::port_in, UC_X86_INS_IN) &&
         add(UC_HOOK_INSN, &UnicornHooks::port_out, UC_X86_INS_OUT);
}

}  // namespace gv
