// SPDX-License-Identifier: MIT
//
// kvm_runner.cpp - random programs on KVM, with outcomes like those of the other engines.
//
// KVM delivers exceptions through the guest's own tables: each handler is a
// HLT, and the frame says what would have been the exit. What an emulating KVM
// refuses to execute, our interpreter executes on its registers, as
// technique/hardware_assisted does it; the outcome names these instructions.
// Ring 0 alone, and no 32-bit paging, which is refused where KVM emulates: flat, real and long
// mode.

#include "differential/comparison.h"

#include "engine/interpreter/interpreter_engine.h"
#include "engine/kvm/kvm_engine.h"
#include "x86/control_registers.h"
#include "x86/disassemble.h"
#include "x86/exceptions.h"

#include <cstring>
#include <utility>

namespace gv {

namespace {

using namespace x86;

constexpr std::uint16_t kLongCode = 0x80;
constexpr std::uint32_t kResumeFlag = 1u << 16;
// A program takes some hundred instructions at most; one that is still running then hangs.
constexpr std::uint64_t kSlice = 10'000'000;
constexpr int kMostSlices = 6;

class KvmRunner final : public ProgramRunner {
 public:
  // The engine first: it looks for code in memory, and random data may look like some.
  explicit KvmRunner(MachineMemory memory)
      : memory_(std::move(memory)),
        fresh_(fresh_arena()),
        kvm_(std::move(*KvmEngine::create(memory_))),
        assistant_(memory_),
        untouched_(kvm_->save()) {
    std::memcpy(memory_.at(Mpa(0)), fresh_.data(), fresh_.size());
  }

  ProgramOutcome run(const RandomProgram& program) override {
    std::uint8_t* code = memory_.at(Mpa(program.physical()));
    std::memcpy(code, program.bytes.data(), program.bytes.size());
    std::memcpy(fresh_.data() + program.physical(), code, program.bytes.size());
    GV_CHECK(kvm_->restore(untouched_).has_value());
    long_ = is_long(program.mode);
    kvm_->set_msr(Msr::Efer, long_ ? efer::LME | efer::LMA : 0);
    kvm_->set_register_file(start_of(program));
    ProgramOutcome outcome;
    Entry entry;
    entry.slice = kSlice;
    for (int slices = 0; outcome.exits.empty() || goes_on(outcome.exits.back());) {
      const auto exit = kvm_->run(entry);
      GV_CHECK(exit);
      if (std::holds_alternative<HostInterrupted>(*exit) && ++slices < kMostSlices) {
        continue;
      }
      if (std::holds_alternative<ExecutionRefused>(*exit)) {
        if (const auto raised = assist(outcome)) {
          outcome.exits.push_back(*raised);
        }
        continue;
      }
      if (std::holds_alternative<MachineMemoryMissed>(*exit)) {
        continue;  // read as ones, written to nowhere
      }
      outcome.exits.push_back(*exit);
      if (const auto* port = std::get_if<PortAccessed>(&*exit)) {
        entry.port_reply = port->port * 0x01010101u + port->size;
      }
    }
    collect(program, outcome);
    return outcome;
  }

 private:
  static bool goes_on(const Exit& last) { return std::holds_alternative<PortAccessed>(last); }

  RegisterFile start_of(const RandomProgram& p) {
    const bool real = p.mode == ProgramMode::Real;
    GV_CHECK(real || p.mode == ProgramMode::Ring0Flat || p.mode == ProgramMode::Ring0Long);
    RegisterFile r;
    const auto flat = [&](std::uint16_t selector, std::uint16_t attributes) {
      return Segment{selector, real ? std::uint64_t{selector} << 4 : 0, 0xffffffff, attributes};
    };
    for (Segment& segment : r.segment) {
      segment = real ? flat(arena::kData >> 4, 0x8093) : flat(0x10, 0xc093);
    }
    r[SegmentName::Cs] =
        real ? flat(static_cast<std::uint16_t>(p.address >> 4), 0x809b) : flat(0x08, 0xc09b);
    r[SegmentName::Ss] = real ? flat(arena::kStack >> 4, 0x8093) : flat(0x10, 0xc093);
    r.tr = {0, 0, 0xffff, 0x8b};
    r.gdtr = arena::kGdtr;
    r.idtr = arena::idtr(p.mode);
    r.cr0 = real ? cr0::ET : cr0::PE | cr0::ET | cr0::WP;
    r.cr3 = arena::kDirectory;
    if (long_) {
      r[SegmentName::Cs] = {kLongCode, 0, 0xffffffff, 0xa09b};
      r.cr0 |= cr0::PG;
      r.cr3 = arena::kPml4;
      r.cr4 = cr4::PAE;
    }
    for (std::size_t i = 0; i < registers(); ++i) {
      r.gpr[i] = p.gpr[i];
    }
    r.rflags = p.eflags;
    r.rip = real ? p.address & 15 : p.address;
    return r;
  }

  // Empty when the guest goes on behind the instruction.
  std::optional<Exit> assist(ProgramOutcome& outcome) {
    assistant_.set_msr(Msr::Efer, kvm_->msr(Msr::Efer).value_or(0));
    assistant_.set_register_file(kvm_->register_file());
    const std::uint64_t linear = kvm_->linear_rip().value;
    const std::uint64_t at =
        long_ ? RandomProgram::physical_of(linear).value_or(arena::kMemory) : linear;
    if (memory_.contains(Mpa(at), kLongestInstruction)) {
      const auto line = disassemble(memory_.at(Mpa(at)), kLongestInstruction, Gva(at),
                                    kvm_->code_bits() == 16   ? CodeSize::Bits16
                                    : kvm_->code_bits() == 64 ? CodeSize::Bits64
                                                              : CodeSize::Bits32);
      if (line.text != "(bad)") {  // no CPU executes that
        outcome.refused.push_back(line.text.substr(0, line.text.find(' ')));
      }
    }
    const Exit exit = assistant_.run_one_afresh();
    kvm_->set_register_file(assistant_.register_file());
    raised_by_assist_ = !std::holds_alternative<BudgetSpent>(exit);
    return raised_by_assist_ ? std::optional(exit) : std::nullopt;
  }

  void collect(const RandomProgram& program, ProgramOutcome& outcome) {
    const bool by_assist = std::exchange(raised_by_assist_, false);
    RegisterFile r = kvm_->register_file();
    Exit& last = outcome.exits.back();
    const std::uint64_t handler = r.rip - 1 - arena::kHandlers;
    if (!by_assist && std::holds_alternative<HaltExecuted>(last) && handler < 16 * 256 &&
        handler % 16 == 0) {
      const auto vector = static_cast<std::uint8_t>(handler / 16);
      last = long_ ? take_long_frame(program, r, vector) : take_frame(program, r, vector);
    }
    const std::uint64_t mask = long_ ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
    for (std::size_t i = 0; i < registers(); ++i) {
      outcome.gpr[i] = r.gpr[i] & mask;
    }
    outcome.rip = r.rip & mask;
    outcome.eflags = static_cast<std::uint32_t>(r.rflags) & ~kResumeFlag;
    outcome.cr0 = static_cast<std::uint32_t>(r.cr0);
    for (int i = 0; i < kSegmentCount; ++i) {
      outcome.selectors[i] = r.segment[static_cast<std::size_t>(i)].selector;
    }
    if (is_paged(program.mode)) {
      mark_all_dirty(memory_, fresh_);
    }
    clear_frame(program, memory_, outcome);
    collect_memory(memory_, fresh_, outcome);
  }

  // The registers of before the delivery, from the frame; and the exit that it stands for.
  Exit take_frame(const RandomProgram& program, RegisterFile& r, std::uint8_t vector) {
    const bool real = program.mode == ProgramMode::Real;
    const auto pop = [&] {
      std::uint32_t word = 0;
      if (real) {
        const std::uint64_t sp = r[Gpr::Sp];
        word = memory_.load<std::uint16_t>(Mpa(arena::kStack + (sp & 0xffff)));
        r[Gpr::Sp] = (sp & ~std::uint64_t{0xffff}) | ((sp + 2) & 0xffff);
      } else {
        word = memory_.load<std::uint32_t>(Mpa(r[Gpr::Sp]));
        r[Gpr::Sp] += 4;
      }
      return word;
    };
    std::uint32_t error = 0, eip = pop();
    const bool software =
        is_software(program, vector, eip - (real ? program.address & 15 : program.address));
    if (!software && !real && has_error_code(vector)) {
      error = std::exchange(eip, pop());
    }
    r.rip = eip;
    r[SegmentName::Cs].selector = static_cast<std::uint16_t>(pop());
    r.rflags = real ? (r.rflags & ~std::uint64_t{0xffff}) | pop() : pop();
    if (software) {
      return SoftwareInterrupted{vector};
    }
    return vector == kInvalidOpcode ? Exit(InvalidOpcode{}) : Exit(Faulted{vector, error, Gva(0)});
  }

  // The same in long mode, where SS and RSP are always pushed.
  Exit take_long_frame(const RandomProgram& program, RegisterFile& r, std::uint8_t vector) {
    std::uint64_t at = r[Gpr::Sp];
    const auto pop = [&] {
      const auto physical = RandomProgram::physical_of(at);
      at += 8;
      return physical ? memory_.load<std::uint64_t>(Mpa(*physical)) : 0;
    };
    std::uint64_t error = 0, rip = pop();
    const bool software = is_software(program, vector, rip - program.address);
    if (!software && has_error_code(vector)) {
      error = std::exchange(rip, pop());
    }
    r.rip = rip;
    r[SegmentName::Cs].selector = static_cast<std::uint16_t>(pop());
    r.rflags = pop();
    r[Gpr::Sp] = pop();
    r[SegmentName::Ss].selector = static_cast<std::uint16_t>(pop());
    if (software) {
      return SoftwareInterrupted{vector};
    }
    return vector == kInvalidOpcode ? Exit(InvalidOpcode{})
                                    : Exit(Faulted{vector, static_cast<std::uint32_t>(error),
                                                   Gva(vector == kPageFault ? r.cr2 : 0)});
  }

  // Vectors of exceptions may come from INT n, which pushes no error code. `offset`: of the saved
  // instruction pointer in the program.
  static bool is_software(const RandomProgram& program, std::uint8_t vector, std::uint64_t offset) {
    const auto& bytes = program.bytes;
    return vector == kBreakpoint || vector == kOverflow ||
           (offset >= 2 && offset <= bytes.size() && bytes[offset - 2] == 0xcd &&
            bytes[offset - 1] == vector);
  }

  std::size_t registers() const { return long_ ? kGprCount : 8; }

  MachineMemory memory_;
  std::vector<std::uint8_t> fresh_;
  std::unique_ptr<KvmEngine> kvm_;
  InterpreterEngine assistant_;
  EngineState untouched_;
  bool raised_by_assist_ = false;
  bool long_ = false;  // the program's mode
};

}  // namespace

std::unique_ptr<ProgramRunner> make_kvm_runner() {
  return std::make_unique<KvmRunner>(std::move(*MachineMemory::create(arena::kMemory)));
}

}  // namespace gv
