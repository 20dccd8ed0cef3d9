// SPDX-License-Identifier: MIT

#include "differential/comparison.h"

#include "engine/interpreter/interpreter_engine.h"
#include "engine/unicorn_engine.h"
#include "gv/machine_config.h"
#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/disassemble.h"
#include "x86/exceptions.h"
#include "x86/page_table_entry.h"

#include <fmt/format.h>

#include <array>
#include <cstring>
#include <optional>
#include <utility>

namespace gv {

namespace {

using namespace x86;

constexpr std::uint16_t kCode0 = 0x08, kData0 = 0x10, kCode3 = 0x1b, kData3 = 0x23, kCode16 = 0x70,
                        kData16 = 0x78, kLongCode0 = 0x80, kLongCode3 = 0x8b;
constexpr std::uint32_t kIret64 = arena::kIret + 0x400;  // below kVectors

std::uint64_t segment(std::uint8_t type, std::uint8_t dpl, std::uint32_t base = 0,
                      bool present = true) {
  return pack_descriptor({.base = base,
                          .limit = 0xffffffff,
                          .type = type,
                          .dpl = dpl,
                          .code_or_data = true,
                          .present = present,
                          .default_32 = true,
                          .granular = true});
}

std::uint64_t segment16(std::uint8_t type) {
  Descriptor d = parse_descriptor(segment(type, 0));
  d.default_32 = false;
  return pack_descriptor(d);
}

std::uint64_t segment64(std::uint8_t dpl) {
  Descriptor d = parse_descriptor(segment(0xb, dpl));
  d.default_32 = false;
  d.long_mode = true;
  return pack_descriptor(d);
}

template <class T>
void put(std::vector<std::uint8_t>& bytes, std::uint32_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

}  // namespace

std::vector<std::uint8_t> fresh_arena() {
  std::vector<std::uint8_t> bytes(arena::kMemory);
  std::mt19937_64 random(0xa4e4a);
  for (std::uint32_t at = arena::kData; at < arena::kStackEnd; at += 8) {
    put(bytes, at, random());
  }
  // Accessed bits are set beforehand: Unicorn and a CPU both set them, at their own time.
  const std::uint64_t gdt[] = {
      0,
      segment(0xb, 0),            // 08 code, ring 0
      segment(0x3, 0),            // 10 data, ring 0
      segment(0xb, 3),            // 18 code, ring 3
      segment(0x3, 3),            // 20 data, ring 3
      segment(0x3, 0, 0, false),  // 28 absent
      segment(0x1, 3),            // 30 read-only data
      segment(0x9, 3),            // 38 execute-only code
      segment(0xf, 0),            // 40 conforming code
      segment(0x3, 3, 0x100),     // 48 data with a base
      0x0000890050000067,         // 50 a TSS
      0x0000820060000007,         // 58 an LDT
      0x00008c0000080000,         // 60 a call gate
      0x0000850000500000,         // 68 a task gate
      segment16(0xb),             // 70 what real mode's segments are loaded with first: 4 GiB,
      segment16(0x3),             // 78 since Unicorn has no segment limits
      segment64(0),               // 80 64-bit code, ring 0
      segment64(3),               // 88 64-bit code, ring 3
  };
  std::memcpy(bytes.data() + arena::kGdt, gdt, sizeof gdt);
  for (std::uint32_t page = 0; page < arena::kMemory / kPageSize; ++page) {
    const std::uint32_t at = page * static_cast<std::uint32_t>(kPageSize);
    // A is set beforehand: a CPU may set it whenever it likes.
    std::uint32_t entry = at | pte::P | pte::RW | pte::US | pte::A;
    if (at < arena::kCode) {
      entry = at | pte::P | pte::A;  // tables: the kernel's, and not to be written
    } else if (at >= arena::kData && at < arena::kDataEnd) {
      switch (page % 8) {
        case arena::kAbsentPage:
          entry = 0;
          break;
        case arena::kReadOnlyPage:
          entry &= ~pte::RW;
          break;
        case arena::kSupervisorPage:
          entry &= ~pte::US;
          break;
        default:
          break;
      }
    }
    put(bytes, arena::kTable + 4 * page, entry);
    put(bytes, arena::kTable64 + 8 * page, std::uint64_t{entry});
  }
  constexpr std::uint64_t kInner = pte::P | pte::RW | pte::US | pte::A;
  put(bytes, arena::kPml4, arena::kPointers | kInner);
  put(bytes, arena::kPml4 + 8 * 256, arena::kPointers | kInner);
  put(bytes, arena::kPointers, arena::kDirectory64 | kInner);
  put(bytes, arena::kDirectory64, arena::kTable64 | kInner);
  put(bytes, kIret64, std::uint16_t{0xcf48});  // IRETQ
  put(bytes, arena::kDirectory, arena::kTable | pte::P | pte::RW | pte::US | pte::A);
  bytes[arena::kIret] = 0xcf;
  // For CPUs that take exceptions themselves: each vector's handler is a HLT of its own.
  for (std::uint32_t vector = 0; vector < 256; ++vector) {
    const std::uint32_t handler = arena::kHandlers + 16 * vector;
    bytes[handler] = 0xf4;
    put(bytes, arena::kIdt + 8 * vector,
        pack_gate({.offset = handler,
                   .selector = kCode0,
                   .type = system_type::kInterruptGate32,
                   .dpl = 3,
                   .present = true}));
    put(bytes, arena::kVectors + 4 * vector, handler);
    put(bytes, arena::kIdt64 + 16 * vector,
        pack_gate({.offset = handler,
                   .selector = kLongCode0,
                   .type = system_type::kInterruptGate32,  // in long mode of 64 bits
                   .dpl = 3,
                   .present = true}));
  }
  return bytes;
}

namespace {

class EngineRunner final : public ProgramRunner {
 public:
  EngineRunner(MachineMemory memory, EngineKind kind, Frames frames)
      : memory_(std::move(memory)), fresh_(fresh_arena()), frames_(frames) {
    if (kind == EngineKind::Interpreter) {
      engine_ = std::make_unique<InterpreterEngine>(memory_);
      untouched_ = engine_->save();
    } else {
      engine_ = std::move(*UnicornEngine::create(memory_));
    }
    std::memcpy(memory_.at(Mpa(0)), fresh_.data(), fresh_.size());
  }

  ProgramOutcome run(const RandomProgram& program) override {
    std::uint8_t* code = memory_.at(Mpa(program.physical()));
    // Where an earlier program stood, engines remember it. Starting over now and then costs less.
    bool& used = used_[(program.physical() - arena::kCode) / arena::kSlot];
    std::memcpy(code, program.bytes.data(), program.bytes.size());
    if (used || code_touched_) {
      engine_->forget_code();
      code_touched_ = false;
      used_.fill(false);
    }
    used = true;
    std::memcpy(fresh_.data() + program.physical(), code, program.bytes.size());
    enter(program);
    ProgramOutcome outcome;
    const std::uint64_t retired = engine_->retired();
    Entry entry;
    entry.stop_at_block = retired + 4000;
    for (;;) {
      const auto exit = engine_->run(entry);
      if (!exit) {
        outcome.exits.push_back(TripleFaulted{});
        break;
      }
      outcome.exits.push_back(*exit);
      const auto* port = std::get_if<PortAccessed>(&*exit);
      if (port == nullptr || outcome.exits.size() > 40) {
        break;
      }
      entry.port_reply = port->port * 0x01010101u + port->size;
    }
    collect(program, outcome);
    outcome.retired = engine_->retired() - retired;
    return outcome;
  }

 private:
  void enter(const RandomProgram& p) {
    VcpuEngine& cpu = *engine_;
    if (untouched_) {
      GV_CHECK(cpu.restore(*untouched_).has_value());
    }
    if (std::exchange(long_mode_, is_long(p.mode))) {
      cpu.set_control(ControlRegister::Cr0, cr0::PE | cr0::ET);
      cpu.set_msr(Msr::Efer, 0);
    }
    if (long_mode_) {
      enter_long_mode(p);
      return;
    }
    const bool real = p.mode == ProgramMode::Real;
    const bool paged = p.mode == ProgramMode::Ring0Paged || p.mode == ProgramMode::Ring3Paged;
    cpu.set_gdtr(arena::kGdtr);
    cpu.set_idtr(arena::idtr(p.mode));
    cpu.set_control(ControlRegister::Cr2, 0);
    cpu.set_control(ControlRegister::Cr3, arena::kDirectory);
    cpu.set_control(ControlRegister::Cr4, 0);
    if (real) {
      cpu.set_control(ControlRegister::Cr0, cr0::PE | cr0::ET);
      cpu.switch_privilege({kCode16, kData16, arena::kGdtr});
      for (const SegmentName name :
           {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
        cpu.set_selector(name, kData16);
      }
    }
    cpu.set_rflags(eflags::kAlwaysOne);
    cpu.set_control(ControlRegister::Cr0,
                    real ? cr0::ET : cr0::PE | cr0::ET | cr0::WP | (paged ? cr0::PG : 0u));
    const std::uint16_t data = real ? arena::kData >> 4 : kData0;
    cpu.switch_privilege({real ? static_cast<std::uint16_t>(p.address >> 4) : kCode0,
                          real ? static_cast<std::uint16_t>(arena::kStack >> 4) : kData0,
                          arena::kGdtr});
    const bool ring_3 = p.mode == ProgramMode::Ring3Paged;
    for (const SegmentName name :
         {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
      cpu.set_selector(name, ring_3 ? kData3 : data);
    }
    for (std::size_t i = 0; i < 8; ++i) {
      cpu.set_gpr(static_cast<Gpr>(i), p.gpr[i]);
    }
    cpu.set_rflags(p.eflags);
    cpu.set_rip(real ? p.address & 15 : p.address);
    if (ring_3) {
      const std::uint32_t frame[5] = {p.physical(), kCode3, p.eflags,
                                      static_cast<std::uint32_t>(p.gpr[4]), kData3};
      std::memcpy(memory_.at(Mpa(arena::kIret + 16)), frame, sizeof frame);
      std::memcpy(fresh_.data() + arena::kIret + 16, frame, sizeof frame);
      cpu.set_gpr(Gpr::Sp, arena::kIret + 16);
      cpu.set_rip(arena::kIret);
    }
    cpu.flush_tlb();
  }

  void enter_long_mode(const RandomProgram& p) {
    VcpuEngine& cpu = *engine_;
    cpu.set_control(ControlRegister::Cr2, 0);
    cpu.set_control(ControlRegister::Cr4, cr4::PAE);
    cpu.set_control(ControlRegister::Cr3, arena::kPml4);
    cpu.set_msr(Msr::Efer, efer::LME | efer::LMA);
    cpu.set_control(ControlRegister::Cr0, cr0::PE | cr0::ET | cr0::WP | cr0::PG);
    cpu.set_gdtr(arena::kGdtr);
    cpu.set_idtr(arena::idtr(p.mode));
    cpu.set_rflags(eflags::kAlwaysOne);
    cpu.switch_privilege({kLongCode0, kData0, arena::kGdtr});
    const bool ring_3 = p.mode == ProgramMode::Ring3Long;
    for (const SegmentName name :
         {SegmentName::Ds, SegmentName::Es, SegmentName::Fs, SegmentName::Gs}) {
      cpu.set_selector(name, ring_3 ? kData3 : kData0);
    }
    for (std::size_t i = 0; i < 16; ++i) {
      cpu.set_gpr(static_cast<Gpr>(i), p.gpr[i]);
    }
    cpu.set_rflags(p.eflags);
    cpu.set_rip(p.address);
    if (ring_3) {
      const std::uint64_t frame[5] = {p.address, kLongCode3, p.eflags, p.gpr[4], kData3};
      std::memcpy(memory_.at(Mpa(kIret64 + 16)), frame, sizeof frame);
      std::memcpy(fresh_.data() + kIret64 + 16, frame, sizeof frame);
      cpu.set_gpr(Gpr::Sp, kIret64 + 16);
      cpu.set_rip(kIret64);
    }
    cpu.flush_tlb();
  }

  void collect(const RandomProgram& program, ProgramOutcome& outcome) {
    VcpuEngine& cpu = *engine_;
    const bool faulted = std::holds_alternative<Faulted>(outcome.exits.back());
    if (is_paged(program.mode) && (faulted || frames_ == Frames::Cleared)) {
      // Whether a write that failed on its second page has marked the first is the CPU's affair.
      mark_all_dirty(memory_, fresh_);
    }
    for (std::size_t i = 0; i < (long_mode_ ? 16 : 8); ++i) {
      outcome.gpr[i] = cpu.gpr(static_cast<Gpr>(i));
    }
    outcome.rip = cpu.rip();
    outcome.eflags = static_cast<std::uint32_t>(cpu.rflags());
    outcome.cr0 = static_cast<std::uint32_t>(cpu.control(ControlRegister::Cr0));
    for (int i = 0; i < kSegmentCount; ++i) {
      outcome.selectors[i] = cpu.selector(static_cast<SegmentName>(i));
    }
    if (frames_ == Frames::Cleared) {
      clear_frame(program, memory_, outcome);
    }
    code_touched_ = collect_memory(memory_, fresh_, outcome) || code_touched_;
  }

  MachineMemory memory_;
  std::vector<std::uint8_t> fresh_;
  Frames frames_;
  std::unique_ptr<VcpuEngine> engine_;
  std::optional<EngineState> untouched_;  // where starting over is cheap
  bool code_touched_ = false;
  bool long_mode_ = false;
  std::array<bool, (arena::kCodeEnd - arena::kCode) / arena::kSlot> used_{};
};

}  // namespace

bool collect_memory(MachineMemory& memory, const std::vector<std::uint8_t>& fresh,
                    ProgramOutcome& outcome) {
  bool code = false;
  for (std::uint32_t page = 0; page < arena::kMemory; page += kPageSize) {
    std::uint8_t* now = memory.at(Mpa(page));
    if (std::memcmp(now, fresh.data() + page, kPageSize) == 0) {
      continue;
    }
    outcome.memory.push_back(static_cast<std::uint8_t>(page >> 12));
    outcome.memory.insert(outcome.memory.end(), now, now + kPageSize);
    std::memcpy(now, fresh.data() + page, kPageSize);
    code = code || (page >= arena::kCode && page < arena::kCodeEnd);
  }
  return code;
}

void mark_all_dirty(MachineMemory& memory, std::vector<std::uint8_t>& fresh) {
  for (std::uint8_t* bytes : {memory.at(Mpa(0)), fresh.data()}) {
    for (std::size_t at = 0; at < kPageSize; at += 4) {
      bytes[arena::kTable + at] |= pte::D;
      bytes[arena::kTable64 + at / 4 * 8 % kPageSize] |= pte::D;
    }
  }
}

namespace {

// SDM vol. 3A, "64-Bit Mode Stack Frame": five words or six, below RSP cut to a multiple of 16.
void clear_long_frame(MachineMemory& memory, ProgramOutcome& outcome, bool error_code) {
  constexpr std::uint64_t kWords = 5, kBytes = 8, kAlignment = 16;
  const std::uint64_t top = outcome.gpr[4] & ~(kAlignment - 1);
  for (std::uint64_t i = 1; i <= kWords + (error_code ? 1 : 0); ++i) {
    const auto at = RandomProgram::physical_of(top - i * kBytes);
    const std::uint64_t entry =
        at ? memory.load<std::uint64_t>(Mpa(arena::kTable64 + *at / kPageSize * kBytes)) : 0;
    if ((entry & (pte::P | pte::RW)) != (pte::P | pte::RW)) {
      outcome.frame_missing = true;
      return;
    }
    memory.store<std::uint64_t>(Mpa(*at), 0);
  }
}

}  // namespace

void clear_frame(const RandomProgram& program, MachineMemory& memory, ProgramOutcome& outcome) {
  const auto* fault = std::get_if<Faulted>(&outcome.exits.back());
  if (fault == nullptr && !std::holds_alternative<SoftwareInterrupted>(outcome.exits.back()) &&
      !std::holds_alternative<InvalidOpcode>(outcome.exits.back())) {
    return;
  }
  if (is_long(program.mode)) {
    clear_long_frame(memory, outcome, fault != nullptr && has_error_code(fault->vector));
    return;
  }
  const bool real = program.mode == ProgramMode::Real;
  const std::uint32_t words = fault != nullptr && has_error_code(fault->vector) && !real ? 4 : 3;
  const auto stack_pointer = static_cast<std::uint32_t>(outcome.gpr[4]);
  for (std::uint32_t i = 1; i <= words; ++i) {
    const std::uint32_t at =
        real ? arena::kStack + ((stack_pointer - 2 * i) & 0xffff) : stack_pointer - 4 * i;
    const std::uint32_t bytes = real ? 2 : 4;
    if (!memory.contains(Mpa(at), bytes)) {
      outcome.frame_missing = true;
      return;
    }
    std::memset(memory.at(Mpa(at)), 0, bytes);
  }
}

std::unique_ptr<ProgramRunner> make_runner(EngineKind engine, Frames frames) {
  return std::make_unique<EngineRunner>(std::move(*MachineMemory::create(arena::kMemory)), engine,
                                        frames);
}

}  // namespace gv
