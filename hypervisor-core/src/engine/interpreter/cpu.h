// SPDX-License-Identifier: MIT
//
// cpu.h - the state of one CPU, and how its instructions reach memory.
//
// Instructions are functions on this class (operation.h). Every access that
// can fail returns false and leaves the reason in `outcome`; the instruction
// then returns false at once and has changed nothing that the architecture
// keeps. No C++ exceptions: faults are a guest's daily bread.
//
// It knows no hypervisor. What a CPU would hand to its interrupt logic or its
// bus comes out as an Exit.
//
// Control thread only. Source: SDM vol. 3A.

#pragma once

#include "engine/interpreter/flags.h"
#include "engine/interpreter/floating_point.h"
#include "engine/interpreter/operation.h"
#include "engine/interpreter/segment_register.h"
#include "engine/interpreter/tlb.h"
#include "engine/vcpu_engine.h"
#include "memory/page_walker.h"
#include "x86/decode.h"

#include <array>
#include <cstring>
#include <optional>
#include <type_traits>

namespace gv::interpreter {

class BlockCache;

// Why an instruction that returned false did so.
enum class Outcome : std::uint8_t {
  Fault,      // it has not happened; `exit` says why, RIP stays at it
  Done,       // it has happened, and the block ends here
  DoneExit,   // it has happened, and `exit` says what follows from it
  Again,      // one iteration of it has happened; RIP stays at it
  Withdrawn,  // its bytes were changed under it; it has not happened
};

// What a port instruction does once the port was answered.
enum class PortUse : std::uint8_t { None, In, Out, Ins, Outs };

struct ModelSpecificRegisters {
  std::uint64_t sysenter_cs = 0, sysenter_esp = 0, sysenter_eip = 0;
  std::uint64_t pat = 0x0007040600070406;
  std::uint64_t efer = 0, star = 0, lstar = 0, cstar = 0, fmask = 0;
  std::uint64_t kernel_gs_base = 0;
};

class Cpu {
 public:
  Cpu(MachineMemory& memory, P2m seen, BlockCache& code);

  // --- what the architecture keeps
  std::array<std::uint64_t, kRegisterSlots> slots{};
  Flags flags;
  std::array<SegmentRegister, kSegmentCount> segments{};
  SegmentRegister tr, ldtr;
  DescriptorTableRegister gdtr{0, 0xffff}, idtr{0, 0x3ff};
  std::uint64_t cr0 = 0, cr2 = 0, cr3 = 0, cr4 = 0;
  ModelSpecificRegisters msrs;
  bool interrupt_shadow = false;  // STI or a load of SS ran last
  FloatingPoint x87;

  // Watched pages are kept out of the TLB's fast tags, so that each access to them is seen.
  MemoryWatch watch;

  // --- the instruction at hand
  Outcome outcome = Outcome::Done;
  Exit exit = BudgetSpent{};
  std::uint64_t retired = 0, limit = 0;  // exact at instructions that stand alone
  std::uint64_t added = 0;               // executed besides: the code was not the guest's
  bool if_may_have_changed = false;
  PortUse port_use = PortUse::None;
  // A deprivileged guest: the hypervisor's TSS has no I/O map, and a port instruction of the
  // guest's kernel (ring 1 or 2) comes out as the access that the trap stands for.
  bool deprivileged = false;
  // SYSCALL is the hypervisor's to answer.
  bool system_calls_exit = false;

  std::uint64_t& rip() { return slots[kRipSlot]; }
  std::uint64_t rip() const { return slots[kRipSlot]; }
  SegmentRegister& segment(SegmentName name) { return segments[static_cast<std::size_t>(name)]; }
  const SegmentRegister& segment(SegmentName name) const {
    return segments[static_cast<std::size_t>(name)];
  }
  int cpl() const { return cpl_; }
  // Follows the CS that was loaded; in real mode it is 0 whatever the selector says.
  void set_cpl(int ring) {
    cpl_ = ring;
    user_ = ring == 3;
  }
  bool protected_mode() const { return (cr0 & x86::cr0::PE) != 0; }
  bool long_mode() const { return (msrs.efer & x86::efer::LMA) != 0; }
  bool in_64_bit_mode() const { return in_64_bit_mode_; }
  x86::CodeSize code_size() const { return code_size_; }
  // Whatever CPL, code size and bounds were derived from has changed.
  void mode_changed();
  PagingMode paging() const { return {cr0, cr3, cr4, msrs.efer}; }

  // --- registers
  template <class T>
  T reg(std::uint8_t at) const {
    T value;
    std::memcpy(&value, reinterpret_cast<const std::uint8_t*>(slots.data()) + at, sizeof value);
    return value;
  }
  // A 32-bit write clears the upper half, as 64-bit mode wants it.
  template <class T>
  void set_reg(std::uint8_t at, T value) {
    if constexpr (sizeof(T) == 4) {
      const std::uint64_t wide = value;
      std::memcpy(reinterpret_cast<std::uint8_t*>(slots.data()) + at, &wide, sizeof wide);
    } else {
      std::memcpy(reinterpret_cast<std::uint8_t*>(slots.data()) + at, &value, sizeof value);
    }
  }
  std::uint64_t& gpr(Gpr which) { return slots[static_cast<std::size_t>(which)]; }
  // Cut to the width that it has: `bytes` 2 and 1 keep the upper part.
  void set_gpr_part(Gpr which, std::uint64_t value, int bytes);

  // --- memory, by segment and offset
  std::uint64_t offset_of(const Operation& op) const {
    return (slots[op.base] + (slots[op.index] << op.scale_shift) +
            static_cast<std::uint64_t>(op.displacement)) &
           op.address_mask;
  }
  std::uint64_t linear(SegmentName name, std::uint64_t offset) const {
    return (segment(name).base + offset) & linear_mask_;
  }

  template <class T>
  bool read(SegmentName name, std::uint64_t offset, T& out) {
    if (!segment(name).allows_read(offset, sizeof(T))) {
      return refuse_segment(name);
    }
    return read_linear(linear(name, offset), out, user_, name);
  }
  template <class T>
  bool write(SegmentName name, std::uint64_t offset, T value) {
    if (!segment(name).allows_write(offset, sizeof(T))) {
      return refuse_segment(name);
    }
    return write_linear(linear(name, offset), value, user_, name);
  }
  template <class T>
  bool load(const Operation& op, T& out) {
    return read(op.segment, offset_of(op), out);
  }
  // A later part of an operand: it follows in memory, even where its own address would wrap.
  template <class T>
  bool load_part(const Operation& op, std::uint64_t distance, T& out) {
    return read(op.segment, offset_of(op) + distance, out);
  }
  template <class T>
  bool store_part(const Operation& op, std::uint64_t distance, T value) {
    return write(op.segment, offset_of(op) + distance, value);
  }
  template <class T>
  bool store(const Operation& op, T value) {
    return write(op.segment, offset_of(op), value);
  }
  // Whether a write would succeed. Sets A and D bits, as the write will.
  bool writable(SegmentName name, std::uint64_t offset, std::size_t bytes);
  // Reads, changes and writes back. `change` takes a T and returns the new one; it runs only
  // when nothing can fail any more, so it may set flags and registers.
  template <class T, class Change>
  bool modify(const Operation& op, Change&& change) {
    const std::uint64_t offset = offset_of(op);
    if (segment(op.segment).allows_write(offset, sizeof(T))) [[likely]] {
      const std::uint64_t at = linear(op.segment, offset);
      const Tlb::Entry& entry = tlb_.entry(at, user_);
      if (entry.write_tag == tlb_.tag_of(at) && (at & 0xfff) <= kPageSize - sizeof(T)) [[likely]] {
        T value;
        std::memcpy(&value, entry.host + (at & 0xfff), sizeof(T));
        value = change(value);
        std::memcpy(entry.host + (at & 0xfff), &value, sizeof(T));
        return true;
      }
    }
    T value{};
    return writable(op.segment, offset, sizeof(T)) && read(op.segment, offset, value) &&
           write(op.segment, offset, change(value));
  }

  // --- memory, by linear address
  template <class T>
  bool read_linear(std::uint64_t at, T& out, bool user, SegmentName blame = SegmentName::Ds) {
    const Tlb::Entry& entry = tlb_.entry(at, user);
    if (entry.read_tag == tlb_.tag_of(at) && (at & 0xfff) <= kPageSize - sizeof(T)) [[likely]] {
      std::memcpy(&out, entry.host + (at & 0xfff), sizeof(T));
      return true;
    }
    return read_slowly(at, &out, sizeof(T), user, blame);
  }
  template <class T>
  bool write_linear(std::uint64_t at, T value, bool user, SegmentName blame = SegmentName::Ds) {
    const Tlb::Entry& entry = tlb_.entry(at, user);
    if (entry.write_tag == tlb_.tag_of(at) && (at & 0xfff) <= kPageSize - sizeof(T)) [[likely]] {
      std::memcpy(entry.host + (at & 0xfff), &value, sizeof(T));
      return true;
    }
    return write_slowly(at, &value, sizeof(T), user, blame);
  }
  // Where an instruction at RIP would be fetched from; null after a fault.
  const Tlb::Entry* fetch_page(std::uint64_t at);
  // Up to `bytes` of code at RIP, for instructions that cross a page. A fault where none is got.
  std::size_t fetch_slowly(std::uint8_t* out, std::size_t bytes);
  // An address that 48-bit paging can mean; always, outside long mode.
  bool canonical(std::uint64_t at) const {
    return !long_mode() ||
           static_cast<std::int64_t>(at << 16) >> 16 == static_cast<std::int64_t>(at);
  }
  // Without rights, marks or faults: what a debugger reads. Returns the bytes got.
  std::size_t peek(std::uint64_t at, void* out, std::size_t bytes);
  std::uint64_t code_linear() const {
    return (segment(SegmentName::Cs).base + rip()) & linear_mask_;
  }
  void flush_tlb() { tlb_.flush(); }
  void code_decoded_in(std::uint64_t physical_page) { tlb_.forbid_writes_to(physical_page); }

  // --- exceptions: all return false, so that an instruction can end with `return cpu.fault(...)`
  bool fault(std::uint8_t vector, std::uint32_t error = 0);
  bool general_protection(std::uint32_t error = 0);
  bool invalid_opcode();
  // #SS for the stack segment, #GP for the others.
  bool refuse_segment(SegmentName name);
  bool done() {
    outcome = Outcome::Done;
    return false;
  }
  bool done_with(Exit what) {
    outcome = Outcome::DoneExit;
    exit = what;
    return false;
  }
  bool again() {
    outcome = Outcome::Again;
    return false;
  }

  // --- the stack. A push that faults leaves SP alone; so callers write SP back last.
  std::uint64_t stack_mask() const { return stack_mask_; }
  std::uint64_t sp() const { return slots[static_cast<std::size_t>(Gpr::Sp)] & stack_mask_; }
  void set_sp(std::uint64_t value);
  template <class T>
  bool push(T value) {
    const std::uint64_t to = (sp() - sizeof(T)) & stack_mask_;
    if (!write(SegmentName::Ss, to, value)) {
      return false;
    }
    set_sp(to);
    return true;
  }
  template <class T>
  bool pop(T& out) {
    const std::uint64_t from = sp();
    if (!read(SegmentName::Ss, from, out)) {
      return false;
    }
    set_sp(from + sizeof(T));
    return true;
  }

  BlockCache& code() { return code_; }
  // Changes when decoded instructions were written to.
  std::uint64_t code_version() const;
  MachineMemory& machine() { return machine_; }
  PageWalker& walker() { return walker_; }

 private:
  bool read_slowly(std::uint64_t at, void* out, std::size_t bytes, bool user, SegmentName blame);
  bool write_slowly(std::uint64_t at, const void* from, std::size_t bytes, bool user,
                    SegmentName blame);
  // The entry that allows `kind` at `at`, filled by a walk if need be; null after a fault.
  Tlb::Entry* translate(std::uint64_t at, AccessKind kind, bool user, SegmentName blame);
  void note_access(const Tlb::Entry& entry, std::uint64_t at, std::size_t bytes,
                   Direction direction);
  void write_physical(const Tlb::Entry& entry, std::uint64_t at, const void* from,
                      std::size_t bytes);

  MachineMemory& machine_;
  BlockCache& code_;
  GuestMemory view_;  // machine memory as the MMU sees it
  PageWalker walker_;
  Tlb tlb_;

  int cpl_ = 0;
  bool user_ = false;
  // Derived by mode_changed().
  bool in_64_bit_mode_ = false;
  x86::CodeSize code_size_ = x86::CodeSize::Bits16;
  std::uint64_t linear_mask_ = 0xffffffff;
  std::uint64_t stack_mask_ = 0xffff;
};

}  // namespace gv::interpreter
