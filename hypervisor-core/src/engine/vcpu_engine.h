// SPDX-License-Identifier: MIT
//
// vcpu_engine.h - one CPU that executes instructions until it needs its hypervisor.
//
// An engine executes; it decides nothing. It knows no devices, no lessons and
// no guest tables other than the ones its CR3 points to. It runs, stops, and
// says why; machine/run_loop.cpp decides what happens next.
//
// Registers here are the *physical* CPU's. What the guest believes to hold is
// the technique's business.
//
// Retired instructions are counted absolutely from the engine's creation. Each
// iteration of a REP instruction counts as one, and so does the check that
// ends it. An instruction that faults has not retired.
//
// Threads: control thread only.

#pragma once

#include "gv/address.h"
#include "gv/exit.h"
#include "gv/instruction_record.h"
#include "gv/registers.h"
#include "gv/result.h"
#include "memory/memory_watch.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace gv {

struct EngineTraits {
  std::string_view name;
  // The same entries always give the same exits, and retired() counts. If not, time is measured:
  // retired() stays 0, Entry::slice bounds an entry and measured() tells how long they took.
  bool deterministic = false;
  // The CPU walks the guest's IDT itself: its hypervisor injects instead of pushing frames.
  bool delivers = false;
  // At the exit of a port write RIP is already behind the instruction.
  bool port_writes_advance = false;
  // How many host nanoseconds are one virtual one, where time is measured.
  std::uint64_t dilation = 1;
};

struct CpuidReply {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// What the hypervisor hands the CPU on the way in.
struct Entry {
  std::uint32_t port_reply = 0;  // answers the PortAccessed read of the last exit
  // Stop at the first block boundary with retired + added >= stop_at_block, and after
  // exactly stop_exactly retired instructions, whichever comes first. Absolute counts.
  std::uint64_t stop_at_block = UINT64_MAX;
  std::uint64_t stop_exactly = UINT64_MAX;
  // Stop at the first block boundary after an instruction that may have changed IF.
  // (An engine that delivers: as soon as an interrupt could be injected.)
  bool stop_when_if_may_change = false;
  std::uint64_t slice = UINT64_MAX;  // virtual nanoseconds, where time is measured
};

enum class ControlRegister : std::uint8_t { Cr0 = 0, Cr2 = 2, Cr3 = 3, Cr4 = 4 };

// The model-specific registers that a guest's mode and system calls depend on, by the
// numbers that RDMSR takes. SDM vol. 4, "Architectural MSRs"; AMD names the last eight.
enum class Msr : std::uint32_t {
  SysenterCs = 0x174,
  SysenterEsp = 0x175,
  SysenterEip = 0x176,
  Pat = 0x277,
  Efer = 0xc0000080,
  Star = 0xc0000081,
  Lstar = 0xc0000082,
  Cstar = 0xc0000083,
  Fmask = 0xc0000084,
  FsBase = 0xc0000100,
  GsBase = 0xc0000101,
  KernelGsBase = 0xc0000102,
};

// The x87 unit in the order of FXSAVE. SDM vol. 1, "FXSAVE Area".
struct FloatingPointState {
  std::array<std::array<std::uint8_t, 10>, 8> stack{};  // ST(0) first
  std::uint16_t control = 0x37f, status = 0;
  std::uint8_t in_use = 0;  // a bit for each physical register
};

// Where a CPU is sent when its privilege level changes.
struct PrivilegeSwitch {
  std::uint16_t cs = 0, ss = 0;  // the RPL of both is the new CPL
  DescriptorTableRegister gdtr;  // the table to find them in
};

// Instructions that run() must leave to its hypervisor, besides those that it never executes.
struct Intercepts {
  bool cpuid = false;
  bool control_registers = false;  // MOV CR, CLTS, LMSW
  bool msrs = false;               // RDMSR, WRMSR
  bool invlpg = false;
  bool system_calls = false;  // SYSCALL, at any ring: SystemCallExecuted
  bool operator==(const Intercepts&) const = default;
};

// The hypervisor's own pages in a deprivileged guest's linear space. A change
// of ring is made by an IRET in one of them, as a real hypervisor makes it.
struct MonitorPages {
  Gva iret_stub;          // one IRET instruction, supervisor
  Mpa stub_frame;         // where the frame for it is written
  Gva stub_frame_linear;  // the same place, as the IRET sees it
  // What SIDT and STR show a guest that asks: the hypervisor's own.
  DescriptorTableRegister idtr;
  Segment task_register;
};

// An engine's whole CPU state as bytes that only the same engine kind can read.
struct EngineState {
  std::vector<std::uint8_t> context;
  std::uint64_t retired = 0;
  bool operator==(const EngineState&) const = default;
};

// What instructions at some linear addresses mean for the guest, where a hypervisor put code of
// its own there: translations. Everywhere else an instruction is the guest's and retires.
class CodeMap {
 public:
  virtual ~CodeMap() = default;
  struct Step {
    Gva guest;             // the guest's instruction that this one belongs to
    bool retires = false;  // it completes the guest's instruction
    bool first = false;    // it is the first of the guest's instruction
    // The guest's registers are whole before it, and an asynchronous event may come here.
    bool interruptible = false;
  };
  virtual bool covers(Gva address) const = 0;
  // REQUIRES: covers(address).
  virtual Step step_at(Gva address) const = 0;
};

// Whether an engine takes the instruction right before a `stop_exactly` apart.
enum class Examination : std::uint8_t { Off, LastInstruction };

class VcpuEngine {
 public:
  virtual ~VcpuEngine() = default;
  virtual EngineTraits traits() const = 0;

  // Enters the guest and returns at its next exit. An Error means the engine itself broke.
  virtual Result<Exit> run(const Entry& entry) = 0;
  // The guest's instructions that the CPU itself completed, absolute; exact at every exit.
  virtual std::uint64_t retired() const = 0;
  // Instructions that it completed besides, where a CodeMap says that they are not the guest's.
  virtual std::uint64_t added() const { return 0; }
  // Whether the CPU stands inside a block that a stop_exactly cut: asynchronous
  // events must wait for the block's end, as they would have without the stop.
  virtual bool inside_block() const = 0;

  // Register access between runs. Reads are lazy, writes take effect at the next run().
  // After a PortAccessed exit only general registers may be written.
  virtual std::uint64_t rip() = 0;
  virtual void set_rip(std::uint64_t value) = 0;
  virtual std::uint64_t rflags() = 0;
  virtual void set_rflags(std::uint64_t value) = 0;
  virtual std::uint64_t gpr(Gpr which) = 0;
  virtual void set_gpr(Gpr which, std::uint64_t value) = 0;
  virtual std::uint16_t selector(SegmentName which) = 0;
  // Reloads a data segment from the descriptor tables in memory.
  virtual void set_selector(SegmentName which, std::uint16_t value) = 0;
  virtual std::uint64_t control(ControlRegister which) = 0;
  virtual void set_control(ControlRegister which, std::uint64_t value) = 0;
  // Empty, or false: this engine has no such register, or refuses the value as WRMSR would.
  virtual std::optional<std::uint64_t> msr(Msr) { return std::nullopt; }
  virtual bool set_msr(Msr, std::uint64_t) { return false; }
  // Engines without an x87 unit of their own to show have none.
  virtual std::optional<FloatingPointState> floating_point() { return std::nullopt; }
  virtual void set_floating_point(const FloatingPointState&) {}
  virtual DescriptorTableRegister gdtr() = 0;
  virtual DescriptorTableRegister idtr() = 0;
  virtual Segment task_register() = 0;
  virtual std::uint16_t ldt_selector() = 0;
  virtual void set_gdtr(const DescriptorTableRegister& value) = 0;
  virtual void set_idtr(const DescriptorTableRegister& value) = 0;
  // Base and default operand size of the code segment the CPU is in.
  virtual std::uint64_t code_base() = 0;
  virtual int code_bits() = 0;  // 16, 32 or 64
  virtual Gva linear_rip() { return Gva((code_base() + rip()) & 0xffffffffu); }

  // Of set_up_monitor(), the pages alone: another vCPU's, whose registers the CPU holds now.
  virtual void use_monitor(const MonitorPages&) {}
  // From now on switch_privilege() goes through the stub. REQUIRES: the CPU is at
  // ring 0 with the paging and segments that every entry is to start from.
  virtual Result<void> set_up_monitor(const MonitorPages& pages) = 0;
  // The CPU leaves for another ring at the next run(), with the rip, rflags
  // and stack pointer set by then.
  virtual void switch_privilege(const PrivilegeSwitch& to) = 0;

  // Engines that deliver have these instead of switch_privilege(): the whole register file with
  // its hidden parts, whether an interrupt would be taken at once, and giving it.
  virtual RegisterFile register_file() { GV_CHECK(false && "the engine keeps no hidden parts"); }
  virtual void set_register_file(const RegisterFile&) { GV_CHECK(false && "the engine has none"); }
  virtual bool ready_for_interrupt() { return false; }
  virtual void inject(std::uint8_t /*vector*/) { GV_CHECK(false && "the engine does not deliver"); }
  // Virtual nanoseconds spent in the guest since creation; 0 where instructions are counted.
  virtual std::uint64_t measured() const { return 0; }
  // Any thread: a run() that is going on, or the next one, returns soon.
  virtual void interrupt() {}

  // From now on run() returns Intercepted before each of these. Ends what is known of code.
  virtual void intercept(const Intercepts&) {}
  // The instruction at this address runs once, although it is intercepted.
  virtual void pass_intercepted(Gva) {}

  // run() returns AddressReached before the instruction at any of these, once per arrival.
  virtual void watch(const std::vector<Gva>& addresses) = 0;
  // run() returns MemoryTouched at the end of the first block whose instructions touched one of
  // these; other exits of that block come first. An empty list costs nothing. False: this
  // engine does not see memory accesses.
  virtual bool watch_memory(const std::vector<WatchedRange>& ranges) { return ranges.empty(); }
  // The touches so far by instructions that have retired, in order, and forgets them.
  virtual std::vector<MemoryTouch> take_touches() { return {}; }
  // After take_touches(): those of an instruction of the guest's whose translation the exit cut.
  virtual std::vector<MemoryTouch> take_unfinished_touches() { return {}; }

  // For a microscope. Changes nothing about a run.
  virtual void examine(Examination) {}
  // Empty on engines that do not know how an instruction comes about, and where what runs is
  // not the guest's own code.
  virtual std::optional<ExaminedInstructions> examined() { return std::nullopt; }

  // Translations the MMU may have cached are void.
  virtual void flush_tlb() = 0;
  // From now on linear addresses mean other code: `tag` names the address space, where CR3 does
  // not because the tables are the hypervisor's.
  virtual void enter_address_space(std::uint64_t tag) = 0;
  // The next run() starts elsewhere than the last one stopped: a block cut there is over.
  virtual void leave_block() {}
  // Memory was changed from outside the guest: translated code is void.
  virtual void forget_code() = 0;
  // The same of these linear addresses alone; they are the hypervisor's, not the guest's.
  virtual void forget_code(Gva first, std::uint64_t bytes) {
    static_cast<void>(first);
    static_cast<void>(bytes);
    forget_code();
  }
  // From now on code that the map covers counts as it says. The map outlives the engine's use;
  // after a change to what it says of an address, forget_code() for that address.
  virtual void set_code_map(const CodeMap* map) {
    GV_CHECK(map == nullptr && "this engine counts every instruction as the guest's");
  }

  // The same of these bytes alone, by a device or a loader. An engine that compares or forgets
  // code in other ways need not listen.
  virtual void memory_written(Mpa, std::uint64_t) {}

  // One CPU for several vCPUs: takes the registers of one out and puts those of another in.
  // Counts go on, and so does what is known of code. REQUIRES: as for save().
  virtual EngineState switch_out() { return save(); }
  virtual Result<void> switch_in(const EngineState&) {
    GV_CHECK(false && "this engine runs one vCPU");
  }

  // REQUIRES for both: the last exit was not PortAccessed, and !inside_block().
  virtual EngineState save() = 0;
  virtual Result<void> restore(const EngineState& state) = 0;

  // Machine memory from `end` on is out of the CPU's reach, whatever its tables say: an empty bus
  // answers there. At first it reaches all.
  virtual void limit_memory(Mpa end) { static_cast<void>(end); }
};

}  // namespace gv
