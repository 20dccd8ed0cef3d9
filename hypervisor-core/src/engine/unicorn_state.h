// SPDX-License-Identifier: MIT
//
// unicorn_state.h - what the Unicorn engine's source files share.
//
// Private to unicorn_engine.cpp (running), unicorn_hooks.cpp (callbacks),
// unicorn_counting.cpp (blocks), unicorn_watch.cpp, unicorn_registers.cpp,
// unicorn_instances.cpp (the 32-bit Unicorn and the 64-bit one) and
// unicorn_saved_state.cpp; the only header that sees unicorn.h.

#pragma once

#include "engine/block_counter.h"
#include "engine/fiber.h"
#include "engine/unicorn_calibration.h"
#include "engine/unicorn_engine.h"
#include "memory/page_walker.h"
#include "x86/control_registers.h"

#include <unicorn/unicorn.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

namespace gv {

// Small, because flushing it costs time in proportion: 1.5 ms at 8 MiB, 4 ms at
// 16 MiB, seconds at Unicorn's default of 1 GiB.
inline constexpr std::uint32_t kTranslationBufferBytes = 8u << 20;

// Why the engine stopped uc_emu_start by itself, in a BLOCK or CODE hook.
enum class HookStop : std::uint8_t {
  None,
  TargetReached,  // a block boundary at or beyond stop_at_block
  StepNeeded,     // the next block must be stepped: a target or an intercept lies inside
  StepsDone,      // the CODE hook counted to its end
  WatchReached,
  MemoryTouched,
  BufferFull,   // translated code is about to fill Unicorn's buffer
  ModeChanged,  // the guest entered or left long mode: the other Unicorn goes on
};

// Where the fiber stands while the run loop has the CPU. A trap is also a SYSCALL that exits.
enum class Suspended : std::uint8_t { Idle, InTrapHook, InPortHook };

// How Unicorn names registers in a mode, and how many general ones there are.
struct UnicornRegisterIds {
  std::array<int, kGprCount> gpr;
  int gpr_count;
  int instruction_pointer;
};
const UnicornRegisterIds& register_ids(uc_mode mode);

// One Unicorn CPU. Which registers its interface shows and loads is fixed when it is opened.
struct UnicornInstance {
  uc_engine* uc = nullptr;
  uc_context* context = nullptr;  // scratch; also of the trap being handled
  uc_hook block_hook = 0;
  std::uint64_t memory_end = 0;    // machine memory below is mapped; 0: nothing is
  std::uint64_t memory_split = 0;  // where one of Unicorn's regions of it ends and another begins
};

struct UnicornEngine::State {
  explicit State(MachineMemory& memory)
      : machine(memory),
        memory_end(memory.size()),
        view(memory, P2m::identity(memory.frames())),
        walker(view) {}

  // The one that runs the guest. UC_MODE_32 shows no 64-bit register and starts nowhere above
  // 4 GiB; UC_MODE_64 cannot load segment registers. So each does what it can: the 64-bit one,
  // opened when a guest first enters long mode, runs it there, and the 32-bit one loads for it.
  uc_engine* uc = nullptr;
  uc_context* context = nullptr;
  UnicornInstance narrow, wide;
  bool is_wide = false;
  const UnicornRegisterIds* ids = &register_ids(UC_MODE_32);
  uc_context* ring0 = nullptr;  // the template every monitor entry starts from
  std::size_t context_size = 0;
  UnicornContextLayout layout;
  MachineMemory& machine;
  std::uint64_t memory_end;  // the CPU is to reach machine memory below
  GuestMemory view;          // machine memory as the MMU sees it: identity
  PageWalker walker;
  std::optional<MonitorPages> monitor;
  std::unique_ptr<Fiber> fiber;
  bool dying = false;

  // Counting. `limit - remaining` is the absolute count at the end of the block begun last.
  BlockCounter counter;
  BlockKey space_bits = 0;
  std::int64_t limit = 0, remaining = 0;
  // Where code is not the guest's, and how many such instructions ran up to the end of the block
  // begun last. `remaining` counts all instructions; the guest's are the difference.
  const CodeMap* map = nullptr;
  std::uint64_t added = 0;
  std::uint64_t added_now = 0;  // at the exit handed over
  BlockKey block = 0;           // the block begun last; 0 when none since the last entry
  // The upper half of the addresses that `space_bits` is for. A key has room for the lower.
  std::uint64_t high_half = 0;
  std::int32_t ports_touched = 0;   // in that block
  bool look_again = false;          // take the slow path at the next block, whatever it is
  std::int64_t kept_remaining = 0;  // `remaining` while look_again forces it negative
  bool mode_may_have_changed = false, if_may_have_changed = false, interrupt_shadow = false;
  bool fpu_used = false;
  Entry entry;
  HookStop hook_stop = HookStop::None;
  std::unordered_map<BlockKey, std::int32_t> trap_index;  // (block, offset) to instructions before

  Intercepts intercepts;
  std::optional<std::uint64_t> intercept_to_pass;  // the linear address of that instruction
  std::vector<std::uint64_t> watched;
  std::uint64_t watch_passed = UINT64_MAX;  // the count at the watched address reported last
  std::uint64_t watch_passed_at = 0;        // that address
  // The watched instruction there was reported: not again before the CPU has left it.
  void note_watch(const BlockFacts& facts, std::int32_t index);
  // The first watched instruction from `index` on that has not been reported; -1: none.
  std::int32_t next_watched(const BlockFacts& facts, std::int32_t index,
                            std::uint64_t retired_at_index) const;
  // Memory accesses: hooks while there are ranges, none otherwise.
  MemoryWatch memory_watch;
  bool ranges_stale = false;
  std::vector<uc_hook> memory_hooks;
  void install_memory_hooks();
  BlockFacts read_facts(std::uint64_t address, const std::uint8_t* bytes, std::size_t size);

  // Stepping inside a canonical block.
  std::int32_t block_rest = 0;     // instructions of it still to come; 0 at a boundary
  BlockFacts stepped;              // its facts
  bool stepped_user_port = false;  // its port instructions raise #GP
  std::int32_t steps_left = 0;
  std::int32_t steps_done = 0;
  std::uint64_t guest_steps_left = 0;
  bool step_retires = true;  // the instruction being stepped
  bool stepping = false;
  std::uint64_t step_address = 0;  // linear address of the instruction being stepped
  uc_hook code_hook = 0;

  // The exit being handed over.
  Suspended suspended = Suspended::Idle;
  Exit exit;
  std::optional<Error> broken;
  std::uint64_t retired_now = 0;
  // Stopped in the shadow of STI or within a translated instruction: not a place for interrupts,
  // though at a block's start.
  bool stopped_short = false;
  bool leave_hook = false;  // end uc_emu_start instead of resuming in place
  bool parking = false;     // having left, wait instead of starting again
  bool abandoned = false;   // nothing that happens now matters: a restore follows
  // Address spaces and upper halves to small numbers.
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> spaces;
  std::uint64_t space_tag = 0;
  std::uint64_t given_space = 0;  // of a ring-0 guest whose tables are the hypervisor's

  // Registers: what was read and what is to be written.
  static constexpr std::uint32_t kAllGprs = 0xff;
  std::array<std::uint64_t, kGprCount> gprs{};
  bool gprs_valid = false;
  std::uint32_t gprs_dirty = 0;
  std::uint64_t rip = 0;
  std::uint32_t eflags = 0;
  bool rip_valid = false, rip_dirty = false, eflags_valid = false, eflags_dirty = false;
  std::array<std::optional<std::uint16_t>, kSegmentCount> selectors{};  // pending loads
  std::optional<PrivilegeSwitch> privilege_switch;
  std::uint64_t true_cr2 = 0;  // ring 0 without a monitor: what CR2 should hold
  bool tlb_stale = false;
  bool code_stale = false;
  // Host bytes that translations since the last flush may have taken. Unicorn's own
  // handling of a full buffer leaves a dangling block behind, so it must never get there.
  std::uint64_t buffer_used = 0;

  std::uint64_t read_register(int id) const {
    std::uint64_t value = 0;
    uc_reg_read(uc, id, &value);
    return value;
  }
  void write_register(int id, std::uint64_t value) { uc_reg_write(uc, id, &value); }
  std::uint64_t read_rip() const { return read_register(ids->instruction_pointer); }

  std::uint32_t rflags_now() {
    if (!eflags_valid) {
      eflags = static_cast<std::uint32_t>(read_register(UC_X86_REG_EFLAGS));
      eflags_valid = true;
    }
    return eflags;
  }

  void suspend() { fiber->suspend(); }
  void forget_registers();
  void load_gprs();
  // Applies pending writes while Unicorn is inside an INTR hook (in place), or idle.
  void apply_in_trap_hook(std::uint64_t rip_ahead);
  void apply_idle();
  void apply_monitor_entry();
  void clear_pending_exception();

  // unicorn_instances.cpp
  Result<void> open_instance(UnicornInstance& instance, uc_mode mode);
  static void close_instance(UnicornInstance& instance);
  // REQUIRES: idle.
  Result<void> lay_out_memory(UnicornInstance& instance, uc_mode mode);
  bool in_long_mode() const { return (extended_features() & x86::efer::LMA) != 0; }
  // Hands the CPU's state to the Unicorn that its mode needs. REQUIRES for both: idle.
  Result<void> settle_instance();
  Result<void> use_instance(uc_mode mode);
  void mode_was_set();
  // Loads what is pending of segments and rings. REQUIRES: no monitor.
  void load_segments();
  void load_segments_by(uc_engine* loader);
  // SYSCALL as the CPU executes it, in the middle of Unicorn's hook for it.
  void enter_system_call(std::uint64_t next_rip, std::uint64_t length);

  // Base and default size of the code segment, from the descriptor that CS names.
  struct CodeSegment {
    std::uint32_t base = 0;
    int bits = 32;
  };
  // Where linear addresses end: in 64-bit code they do not wrap at 4 GiB.
  std::uint64_t linear(std::uint64_t offset) {
    const CodeSegment code = code_segment();
    return code.bits == 64 ? offset : (offset + code.base) & 0xffffffffu;
  }
  std::uint64_t offset_of(std::uint64_t linear) {
    const CodeSegment code = code_segment();
    return code.bits == 64 ? linear : (linear - code.base) & 0xffffffffu;
  }

  CodeSegment code_segment();
  CodeSegment read_code_segment(std::uint16_t cs) const;
  std::uint64_t extended_features() const;  // EFER: a 32-bit guest may page as in long mode
  CodeSegment known_segment;  // of known_selector; void after far transfers and table loads
  std::uint16_t known_selector = 0;
  bool known_segment_valid = false;

  // Reads code through the tables that CR3 points to now; returns the bytes got.
  std::size_t read_code(std::uint64_t linear, std::uint8_t* out, std::size_t bytes) const;
  const BlockFacts* facts_of(std::uint64_t address, std::uint32_t size, BlockKey key);
  std::int32_t instructions_before(std::uint64_t linear);
  // The linear address of a block. REQUIRES: of the block begun last, or of one beside it.
  std::uint64_t address_of(BlockKey key) const { return (high_half << 32) | (key & 0xffffffffu); }
  void refresh_space();
  void use_space(std::uint64_t tag);
  void use_high_half(std::uint64_t high);
  BlockKey key_of(std::uint64_t address, std::uint32_t size);

  // unicorn_engine.cpp: what the fiber does, and the pieces of run().
  void live();
  void finish_start(uc_err error);
  void set_targets(std::uint64_t executed_at_block_end);
  // The count at `linear`, inside the block begun last.
  void count_to(std::uint64_t linear);
  struct Counts {
    std::uint64_t executed = 0, added = 0;
  };
  Counts counts_at(std::uint64_t linear);
  // The count while stepping, after the instruction being stepped completed or did not.
  void count_steps(bool completed) {
    retired_now = static_cast<std::uint64_t>(limit + steps_done - (completed ? 0 : 1));
    added_now = added - (completed || step_retires ? 0u : 1u);
  }
  std::uint64_t guest_retired() const { return retired_now - added_now; }
  bool interruptible_at(std::uint64_t linear) const;
  void leave_uc();
  void repair_after_lookups();
  void write_cr2(std::uint64_t value);
  std::optional<Exit> run_blocks();
  std::optional<Exit> run_steps(std::uint64_t guest_steps);
  std::int32_t instructions_until_port() const;
  std::int64_t true_remaining() const { return look_again ? kept_remaining : remaining; }
  std::int64_t block_end() const { return limit - true_remaining(); }
  // Instructions of `block`. Asked for at exits only: the hot path stores the key alone.
  std::int32_t block_count() const {
    const BlockFacts* facts = block == 0 ? nullptr : counter.facts(block);
    return facts == nullptr ? 0 : facts->count;
  }
  void set_remaining(std::int64_t value) {
    look_again = false;
    remaining = value;
  }
  void force_slow_path() {
    if (!look_again) {
      kept_remaining = remaining;
      remaining = INT64_MIN / 2;
      look_again = true;
    }
  }
};

// Callbacks from Unicorn. Static functions with C linkage types.
struct UnicornHooks {
  static void block(uc_engine* uc, std::uint64_t address, std::uint32_t size, void* user);
  // The same with a CodeMap: also sums up what is not the guest's.
  static void mapped_block(uc_engine* uc, std::uint64_t address, std::uint32_t size, void* user);
  // The same in long mode, where an address has an upper half.
  static void wide_block(uc_engine* uc, std::uint64_t address, std::uint32_t size, void* user);
  static void translated(uc_engine* uc, uc_tb* current, uc_tb* previous, void* user);
  static void trap(uc_engine* uc, std::uint32_t vector, void* user);
  static void system_call(uc_engine* uc, void* user);
  static std::uint32_t port_in(uc_engine* uc, std::uint32_t port, int size, void* user);
  static void port_out(uc_engine* uc, std::uint32_t port, int size, std::uint32_t value,
                       void* user);
  static void memory(uc_engine* uc, uc_mem_type type, std::uint64_t address, int size,
                     std::int64_t value, void* user);
  static void instruction(uc_engine* uc, std::uint64_t address, std::uint32_t size, void* user);
  static std::uint64_t bus_read(uc_engine* uc, std::uint64_t offset, unsigned size, void* user);
  static void bus_write(uc_engine* uc, std::uint64_t offset, unsigned size, std::uint64_t value,
                        void* user);
  // Adds all but the CODE and MEM hooks. False when Unicorn refuses one.
  static bool install(UnicornEngine::State& state, UnicornInstance& instance);
  static bool install_block_hook(UnicornEngine::State& state, UnicornInstance& instance);
};

}  // namespace gv
