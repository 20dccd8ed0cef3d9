// SPDX-License-Identifier: MIT
//
// kvm_runner.cpp - random programs on KVM, with outcomes like those of the other engines.
//
// KVM delivers exceptions through the guest's own tables: each handler is a
// HLT, and the frame says what would have been the exit. What an emulating KVM
// refuses to execute, our interpreter executes on its registers, as
// technique/hardware_assisted does it; the outcome names these instructions.
// Flat and real mode alone: 32-bit paging is refused where KVM emulates.

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
    std::uint8_t* code = memory_.at(Mpa(program.address));
    std::memcpy(code, program.bytes.data(), program.bytes.size());
    std::memcpy(fresh_.data() + program.address, code, program.bytes.size());
    GV_CHECK(kvm_->restore(untouched_).has_value());
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
    GV_CHECK(real || p.mode == ProgramMode::Ring0Flat);
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
    for (std::size_t i = 0; i < 8; ++i) {
      r.gpr[i] = p.gpr[i];
    }
    r.rflags = p.eflags;
    r.rip = real ? p.address & 15 : p.address;
    return r;
  }

  // Empty when the guest goes on behind the instruction.
  std::optional<Exit> assist(ProgramOutcome& outcome) {
    assistant_.set_register_file(kvm_->register_file());
    const auto at = static_cast<std::uint32_t>(kvm_->linear_rip().value);
    if (memory_.contains(Mpa(at), kLongestInstruction)) {
      const auto line = disassemble(memory_.at(Mpa(at)), kLongestInstruction, Gva(at),
                                    kvm_->code_bits() == 16 ? CodeSize::Bits16 : CodeSize::Bits32);
      outcome.refused.push_back(line.text.substr(0, line.text.find(' ')));
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
      last = take_frame(program, r, static_cast<std::uint8_t>(handler / 16));
    }
    for (std::size_t i = 0; i < 8; ++i) {
      outcome.gpr[i] = static_cast<std::uint32_t>(r.gpr[i]);
    }
    outcome.rip = static_cast<std::uint32_t>(r.rip);
    outcome.eflags = static_cast<std::uint32_t>(r.rflags) & ~kResumeFlag;
    outcome.cr0 = static_cast<std::uint32_t>(r.cr0);
    for (int i = 0; i < kSegmentCount; ++i) {
      outcome.selectors[i] = r.segment[static_cast<std::size_t>(i)].selector;
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
    // Vectors of exceptions may come from INT n, which pushes no error code.
    const auto is_software = [&](std::uint32_t eip) {
      const std::uint64_t offset = eip - (real ? program.address & 15 : program.address);
      const auto& bytes = program.bytes;
      return vector == kBreakpoint || vector == kOverflow ||
             (offset >= 2 && offset <= bytes.size() && bytes[offset - 2] == 0xcd &&
              bytes[offset - 1] == vector);
    };
    std::uint32_t error = 0, eip = pop();
    const bool software = is_software(eip);
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

  MachineMemory memory_;
  std::vector<std::uint8_t> fresh_;
  std::unique_ptr<KvmEngine> kvm_;
  InterpreterEngine assistant_;
  EngineState untouched_;
  bool raised_by_assist_ = false;
};

}  // namespace

std::unique_ptr<ProgramRunner> make_kvm_runner() {
  return std::make_unique<KvmRunner>(std::move(*MachineMemory::create(arena::kMemory)));
}

}  // namespace gv
