// SPDX-License-Identifier: MIT
//
// instruction_record.cpp - takes the instruction at RIP apart, and one that runs.
//
// Decoding, addresses and values are the interpreter's own; which registers and
// implicit operands an instruction has is Zydis' knowledge.

#include "gv/instruction_record.h"

#include "engine/interpreter/decoder.h"
#include "engine/interpreter/interpreter_state.h"
#include "x86/disassemble.h"
#include "x86/operand_use.h"

#include <algorithm>

namespace gv {

using namespace interpreter;

namespace {

std::optional<Gpr> named(std::uint8_t slot) {
  return slot < kGprCount ? std::optional(static_cast<Gpr>(slot)) : std::nullopt;
}

AccessLevel level_of(const Cpu& cpu) {
  return cpu.cpl() == 3 ? AccessLevel::User : AccessLevel::Supervisor;
}

// What is at the address that `m` has by now.
void look_at_memory(Cpu& cpu, MemoryAccessRecord& m, AccessKind kind) {
  m.walk = cpu.walker().walk(cpu.paging(), m.linear, kind, level_of(cpu), SetAccessedDirty::No);
  cpu.peek(m.linear.value, &m.before, m.bytes);
  m.after = m.before;
}

AccessKind kind_of(const x86::OperandUse& use) {
  return use.written ? AccessKind::Write : AccessKind::Read;
}

MemoryAccessRecord explicit_memory(Cpu& cpu, const Operation& op, std::uint8_t address_bytes,
                                   const x86::OperandUse& use) {
  MemoryAccessRecord m;
  m.segment = op.segment;
  m.segment_base = cpu.segment(op.segment).base;
  m.base = named(op.base);
  m.index = named(op.index);
  m.rip_relative = op.base == kRipSlot;
  m.address_bytes = address_bytes;
  // While an instruction runs RIP is after it.
  const std::uint64_t rip = cpu.rip();
  cpu.rip() += op.length;
  m.base_value = cpu.slots[op.base];
  m.index_value = cpu.slots[op.index];
  m.scale = static_cast<std::uint8_t>(1u << op.scale_shift);
  m.displacement = op.displacement;
  m.offset = cpu.offset_of(op);
  m.linear = Gva(cpu.linear(op.segment, m.offset));
  cpu.rip() = rip;
  m.accessed = use.kind == OperandKind::Memory;
  m.bytes = std::min<std::uint8_t>(use.bytes, 8);
  look_at_memory(cpu, m, kind_of(use));
  return m;
}

// The stack of PUSH, POP, CALL and RET; source and destination of the string instructions.
MemoryAccessRecord implicit_memory(Cpu& cpu, const x86::OperandUse& use) {
  const x86::MemoryOperand& operand = *use.memory;
  MemoryAccessRecord m;
  m.segment = operand.segment;
  m.segment_base = cpu.segment(operand.segment).base;
  m.base = operand.base;
  m.index = operand.index;
  m.base_value = operand.base ? cpu.gpr(*operand.base) : 0;
  m.index_value = operand.index ? cpu.gpr(*operand.index) : 0;
  m.scale = operand.scale;
  m.displacement = operand.displacement;
  m.address_bytes = static_cast<std::uint8_t>(operand.address_size / 8);
  const std::uint64_t mask = operand.address_size >= 64
                                 ? ~std::uint64_t{0}
                                 : (std::uint64_t{1} << operand.address_size) - 1;
  m.offset =
      (m.base_value + m.index_value * m.scale + static_cast<std::uint64_t>(m.displacement)) & mask;
  m.linear = Gva(cpu.linear(m.segment, m.offset));
  m.bytes = std::min<std::uint8_t>(use.bytes, 8);
  look_at_memory(cpu, m, kind_of(use));
  return m;
}

std::optional<std::uint64_t> value_of(Cpu& cpu, const x86::OperandUse& use) {
  if (use.part) {
    const std::uint64_t all = cpu.gpr(use.part->which) >> use.part->shift;
    return use.part->bytes >= 8 ? all : all & ((std::uint64_t{1} << (8 * use.part->bytes)) - 1);
  }
  if (use.segment) {
    return cpu.segment(*use.segment).value.selector;
  }
  if (use.control_register) {
    switch (*use.control_register) {
      case 0:
        return cpu.cr0;
      case 2:
        return cpu.cr2;
      case 3:
        return cpu.cr3;
      case 4:
        return cpu.cr4;
      default:
        return std::nullopt;
    }
  }
  return use.immediate;
}

x86::InstructionUse use_of(const InstructionRecord& r) {
  return x86::use_of(r.bytes.data(), r.length, r.address,
                     r.code_bits == 64   ? x86::CodeSize::Bits64
                     : r.code_bits == 32 ? x86::CodeSize::Bits32
                                         : x86::CodeSize::Bits16);
}

// Operands and the memory behind them, as they are before the instruction runs.
void describe_operands(Cpu& cpu, const Operation& op, InstructionRecord& r) {
  const x86::InstructionUse use = use_of(r);
  r.flags = use.flags;
  for (const x86::OperandUse& operand : use.operands) {
    OperandRecord record;
    record.kind = operand.kind;
    record.place = operand.place;
    record.text = operand.text;
    record.read = operand.read;
    record.written = operand.written;
    record.implicit = operand.implicit;
    record.special = operand.segment || operand.control_register;
    if (operand.memory) {
      const bool ours = op.memory_operand && !operand.implicit;
      r.memory.push_back(ours ? explicit_memory(cpu, op, r.encoding.address_bytes, operand)
                              : implicit_memory(cpu, operand));
      const MemoryAccessRecord& m = r.memory.back();
      if (!m.accessed) {
        record.before = m.offset;
      } else if (operand.bytes <= 8) {
        record.before = m.before;
      }
    } else {
      record.before = value_of(cpu, operand);
    }
    record.after = record.before;
    r.operands.push_back(std::move(record));
  }
}

void note_results(Cpu& cpu, InstructionRecord& r) {
  const x86::InstructionUse use = use_of(r);
  auto memory = r.memory.begin();
  for (std::size_t i = 0; i < use.operands.size(); ++i) {
    OperandRecord& record = r.operands[i];
    if (!use.operands[i].memory) {
      record.after = value_of(cpu, use.operands[i]);
      continue;
    }
    cpu.peek(memory->linear.value, &memory->after, memory->bytes);
    if (memory->accessed && record.before) {
      record.after = memory->after;
    }
    ++memory;
  }
}

// Nothing was attempted: the run stopped before the instruction.
bool stopped_before(const Result<Exit>& exit) {
  return !exit || std::holds_alternative<BudgetSpent>(*exit) ||
         std::holds_alternative<AddressReached>(*exit) ||
         std::holds_alternative<MemoryTouched>(*exit);
}

}  // namespace

InstructionRecord InterpreterEngine::look_inside() {
  Cpu& cpu = state_->cpu;
  InstructionRecord r;
  r.address = linear_rip();
  r.code_base = cpu.segment(SegmentName::Cs).base;
  r.code_bits = static_cast<std::uint8_t>(code_bits());
  r.fetch_walk = cpu.walker().walk(cpu.paging(), r.address, AccessKind::Execute, level_of(cpu),
                                   SetAccessedDirty::No);
  r.flags_before = r.flags_after = cpu.flags.word();
  r.rip_before = r.rip_after = cpu.rip();
  const std::size_t got = cpu.peek(r.address.value, r.bytes.data(), r.bytes.size());
  if (got == 0) {
    return r;
  }
  const Decoded decoded = interpreter::decode(r.bytes.data(), got, cpu.code_size());
  r.length = decoded.operation.length;
  r.encoding = decoded.encoding;
  r.text = x86::disassemble(r.bytes.data(), got, r.address, cpu.code_size()).text;
  describe_operands(cpu, decoded.operation, r);
  return r;
}

void InterpreterEngine::examine(Examination wanted) {
  if (state_->examination != wanted) {
    state_->examination = wanted;
    state_->examined.reset();
  }
}

std::optional<ExaminedInstructions> InterpreterEngine::examined() {
  State& s = *state_;
  if (s.map != nullptr) {
    return std::nullopt;
  }
  s.apply_pending();
  ExaminedInstructions out{std::nullopt, look_inside()};
  if (s.examined) {
    out.last = s.examined->record;
  }
  return out;
}

Result<Exit> InterpreterEngine::run_examined(const Entry& entry) {
  State& s = *state_;
  Cpu& cpu = s.cpu;
  s.apply_pending();
  // A port instruction that was taken apart completes on this entry.
  const bool completes = cpu.port_use != PortUse::None;
  if (!completes || !s.examined) {
    if (cpu.retired >= entry.stop_exactly) {
      return run_unseen(entry);
    }
    s.examined.reset();
    if (entry.stop_exactly == UINT64_MAX) {
      return run_unseen(entry);
    }
    if (completes || cpu.retired + 1 < entry.stop_exactly) {
      Entry most = entry;
      most.stop_exactly = std::max(entry.stop_exactly - 1, cpu.retired + 1);
      return run_unseen(most);
    }
    s.examined = State::Examined{look_inside(), cpu.slots};
  }
  InstructionRecord& record = s.examined->record;
  const std::uint64_t retired = cpu.retired;
  Entry one = entry;
  one.stop_exactly = retired + 1;
  const Result<Exit> exit = run_unseen(one);
  if (cpu.retired == retired && stopped_before(exit)) {
    s.examined.reset();
    return exit;
  }
  record.completed = cpu.retired != retired;
  if (exit && !completes) {
    record.exit = *exit;
  }
  record.changes.clear();
  for (std::size_t i = 0; i < kGprCount; ++i) {
    if (cpu.slots[i] != s.examined->before[i]) {
      record.changes.push_back({static_cast<Gpr>(i), s.examined->before[i], cpu.slots[i]});
    }
  }
  note_results(cpu, record);
  record.flags_after = cpu.flags.word();
  record.rip_after = cpu.rip();
  return exit;
}

}  // namespace gv
